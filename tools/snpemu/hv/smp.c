/* SPDX-License-Identifier: MIT */
/*
 * Kicks are NMIs: they reach a CPU whatever it has masked, wait while the global interrupt flag is
 * clear, and are intercepted in a guest. A vCPU's flag `kicked` goes with them, so that an NMI that
 * comes just before an entry is not lost: run.S looks at it once nothing can come between.
 *
 * QEMU can lose an NMI or an interrupt that arrives while its VMRUN notes a virtual interrupt: it
 * adds that one to the pending ones without a lock. So who waits for a kick repeats it, and who
 * goes to sleep makes the APIC say again what it has.
 */
#include "smp.h"
#include "boot.h"
#include "io.h"
#include "lock.h"
#include "memory.h"
#include "state.h"
#include "stop.h"
#include "trap.h"
#include "vcpu.h"
#include <string.h>

#define APIC_BASE UINT64_C(0xfee00000)
#define APIC_ICR_HIGH 0x31u
#define ICR_NMI 0x4400u /* asserted */
#define ICR_INIT 0x4500u
#define ICR_SIPI 0x4600u /* and the number of the page */
#define ICR_BUSY 0x1000u
#define ID_SHIFT 24
#define STACK_PAGES 8u
#define WAIT_TICKS (UINT64_C(1) << 33) /* of the TSC: a second or more */
#define AGAIN_TICKS                                                                                \
    (UINT64_C(1) << 23) /* some milliseconds, for a CPU that QEMU does not run just now */
#define MSR_GS_BASE 0xc0000101u

/* Of ap.S: the trampoline, and what it needs. */
extern const uint8_t ap_trampoline[], ap_trampoline_end[];
extern uint64_t ap_stacks[MACHINE_VCPUS_MAX];
extern uint32_t ap_count;
[[gnu::noreturn]] void ap_main(uint32_t number);

struct trampoline_words {
    uint32_t cr3, cr4;
};

static volatile uint32_t *apic(unsigned number)
{
    return memory_at(APIC_BASE + number * 16);
}

/* The guest may be between the two halves of an interrupt of its own. */
static void send(uint32_t id, uint32_t command)
{
    uint32_t high = *apic(APIC_ICR_HIGH);

    *apic(APIC_ICR_HIGH) = id << ID_SHIFT;
    *apic(APIC_ICR) = command;
    while (*apic(APIC_ICR) & ICR_BUSY) {
        __builtin_ia32_pause();
    }
    *apic(APIC_ICR_HIGH) = high;
}

void smp_init_cpu(struct vcpu *vcpu)
{
    vcpu->self = vcpu;
    trap_init(vcpu->number);
    msr_write(MSR_GS_BASE, (uint64_t)vcpu);
    state_init_cpu(vcpu);
}

static void start(uint32_t number)
{
    uint64_t begun = tsc_read();

    ap_stacks[number] = (uint64_t)memory_at(memory_pages(STACK_PAGES)) + STACK_PAGES * PAGE_SIZE;
    send(number, ICR_INIT);
    send(number, ICR_SIPI | (uint32_t)(SMP_TRAMPOLINE >> PAGE_SHIFT));
    while (!__atomic_load_n(&machine.vcpus[number].here, __ATOMIC_ACQUIRE)) {
        if (tsc_read() - begun > WAIT_TICKS) {
            stop_emulator("QEMU has fewer CPUs than the guest has vCPUs, or one does not start");
        }
        __builtin_ia32_pause();
    }
}

void smp_start(void)
{
    uint8_t *page = memory_at(SMP_TRAMPOLINE);
    uint64_t size = (uint64_t)(ap_trampoline_end - ap_trampoline);
    struct trampoline_words words = {.cr3 = (uint32_t)cr3_read(), .cr4 = (uint32_t)cr4_read()};

    memcpy(page, ap_trampoline, size);
    memcpy(page + size - sizeof(words), &words, sizeof(words));
    ap_count = machine.launch->vcpu_count;
    for (uint32_t i = 1; i < machine.launch->vcpu_count; i++) {
        start(i);
    }
}

void ap_main(uint32_t number)
{
    struct vcpu *vcpu = &machine.vcpus[number];

    vcpu->number = number;
    smp_init_cpu(vcpu);
    __atomic_store_n(&vcpu->here, true, __ATOMIC_RELEASE);
    lock_take();
    vcpu_run(vcpu);
}

void smp_wake(const struct vcpu *vcpu)
{
    send(vcpu->number, ICR_NMI);
}

void smp_kick(struct vcpu *vcpu)
{
    __atomic_store_n(&vcpu->kicked, true, __ATOMIC_SEQ_CST);
    if (vcpu != vcpu_this()) {
        send(vcpu->number, ICR_NMI);
    }
}

void smp_shoot(struct vcpu *vcpu)
{
    if (!__atomic_load_n(&vcpu->in_guest, __ATOMIC_SEQ_CST)) {
        return;
    }
    do {
        smp_kick(vcpu);
    } while (!smp_left(vcpu));
}

bool smp_left(const struct vcpu *vcpu)
{
    uint64_t begun = tsc_read();

    while (__atomic_load_n(&vcpu->in_guest, __ATOMIC_SEQ_CST)) {
        if (tsc_read() - begun > AGAIN_TICKS) {
            return false;
        }
        __builtin_ia32_pause();
    }
    return true;
}

void smp_nudge(void)
{
    *apic(APIC_TPR) = *apic(APIC_TPR);
}
