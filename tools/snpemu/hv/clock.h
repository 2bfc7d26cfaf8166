/* SPDX-License-Identifier: MIT */
/*
 * The clock that KVM offers to its guests (Linux: Documentation/virt/kvm/x86/msr.rst and
 * cpuid.rst): two MSRs take the address of a shared structure, which says how to make nanoseconds
 * of the TSC. A stock kernel without it has no usable clock here, since ports are too slow to
 * calibrate by.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define CLOCK_MSR_WALL UINT32_C(0x4b564d00)
#define CLOCK_MSR_SYSTEM UINT32_C(0x4b564d01)

struct vcpu;

/* Guest time begins. */
void clock_init(void);

/* What was last written, 0 at first. False: there is no clock. */
bool clock_read(const struct vcpu *vcpu, uint32_t index, uint64_t *value);

/*
 * A write to one of the two MSRs, which it is. False: there is no clock, or no shared page at that
 * address, and so #GP.
 */
bool clock_write(const struct vcpu *vcpu, uint32_t index, uint64_t value);
