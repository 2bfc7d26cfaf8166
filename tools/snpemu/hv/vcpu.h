/* SPDX-License-Identifier: MIT */
/* A vCPU: which of its levels runs, and the loop in which it does. */
#pragma once
#include "machine.h"

/* Gives a level its save area. False: there is none at that address. */
bool vcpu_create_level(struct vcpu *vcpu, uint8_t vmpl, uint64_t vmsa_gpa);

/* A level's registers go back into its save area, which is free from then on until it runs. */
void vcpu_park(struct level *level);

/* The next entry is that of this level, which has a save area. */
void vcpu_switch(struct vcpu *vcpu, uint8_t vmpl);

/*
 * An interrupt waits at the local APIC or the PIC (exit INTR), or the guest can take one now (exit
 * VINTR). It is acknowledged only when the guest can: the PIC's vector is that of that moment.
 */
void vcpu_interrupted(struct vcpu *vcpu);

/* Waits for something that ends a HLT of the running level. */
void vcpu_halt(struct vcpu *vcpu);

[[gnu::noreturn]] void vcpu_run(struct vcpu *vcpu);
