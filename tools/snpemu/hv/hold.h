/* SPDX-License-Identifier: MIT */
/*
 * AP creation for a vCPU that waits in an AP reset hold of the page protocol. KVM 6.12 drops what
 * waits there (LAUNCH_AP_HOLD_DROP); but what a guest holds for that long it then never gives back:
 * Linux has a GHCB for each CPU and a spare one, takes one of them into each hold, and panics when
 * a CPU has gone off twice. With LAUNCH_AP_HOLD_FINISH the hold ends first, as by a SIPI, and what
 * waited there runs as far as its next VMGEXIT or HLT, which is not carried out: there the new save
 * area takes its place. Nothing is delivered to it on the way. Who asked for the new save area goes
 * on only then, since it may take the old one away at once.
 *
 * Dropped as ever: what is not in its hold yet, or any more; a hold of the MSR protocol; what waits
 * in a save area that is none any more or is to be used again; by CREATE_ON_INIT and destruction.
 */
#pragma once
#include "machine.h"

/* asker has asked for this save area in level's place. */
void hold_finish(struct level *level, const struct level *asker, uint64_t vmsa_gpa);

/* Something else has been asked for, and that at once. */
void hold_cancel(struct level *level);

/* What was asked for level has to wait until its hold is over. */
bool hold_delays(struct level *level);

/* A VMGEXIT of level. True: its hold was over, and this is where it ends. */
bool hold_is_over(struct level *level);

/* Waits, parked and without the lock, if the running level has asked for what is delayed. */
void hold_wait(struct vcpu *vcpu);
