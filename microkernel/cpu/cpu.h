/* SPDX-License-Identifier: MIT */
/*
 * The processor: what the boot sequence sets up on each vCPU, and what the traps do. See
 * task/port.h for what the core asks of it.
 */
#pragma once
#include <cdefs.h>
#include <cpu/asm.h>
#include <mm/kmap.h>
#include <task/task.h>

/* Written during boot, read-only afterwards. */
#define ROINIT [[gnu::section(".roinit")]]

/* What the platform knows of a vCPU beside struct cpu. */
struct vcpu {
    uint32_t apic_id;
    uint64_t wake_ns;     /* when idle: UINT64_MAX = no need */
    uint64_t tick_end_ns; /* while a task runs: when its tick is over */
    atomic_uint online;
};
extern struct vcpu vcpus[SVSM_VCPUS_MAX];
extern uint32_t vcpu_count;

/* SAFETY: the slot is mapped from kernel_space_init() on for each vCPU that exists. */
static inline struct cpu *cpu_of(uint32_t index)
{
    return (struct cpu *)(VCPU_VA + VCPU_CPU + (uint64_t)index * VCPU_STRIDE);
}

/* The running vCPU, from where its stack lies; 0 on the boot stack. */
[[nodiscard]] uint32_t cpu_index(void);

/* features.c. Stops the machine and names what is missing. `test_image` allows weaker entropy. */
void features_check(void);
void features_check_entropy(bool test_image);
extern uint32_t features_info; /* SVSM_CPU_* */
struct features {
    bool smep, smap, umip, xsave, avx, x2apic, rdseed, rdrand;
    uint32_t xcr0;
};
extern struct features features_cpu;
/* CR0, CR4, EFER, XCR0, SYSCALL registers of this vCPU. */
void features_enable(uint32_t vcpu);

/* tables.c: GDT, TSS, IDT. Built once for all vCPUs, loaded on each (before the final tables). */
void tables_build(void);
void tables_load(uint32_t vcpu);
/* Where they are, for a vCPU that starts with them loaded. */
struct tables_place {
    uint64_t gdt, idt, tss;
    uint32_t gdt_limit, idt_limit, tss_limit;
};
[[nodiscard]] struct tables_place tables_place(uint32_t vcpu);

/* enter.c: no user page is open to ring 0 from here on (AC clear). */
void enter_close_user(void);

/* trap.c */
[[nodiscard]] bool trap_user(struct cpu *cpu);
[[nodiscard]] struct cpu *trap_enter(struct regs *r);

/* idle.c */
void idle_wait(struct cpu *cpu);
/* A task is about to run: its tick ends in `ns`. */
void idle_tick_start(const struct cpu *cpu, uint64_t ns);
void idle_announce(const struct cpu *cpu); /* says "ready" once it is so */

/* entry.S: runs whatever the core has for this vCPU. The timer must tick already. */
[[gnu::noreturn]] void vcpu_start(struct cpu *cpu);
extern const uint8_t syscall_stubs[], syscall_common[], syscall_leave[];
extern const uint8_t trap_stubs[], trap_spurious[];

/* random.c */
void random_init(bool test_image);

/* stop.c: how the machine ends on purpose. Codes of the test device: see doc/native.md. */
[[gnu::noreturn]] void stop_exit(uint32_t code);
/* Another vCPU ends the machine: this one goes no further, whether or not the host lets it end.
 * Asked before each way out of ring 0, to a task or to the guest. */
void stop_join(void);
extern atomic_uint stop_speaker;
#define STOP_FINE 0u
#define STOP_FAILED 3u
/* For who has more to say than port_stop does: claim first, then say it, then stop_claimed. Comes
 * back once; a failure while another is told ends the machine there and then. */
void stop_claim(void);
[[gnu::noreturn]] void stop_claimed(const char *why);
