/* SPDX-License-Identifier: MIT */
/*
 * One instruction of the guest is stepped over by the trap flag, as KVM does for NMIs: the emulator
 * has to know when an IRET is done, and when an interrupt shadow is, which QEMU forgets as it
 * enters a guest. An instruction that faults leaves the flag in the frame of its fault.
 */
#pragma once
#include "machine.h"

/* The next entry is for the instruction at RIP alone; is it an IRET, which brings its own flags? */
void step_over(struct level *level, bool iret);

/* Something is to come to the level that an interrupt shadow keeps out: true, and then it waits. */
bool step_in_shadow(struct level *level);

/* Before each entry. */
void step_enter(struct level *level);

/* Behind each exit. */
enum step { STEP_NONE, STEP_DONE, STEP_BROKEN_OFF };
enum step step_exit(struct level *level, uint64_t code);

/* The level does not run on for now: its registers become as it knows them. */
void step_cancel(struct level *level);

void step_intercept(struct level *level, unsigned code, bool on);
