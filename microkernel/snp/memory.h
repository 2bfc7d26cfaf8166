/* SPDX-License-Identifier: MIT */
/* See memory.c. */
#pragma once
#include <cdefs.h>
#include <svsm/abi/psp.h>

enum memory_message { MESSAGE_REQUEST, MESSAGE_ANSWER };

/* One of the two pages of guest messages, and its guest-physical address. */
[[nodiscard]] volatile struct psp_msg *memory_message(enum memory_message which, uint64_t *gpa);
