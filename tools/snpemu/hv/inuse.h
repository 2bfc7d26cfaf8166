/* SPDX-License-Identifier: MIT */
/*
 * A save area that a vCPU runs with cannot be written by the others. On hardware that lasts from an
 * entry to the next exit; here the registers stay in the VMCB for as long as the level has its CPU,
 * so who wants the page asks for it, and both take care that the other gets its turn.
 */
#pragma once
#include "machine.h"

/*
 * vcpu was refused an access to this frame. True: another vCPU runs with it, and has been asked to
 * let go; the instruction is to be tried again.
 */
bool inuse_ask(struct vcpu *vcpu, uint64_t frame);

/* Waits, parked and without the lock, if who was asked has not let go yet. */
void inuse_wait(struct vcpu *vcpu);

/* An exit of vcpu: has it got past the instruction that it asked for? */
void inuse_exit(struct vcpu *vcpu);

/* If others have asked vcpu: lets go of its save area until they have had their turn. */
void inuse_answer(struct vcpu *vcpu);
