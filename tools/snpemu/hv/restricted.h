/* SPDX-License-Identifier: MIT */
/*
 * Levels with restricted injection: their host injects #HV (vector 28) and nothing else, and tells
 * the rest in a doorbell page. Each such level has a local APIC of its own, in software; interrupts
 * of devices, which come through the machine's one APIC for each vCPU, are for the least privileged
 * level that there is. All functions are for the CPU of the level's vCPU, unless they say
 * otherwise.
 */
#pragma once
#include "machine.h"

/* Any CPU. By the save area as it is, or while it is loaded as it was then. */
bool restricted_is(const struct level *level);

/* Does it take a device's interrupt now? One at a time: the machine's APIC ends them in its order.
 */
bool restricted_takes_devices(const struct level *level);

/* Before an entry: what waits goes into the page, and #HV is raised if it is due and can be. */
void restricted_enter(struct level *level);

/* An exit of any level. True: it was the emulator's own, to see when the level leaves #HV. */
bool restricted_exit(struct level *level, uint64_t code);

/* Would #HV be raised if it ran now? False for levels of other kinds. */
bool restricted_wants(struct level *level);
