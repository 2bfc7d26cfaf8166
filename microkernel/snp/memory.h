/* SPDX-License-Identifier: MIT */
/* See memory.c. */
#pragma once
#include <cdefs.h>
#include <svsm/abi/ghcb.h>
#include <svsm/abi/psp.h>

enum memory_message { MESSAGE_REQUEST, MESSAGE_ANSWER };

/* Restricted injection: the page of this vCPU, and its guest-physical address. */
[[nodiscard]] struct ghcb_doorbell *memory_doorbell(uint32_t vcpu, uint64_t *gpa);

/* One of the two pages of guest messages, and its guest-physical address. */
[[nodiscard]] volatile struct psp_msg *memory_message(enum memory_message which, uint64_t *gpa);
