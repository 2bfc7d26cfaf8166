/* SPDX-License-Identifier: MIT */
/* The monotonic clock of a bare test task, read as svsm/abi/clock.h says. */
#pragma once
#include <stdint.h>
#include <svsm/abi/clock.h>
#include <svsm/abi/layout.h>

static inline uint64_t clock_ns(void)
{
    /* SAFETY: mapped read-only in every task */
    const volatile struct svsm_time_page *p = (const volatile struct svsm_time_page *)SVSM_TIME_VA;
    uint32_t sequence, low, high;
    uint64_t ns;
    do {
        sequence = p->sequence;
        /* SAFETY: reads the counter behind every load before it. */
        __asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
        uint64_t passed = ((uint64_t)high << 32 | low) - p->base_tsc;
        ns = p->base_ns + (uint64_t)(((unsigned __int128)passed * p->mult) >> (p->shift & 127));
    } while ((sequence & 1) != 0 || sequence != p->sequence);
    return ns;
}
