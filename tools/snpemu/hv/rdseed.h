/* SPDX-License-Identifier: MIT */
/*
 * RDSEED, which each CPU with SNP has and TCG before QEMU 8.1 has not: a release image of an SVSM
 * does not start without. Its numbers are those of RDRAND, where QEMU has that.
 */
#pragma once
#include "machine.h"

/* The exit #UD with these bytes at RIP. False: it is another instruction, or QEMU has no RDRAND
 * either. */
bool rdseed_undefined(struct level *level, const uint8_t *bytes, unsigned count);
