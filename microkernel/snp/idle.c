/* SPDX-License-Identifier: MIT */
/*
 * A vCPU with nothing to run at VMPL0. Interrupts are off for good: what is to happen is looked
 * for, not signalled. A task that waits is waited for; a vCPU whose chain is empty rests.
 */
#include <cpu/cpu.h>
#include <cpu/io.h>
#include <log/log.h>
#include <task/core.h>
#include <task/port.h>

/* Nobody is ever halted while a task of his waits or an event may be due (below). */
void port_kick(uint32_t vcpu)
{
    (void)vcpu;
}

void idle_tick_start(const struct cpu *cpu, uint64_t ns)
{
    (void)cpu;
    (void)ns; /* no timer reaches VMPL0: see doc/snp.md */
}

/* No guest, nothing due: on the boot vCPU the end, elsewhere a HLT that nothing ends. */
static void rest(const struct cpu *cpu)
{
    if (AT(vcpus, cpu->index).wake_ns != UINT64_MAX) {
        cpu_pause();
        return;
    }
    if (cpu->index == 0) {
        LOG_INFO("nothing left to run, and no guest in this image: the end");
        stop_exit(STOP_FINE);
    }
    /* SAFETY: interrupts are off; no memory is touched. */
    asm volatile("hlt" : : : "memory");
}

void idle_wait(struct cpu *cpu)
{
    do {
        idle_announce(cpu);
        if (cpu->chain.depth == 0 && core_booted()) {
            rest(cpu);
        } else {
            cpu_pause();
        }
    } while (!core_resume(cpu));
}
