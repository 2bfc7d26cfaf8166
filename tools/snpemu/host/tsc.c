/* SPDX-License-Identifier: MIT */
/* The clock that a guest's RDTSC will show. See tsc.h. */
#include "tsc.h"

#include <time.h>

#define NANOSECONDS_KHZ UINT64_C(1000000)

#ifdef __x86_64__
static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

uint64_t tsc_khz(void)
{
    uint64_t ns = now_ns();
    uint64_t ticks = __builtin_ia32_rdtsc();
    nanosleep(&(struct timespec){.tv_nsec = 100 * 1000 * 1000}, NULL);
    ticks = __builtin_ia32_rdtsc() - ticks;
    ns = now_ns() - ns;
    return (uint64_t)((unsigned __int128)ticks * NANOSECONDS_KHZ / ns);
}
#else
uint64_t tsc_khz(void)
{
    return NANOSECONDS_KHZ; /* TCG counts nanoseconds */
}
#endif
