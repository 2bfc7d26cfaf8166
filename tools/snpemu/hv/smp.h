/* SPDX-License-Identifier: MIT */
/* The machine's CPUs, one for each vCPU: how they are started and made to leave their guest. */
#pragma once
#include "machine.h"

/* Which page below 1 MiB the others start in; mapped at its own address by the boot. */
#define SMP_TRAMPOLINE UINT64_C(0x8000)

/* This CPU becomes that of a vCPU: its tables, its state for VMRUN. */
void smp_init_cpu(struct vcpu *vcpu);

/*
 * Starts all other CPUs. They wait for the lock, which the caller holds, and then run their vCPUs.
 * Uses the trampoline's page, so before the guest's memory is filled.
 */
void smp_start(void);

/* Makes a vCPU's CPU look at what has changed: from HLT at once, from its guest by an exit. */
void smp_kick(struct vcpu *vcpu);

/* Ends a trap_wait() of its CPU; what that waited for is the caller's to set first. */
void smp_wake(const struct vcpu *vcpu);

/* Waits, but not for long: true once it is not in its guest. */
bool smp_left(const struct vcpu *vcpu);

/* The local APIC of this CPU announces what waits there once more. */
void smp_nudge(void);

/* As smp_kick(), and waits until it is not in its guest; only for another vCPU's. */
void smp_shoot(struct vcpu *vcpu);
