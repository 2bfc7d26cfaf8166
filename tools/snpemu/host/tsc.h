/* SPDX-License-Identifier: MIT */
/* The clock that a guest's RDTSC will show. */
#pragma once
#include <stdint.h>

/* 1.0 as 8.32 fixed point: QEMU's TCG cannot scale. */
#define TSC_SCALE_ONE (UINT64_C(1) << 32)

/* kHz of what QEMU's TCG takes for the TSC: this machine's own, or 1 GHz where it has none. */
uint64_t tsc_khz(void);
