/* SPDX-License-Identifier: MIT */
/* The hypervisor's own GDT, TSS and IDT. Exceptions end the run; interrupts are the guest's. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define TRAP_INTERRUPTS 32u /* the first vector that is no exception */

void trap_init(void);

/* Lets what the local APIC holds come in: each vector is handed to interrupt_arrived(). */
void trap_take_interrupts(void);

/* Waits until an interrupt has come in. */
void trap_wait_for_interrupt(void);

/* RDMSR and WRMSR that may be refused. */
bool trap_msr_read(uint32_t index, uint64_t *value);
bool trap_msr_write(uint32_t index, uint64_t value);
