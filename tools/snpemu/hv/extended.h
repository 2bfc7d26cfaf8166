/* SPDX-License-Identifier: MIT */
/*
 * Interrupts of devices for a level with alternate injection, into which the host injects nothing:
 * it tells VMPL0 of them in that one's doorbell page, and VMPL0 injects. For the CPU of the vCPU.
 */
#pragma once
#include "machine.h"

/* Devices interrupt this level, which has alternate injection, and VMPL0 can be told. */
bool extended_takes(const struct level *level);

/* What this CPU took from the machine's APIC goes to VMPL0, as far as there is room. */
void extended_forward(const struct level *level);

/* The events of the GHCB: the level has the host's injection again; one of its interrupts has
 * ended. */
bool extended_end(struct level *caller, uint8_t vmpl, uint8_t tpr);
bool extended_eoi(struct level *caller, uint8_t vmpl, uint8_t vector);
