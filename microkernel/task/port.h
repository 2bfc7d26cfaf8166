/* SPDX-License-Identifier: MIT */
/*
 * What the task core asks of the machine. Two implementations: cpu/ and mm/ (x86-64, native and
 * SNP), and tests/fake (an ordinary host program). All of it runs with interrupts off.
 */
#pragma once
#include <cdefs.h>
#include <task/task.h>

/*
 * Make `t` the entered task: its address space (always a flushing CR3 load), the thread pointer of
 * the activation, flat data segments, initial x87/SSE/AVX state. User addresses mean `t` from now.
 */
void port_enter(struct cpu *cpu, const struct task *t, uint32_t activation);

/* Copies between ring 0 and the entered task. The range has been checked: areas are always
 * mapped, so these cannot fault, and one that does is our bug. */
void port_copy_in(void *dst, uva_t src, size_t size);
void port_copy_out(uva_t dst, const void *src, size_t size);
void port_fill_zero(uva_t dst, size_t size);

/* Monotonic time since boot. */
[[nodiscard]] uint64_t port_now_ns(void);

/* Make vCPU `vcpu` look at its root or its wait again soon (an IPI; may be spurious). */
void port_kick(uint32_t vcpu);

/* Wake this vCPU out of idle at the time, at the latest; UINT64_MAX: no need. */
void port_wake_at(struct cpu *cpu, uint64_t ns);

/* Fill with entropy of the CPU. false: it gave none. */
[[nodiscard]] bool port_random(void *dst, size_t size);

/* Port I/O on a port the core has checked. `size` 1, 2 or 4. */
[[nodiscard]] uint32_t port_in(uint16_t port, unsigned size);
void port_out(uint16_t port, unsigned size, uint32_t value);

/* Tell of a fault (back trace of the user stack and a line of text); the record is kept by the
 * core. The faulting task is entered and cpu->regs is where it stood, unless fault->rip is 0: then
 * it was idle. */
void port_report_fault(struct cpu *cpu, const struct task *t, const struct svsm_fault *fault);

/* The machine cannot go on safely. Prints where it may, then ends the VM. */
[[gnu::noreturn]] void port_stop(const char *why);

/* port_enter, remembered. The core enters tasks through this only. */
static inline void task_enter(struct cpu *cpu, const struct task *t, uint32_t activation)
{
    cpu->entered = t;
    cpu->space_loads++;
    port_enter(cpu, t, activation);
}
