/* SPDX-License-Identifier: MIT */
/*
 * Randomness for services. svsm_random() always comes from the CPU through ring 0, so it is never
 * part of a state that is rolled back. Whoever keeps a generator of his own in memory registers a
 * function that seeds it anew: it runs before the first operation of each new generation of the
 * task (svsm/abi/call.h), because the state it was rolled back to has been used already.
 */
#pragma once
#include <stddef.h>

/* Fill with random bytes. Ends the task if the CPU has none: there is no weaker source. */
void svsm_random(void *dst, size_t size);

typedef void svsm_reseed(void);
void svsm_on_generation(svsm_reseed *function);
