/* SPDX-License-Identifier: MIT */
/* Interrupts of the native platform: from the local APIC, one vector for each source. */
#include <cpu/apic.h>
#include <cpu/cpu.h>
#include <cpu/machine.h>
#include <task/core.h>

bool machine_interrupt(uint64_t vector)
{
    if (vector == VECTOR_STOP) {
        for (;;) { /* another vCPU ended the machine */
            /* SAFETY: the end of this vCPU; nothing runs on it afterwards. */
            asm volatile("cli; hlt");
        }
    }
    if (vector == VECTOR_SPURIOUS) {
        return false; /* the local APIC's own wants no EOI */
    }
    apic_eoi();
    if (vector >= VECTOR_IRQ && vector < VECTOR_IRQ + 16) {
        core_irq((uint32_t)(vector - VECTOR_IRQ));
    }
    return vector == VECTOR_TIMER;
}

void machine_undefended(void)
{
}

bool machine_recovers(struct regs *r)
{
    (void)r; /* ring 0 touches nothing that could be missing */
    return false;
}

bool machine_vc_of_task(const struct regs *r)
{
    (void)r; /* there is no such exception in a plain VM */
    return false;
}
