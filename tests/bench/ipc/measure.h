/* SPDX-License-Identifier: MIT */
/*
 * Counting instructions. Under `qemu -icount shift=0` the TSC counts executed instructions,
 * exactly, of all rings: a figure is RDTSC before the SYSCALL of a call to RDTSC after it, less
 * what two RDTSC alone read, so from the first instruction of the call to the next after it.
 */
#pragma once
#include <stdint.h>

struct call {
    uint64_t handle, op, args[4];
    uint64_t result;
};

/* Instructions of one call; its result code is in call->result. */
uint64_t measure_call(struct call *call);

/* What an empty measurement reads. */
uint64_t measure_empty(void);

/* Instructions that a loop of `rounds` times two instructions reads, to show what the unit is. */
uint64_t measure_loop(uint64_t rounds);
