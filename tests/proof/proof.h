/* SPDX-License-Identifier: MIT */
/*
 * What every proof needs. A proof is a program for CBMC: what has no value yet has every value,
 * __CPROVER_assume() narrows that, __CPROVER_assert() is what is proved. Its main() includes the
 * file under proof, so that static functions can be reached and a mutated copy can take its place.
 *
 * An assumption must be somebody's promise, and the proof says whose. sound.h has those that
 * several proofs share, so that what one assumes is word for word what another one proves.
 */
#pragma once
#include <cdefs.h>

void *malloc(size_t size); /* CBMC's own: an object of its own, of any contents */

/*
 * A place that some run must reach. In the runs that look for vacuity (proofs.py) each of them is
 * an assertion that has to fail: if it cannot, the assumptions contradict each other, or a case of
 * the proof is empty.
 */
#ifdef PROOF_REACH
#define REACH(what) (__CPROVER_assert)(0, "reach: " what)
#else
#define REACH(what) ((void)0)
#endif
