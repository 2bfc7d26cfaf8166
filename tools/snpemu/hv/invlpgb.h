/* SPDX-License-Identifier: MIT */
/*
 * INVLPGB and TLBSYNC, which QEMU's CPU does not have. An INVLPGB reaches the vCPU's own TLB at
 * once and all others by the next TLBSYNC of the same vCPU: a guest that leaves that out is to
 * notice.
 */
#pragma once
#include "machine.h"

/* The exit #UD of one of them. */
void invlpgb_undefined(struct level *level, bool is_tlbsync);
