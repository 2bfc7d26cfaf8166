/* SPDX-License-Identifier: MIT */
/* A vCPU's way from its save area into a call and back. */
#pragma once
#include <cdefs.h>
#include <guest/guest.h>

enum vcpu_taken {
    VCPU_EMPTY,   /* it has no save area */
    VCPU_NOTHING, /* no call: spurious */
    VCPU_CALL,    /* *call */
    VCPU_BAD,     /* something else than 1 in the calling area: to be answered */
};

/* Stop the active save area and take a call out of it, if there is one. */
[[nodiscard]] enum vcpu_taken vcpu_take(uint32_t vcpu, struct guest_call *call);
[[nodiscard]] bool vcpu_has_area(uint32_t vcpu);

/* The call REMAP_CA of this vCPU, with RCX. */
[[nodiscard]] uint32_t vcpu_remap_ca(uint32_t vcpu, uint64_t gpa);
