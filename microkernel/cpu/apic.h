/* SPDX-License-Identifier: MIT */
/* Local APIC (timer, interrupts between processors), IOAPIC and the old 8259 (masked). */
#pragma once
#include <cdefs.h>

/* Take the local APIC of this vCPU into use; returns its ID. */
uint32_t apic_enable(void);
void apic_eoi(void);

/* Wake every other processor at TRAMPOLINE_PA. Waits as the start-up protocol wants it. */
void apic_start_others(void);
void apic_ipi(uint32_t apic_id, uint8_t vector);
/* The same to everybody else. */
void apic_ipi_others(uint8_t vector);

/* One interrupt VECTOR_TIMER in `ns` (0: as soon as possible); apic_timer_off: none. */
void apic_timer_set(uint64_t ns);
void apic_timer_off(void);
/* Timer ticks that a stretch of time took; the boot CPU calibrates with it. */
void apic_timer_probe_begin(void);
[[nodiscard]] uint32_t apic_timer_probe_end(void);
void apic_timer_frequency(uint64_t hz);

/* ISA interrupt `irq`, edge triggered, to the processor with this ID. */
void apic_route_isa(uint32_t irq, uint32_t apic_id);
void apic_mask_all(void);
