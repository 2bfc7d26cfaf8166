/* SPDX-License-Identifier: MIT */
/*
 * The local APIC as a level sees it: the machine's, or with restricted injection the level's own.
 * Registers have their x2APIC numbers (MSR less 800h). False: the guest gets #GP.
 */
#pragma once
#include "machine.h"

bool lapic_read(struct level *level, unsigned number, uint64_t *value);
bool lapic_write(struct level *level, unsigned number, uint64_t value);

/* A vector that this CPU took from the machine's APIC becomes one of the level's own APIC. */
void lapic_device(struct level *level, uint8_t vector);
