/* SPDX-License-Identifier: MIT */
/* See apic.h. Registers are reached through xAPIC MMIO, or MSRs where firmware left x2APIC on. */
#include <cpu/apic.h>
#include <cpu/cpu.h>
#include <cpu/io.h>
#include <time/clock.h>

#define MSR_APIC_BASE 0x1b
#define APIC_BASE_ENABLE (UINT64_C(1) << 11)
#define APIC_BASE_X2 (UINT64_C(1) << 10)
#define MSR_X2APIC 0x800
#define REG_ID 0x02
#define REG_TPR 0x08
#define REG_EOI 0x0b
#define REG_SPURIOUS 0x0f
#define REG_ICR 0x30
#define REG_ICR_HIGH 0x31
#define REG_TIMER 0x32
#define REG_LINT0 0x35
#define REG_LINT1 0x36
#define REG_ERROR 0x37
#define REG_TIMER_INITIAL 0x38
#define REG_TIMER_CURRENT 0x39
#define REG_TIMER_DIVIDE 0x3e
#define DIVIDE_16 3u
#define MASKED (1u << 16)
#define ICR_PENDING (1u << 12)
#define ICR_OTHERS (3u << 18)
#define ICR_INIT 0x4500u
#define ICR_STARTUP 0x4600u
#define ICR_FIXED 0x4000u

ROINIT static bool x2;
ROINIT static uint64_t timer_mult; /* ticks = ns * timer_mult >> 32 */

static uint32_t reg_read(uint32_t reg)
{
    if (x2) {
        return (uint32_t)msr_read(MSR_X2APIC + reg);
    }
    /* SAFETY: LAPIC_VA maps the 4 KiB of registers; reg is one of the constants above. */
    return *(volatile uint32_t *)(LAPIC_VA + (uint64_t)reg * 16);
}

static void reg_write(uint32_t reg, uint32_t value)
{
    if (x2) {
        msr_write(MSR_X2APIC + reg, value);
        return;
    }
    /* SAFETY: as above. */
    *(volatile uint32_t *)(LAPIC_VA + (uint64_t)reg * 16) = value;
}

static void icr_write(uint32_t apic_id, uint32_t command)
{
    if (x2) {
        asm volatile("mfence; lfence" : : : "memory"); /* MSR writes do not order stores */
        msr_write(MSR_X2APIC + REG_ICR, (uint64_t)apic_id << 32 | command);
        return;
    }
    while ((reg_read(REG_ICR) & ICR_PENDING) != 0) {
        cpu_pause();
    }
    reg_write(REG_ICR_HIGH, apic_id << 24);
    reg_write(REG_ICR, command);
}

uint32_t apic_enable(void)
{
    uint64_t base = msr_read(MSR_APIC_BASE);
    if (cpu_index() == 0) {
        x2 = (base & APIC_BASE_X2) != 0;
    } else if (x2) {
        base |= APIC_BASE_X2;
    }
    msr_write(MSR_APIC_BASE, base | APIC_BASE_ENABLE);
    reg_write(REG_TPR, 0);
    reg_write(REG_LINT0, MASKED);
    reg_write(REG_LINT1, 0x400); /* NMI */
    reg_write(REG_ERROR, MASKED);
    reg_write(REG_TIMER, MASKED | VECTOR_TIMER);
    reg_write(REG_TIMER_DIVIDE, DIVIDE_16);
    reg_write(REG_SPURIOUS, 0x100 | VECTOR_SPURIOUS);
    return x2 ? reg_read(REG_ID) : reg_read(REG_ID) >> 24;
}

void apic_eoi(void)
{
    reg_write(REG_EOI, 0);
}

void apic_start_others(void)
{
    icr_write(0, ICR_OTHERS | ICR_INIT);
    clock_delay_us(10000);
    icr_write(0, ICR_OTHERS | ICR_STARTUP | (TRAMPOLINE_PA >> 12));
    clock_delay_us(200);
    icr_write(0, ICR_OTHERS | ICR_STARTUP | (TRAMPOLINE_PA >> 12));
}

void apic_ipi(uint32_t apic_id, uint8_t vector)
{
    icr_write(apic_id, ICR_FIXED | vector);
}

void apic_ipi_others(uint8_t vector)
{
    icr_write(0, ICR_OTHERS | ICR_FIXED | vector);
}

void apic_timer_set(uint64_t ns)
{
    unsigned __int128 ticks = (unsigned __int128)ns * timer_mult >> 32;
    uint32_t count = ticks > UINT32_MAX ? UINT32_MAX : (uint32_t)ticks;
    reg_write(REG_TIMER, VECTOR_TIMER);
    reg_write(REG_TIMER_INITIAL, count == 0 ? 1 : count);
}

void apic_timer_off(void)
{
    reg_write(REG_TIMER_INITIAL, 0);
    reg_write(REG_TIMER, MASKED | VECTOR_TIMER);
}

void apic_timer_probe_begin(void)
{
    reg_write(REG_TIMER, MASKED | VECTOR_TIMER);
    reg_write(REG_TIMER_INITIAL, UINT32_MAX);
}

uint32_t apic_timer_probe_end(void)
{
    uint32_t left = reg_read(REG_TIMER_CURRENT);
    reg_write(REG_TIMER_INITIAL, 0);
    return UINT32_MAX - left;
}

void apic_timer_frequency(uint64_t hz)
{
    CHECK(hz <= UINT32_MAX);
    timer_mult = (hz << 32) / UINT64_C(1000000000);
}
