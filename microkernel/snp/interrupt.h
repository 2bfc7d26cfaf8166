/* SPDX-License-Identifier: MIT */
/* See interrupt.c. */
#pragma once
#include <cdefs.h>

/* On its way to the guest: take what is pending at this vCPU's doorbell. Uses the GHCB. */
void interrupt_take(uint32_t vcpu);
