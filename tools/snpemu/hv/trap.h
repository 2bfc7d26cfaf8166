/* SPDX-License-Identifier: MIT */
/* The hypervisor's own GDT, TSS and IDT. Exceptions end the run; interrupts are the guest's. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define TRAP_INTERRUPTS 32u /* the first vector that is no exception */

/* The tables of one CPU, by its number. */
void trap_init(unsigned cpu);

/* Lets what the local APIC holds come in: each vector is handed to interrupt_arrived(). */
void trap_take_interrupts(void);

/*
 * Waits for an NMI, or if interruptible for an interrupt, which is taken; not at all if *no is set
 * already. An NMI that comes after the look at *no ends the wait, too.
 */
void trap_wait(const volatile bool *no, bool interruptible);

/* RDMSR and WRMSR that may be refused. */
bool trap_msr_read(uint32_t index, uint64_t *value);
bool trap_msr_write(uint32_t index, uint64_t value);
