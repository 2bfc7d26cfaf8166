/* SPDX-License-Identifier: MIT */
/*
 * How a frequency is told to a guest with Secure TSC: MSR C001_0134 has whole MHz, the nominal
 * frequency, and the firmware's TSC_FACTOR by how much less it really is, in 1/100,000. What the
 * guest computes is snp_tsc_khz() of svsm/abi/snp.h.
 */
#pragma once
#include <stdint.h>

#define TSC_FACTOR_UNIT UINT64_C(100000)

/* The next whole MHz. */
static inline uint64_t tsc_nominal_mhz(uint64_t khz)
{
    return (khz + 999) / 1000;
}

static inline uint32_t tsc_factor_of(uint64_t khz)
{
    uint64_t nominal = tsc_nominal_mhz(khz) * 1000;

    return nominal == 0 ? 0 : (uint32_t)((nominal - khz) * TSC_FACTOR_UNIT / nominal);
}
