/* SPDX-License-Identifier: MIT */
/* The clock from the time page: no system call, the same arithmetic as ring 0's. */
#include "rt.h"

#include <stdatomic.h>
#include <svsm/clock.h>

uint64_t svsm_clock_ns(void)
{
    const volatile struct svsm_time_page *p = rt_time_page();
    for (;;) {
        uint32_t sequence = p->sequence;
        atomic_thread_fence(memory_order_acquire);
        uint64_t tsc = rt_tsc();
        uint64_t passed = tsc > p->base_tsc ? tsc - p->base_tsc : 0;
        uint64_t ns =
            p->base_ns + (uint64_t)(((unsigned __int128)passed * p->mult) >> (p->shift & 127));
        atomic_thread_fence(memory_order_acquire);
        if ((sequence & 1) == 0 && sequence == p->sequence) {
            return ns;
        }
    }
}

bool svsm_clock_trusted(void)
{
    return (rt_time_page()->flags & SVSM_CLOCK_TRUSTED) != 0;
}
