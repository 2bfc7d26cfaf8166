/* SPDX-License-Identifier: MIT */
/* A vCPU: which of its levels runs, and the loop in which it does. */
#pragma once
#include "machine.h"

/* At launch. vmsa_gpa may be LAUNCH_NO_VMSA. False: there is no memory for it. */
bool vcpu_init(struct vcpu *vcpu, uint32_t number, uint64_t vmsa_gpa, bool runnable);

/* A level's registers go back into its save area, which is free from then on until it runs. */
void vcpu_park(struct level *level);

/* The next entry is that of this level, which has a save area; by the vCPU itself. */
void vcpu_switch(struct vcpu *vcpu, uint8_t vmpl);

/*
 * An interrupt waits at the local APIC or the PIC (exit INTR), or the guest can take one now (exit
 * VINTR). It is acknowledged only when the guest can: the PIC's vector is that of that moment.
 */
void vcpu_interrupted(struct vcpu *vcpu);

/* The running level waits: for an interrupt, if interruptible and its IF allow, or for a signal. */
void vcpu_halt(struct vcpu *vcpu, bool interruptible);

/* From other vCPUs. */
void vcpu_want(struct level *level, enum wanted wanted, uint64_t vmsa_gpa);
void vcpu_init_signal(struct vcpu *vcpu);
void vcpu_sipi(struct vcpu *vcpu);
void vcpu_nmi(struct vcpu *vcpu);

/* The number of the least privileged level that has a save area: devices interrupt that one. */
uint8_t vcpu_least(const struct vcpu *vcpu);

/* Holds the lock. */
[[gnu::noreturn]] void vcpu_run(struct vcpu *vcpu);
