/* SPDX-License-Identifier: MIT */
/*
 * Interrupts of the machine, all of which are the guest's. The physical local APIC (xAPIC) serves
 * as the guest's x2APIC: a vector that comes in stays in service there until the guest's own EOI,
 * and waits here until the guest can take it. All of this is about the calling CPU.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* Called by the trap handler for each vector that the CPU took. */
void interrupt_arrived(uint8_t vector);

/* Puts the PICs and the local APIC into a state in which nothing comes by itself. */
void interrupt_init(void);

/* The highest vector that waits, or -1. */
int interrupt_pending(void);

/* The guest has taken it. */
void interrupt_taken(uint8_t vector);
