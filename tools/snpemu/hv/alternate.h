/* SPDX-License-Identifier: MIT */
/*
 * Levels with alternate injection: their events come from VINTR_CTRL and EVENT_INJ of their own
 * save area, which a more privileged level writes while they do not run, and the CPU updates while
 * they do. What their host would inject is ignored. For the CPU of the level's vCPU.
 */
#pragma once
#include "machine.h"

/* By the save area as it is, or while it is loaded as it was then. */
bool alternate_is(const struct level *level);

/* Between the save area's copy and the CPU: when it is loaded, and before it is written back. */
void alternate_load(struct level *level);
void alternate_unload(struct level *level);

/* Before an entry, and behind the exit. */
void alternate_enter(struct level *level);
void alternate_exit(struct level *level);

/* There was no entry after all. */
void alternate_cancel(struct level *level);

/* Would an interrupt of its save area end a HLT of it? */
bool alternate_wakes(const struct level *level);
