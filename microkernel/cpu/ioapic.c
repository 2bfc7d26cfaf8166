/* SPDX-License-Identifier: MIT */
/* The first IOAPIC, for ISA interrupts, and the 8259 pair, which is silenced. */
#include <cpu/apic.h>
#include <cpu/cpu.h>
#include <cpu/io.h>

#define REG_REDIRECTION 0x10
#define PINS 24u
#define MASKED (1u << 16)

static void ioapic_write(uint32_t reg, uint32_t value)
{
    /* SAFETY: IOAPIC_VA maps the register page; select, then data. */
    *(volatile uint32_t *)IOAPIC_VA = reg;
    *(volatile uint32_t *)(IOAPIC_VA + 0x10) = value;
}

void apic_mask_all(void)
{
    io_out8(0x21, 0xff);
    io_out8(0xa1, 0xff);
    for (uint32_t pin = 0; pin < PINS; pin++) {
        ioapic_write(REG_REDIRECTION + 2 * pin, MASKED);
    }
}

void apic_route_isa(uint32_t irq, uint32_t apic_id)
{
    CHECK(irq < 16);
    uint32_t pin = irq == 0 ? 2 : irq; /* the PIT is wired to pin 2 */
    ioapic_write(REG_REDIRECTION + 2 * pin + 1, apic_id << 24);
    ioapic_write(REG_REDIRECTION + 2 * pin, VECTOR_IRQ + irq);
}
