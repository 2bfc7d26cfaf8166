/* SPDX-License-Identifier: MIT */
/* A vCPU: which of its levels runs, and the loop in which it does. */
#pragma once
#include "machine.h"

/* Gives a level its save area. False: there is none at that address. */
bool vcpu_create_level(struct vcpu *vcpu, uint8_t vmpl, uint64_t vmsa_gpa);

/* The next entry is that of this level, which has a save area. */
void vcpu_switch(struct vcpu *vcpu, uint8_t vmpl);

/* Waits for something that ends a HLT of the running level. */
void vcpu_halt(struct vcpu *vcpu);

[[gnu::noreturn]] void vcpu_run(struct vcpu *vcpu);
