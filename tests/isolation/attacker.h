/* SPDX-License-Identifier: MIT */
/* The parts of the attacker. Each returns what the call is to be answered, if it gets that far. */
#pragma once
#include "acts.h"
#include "probes.h"
#include "../tasks/raw.h"
#include <svsm/abi/clock.h>

#define KERNEL_TEXT UINT64_C(0xffffffff80101000)

static inline uint64_t stack_top(void)
{
    return SVSM_STACK_VA + SVSM_STACK_STRIDE;
}

static inline uint64_t tsc(void)
{
    uint32_t a, d;
    /* SAFETY: reads the counter only. */
    __asm__ volatile("rdtsc" : "=a"(a), "=d"(d) : : "memory");
    return (uint64_t)d << 32 | a;
}

static inline const struct svsm_time_page *time_page(void)
{
    return (const struct svsm_time_page *)SVSM_TIME_VA; /* SAFETY: mapped read-only in every task */
}

/* Run for so many milliseconds. */
static inline void spin_ms(uint64_t ms)
{
    uint64_t hz = time_page()->tsc_hz;
    uint64_t start = tsc();
    while (tsc() - start < hz / 1000 * ms) {
    }
}

/* Monotonic time, without the sequence that a clock read needs: only for deadlines. */
static inline uint64_t now_ns(void)
{
    const struct svsm_time_page *p = time_page();
    return p->base_ns + (uint64_t)((unsigned __int128)(tsc() - p->base_tsc) * p->mult >> p->shift);
}

uint64_t attack_system_call(enum act act);
uint64_t attack_lease(enum act act);
uint64_t attack_behaviour(enum act act);
uint64_t attack_flags_and_stack(enum act act);
[[gnu::noreturn]] void attack_probe(enum probe_kind kind, uint32_t area, uint32_t form);
