/* SPDX-License-Identifier: MIT */
/*
 * XSAVES and XRSTORS, which each CPU with SNP has and QEMU's has not: an SNP guest relies on leaf
 * 0Dh to offer the compacted format, and stock Linux ends itself if it does not.
 */
#pragma once
#include "machine.h"

/* The exit #UD with these bytes at RIP. False: it is neither of the two. */
bool xsaves_undefined(struct level *level, const uint8_t *bytes, unsigned count);
