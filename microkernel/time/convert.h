/* SPDX-License-Identifier: MIT */
/* Arithmetic of the clock. Pure: host tests compile the same lines. */
#pragma once
#include <cdefs.h>
#include <svsm/abi/clock.h>

#define NS_PER_SECOND UINT64_C(1000000000)
#define PIT_HZ UINT64_C(1193182)

/* ns = ticks * mult >> shift with the best mult that fits 32 bits. hz > 0. No step overflows. */
static inline void convert_scale(uint64_t hz, uint64_t *mult, uint32_t *shift)
{
    uint32_t s = 0;
    while (s < 33 && (NS_PER_SECOND << (s + 1)) / hz <= UINT32_MAX) {
        s++;
    }
    *mult = (NS_PER_SECOND << s) / hz;
    *shift = s;
}

static inline uint64_t convert_ns(const struct svsm_time_page *p, uint64_t tsc)
{
    uint64_t delta = tsc < p->base_tsc ? 0 : tsc - p->base_tsc;
    return p->base_ns + (uint64_t)((unsigned __int128)delta * p->mult >> p->shift);
}

/* Frequency of a counter that made `ticks` (below 2^40) while the PIT made `pit` > 0. */
static inline uint64_t convert_hz(uint64_t ticks, uint64_t pit)
{
    return ticks * PIT_HZ / pit;
}
