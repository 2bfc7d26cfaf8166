/* SPDX-License-Identifier: MIT */
/* What the watch's two parts share. */
#pragma once
#include "../tasks/raw.h"

#define MS UINT64_C(1000000) /* nanoseconds */

/* Operations of the sleeper, in its manifest's order. */
enum sleeper_operation {
    SLEEPER_NULL,
    SLEEPER_READINGS,
    SLEEPER_SLEEP,
    SLEEPER_WAIT,
    SLEEPER_TIMER_WAIT,
    SLEEPER_TIMER_SET,
    SLEEPER_EVENT_SEEN,
    SLEEPER_LOOP,
    SLEEPER_WORK,
    SLEEPER_DELEGATE,
};

/* Operations of the timekeeper. */
enum timekeeper_operation { TIMEKEEPER_FIGURES = 2, TIMEKEEPER_CALLERS = 4 };

/* Monotonic time, worked out here from the time page: another reader than libsvsmrt's. */
uint64_t watch_now(void);

struct raw_result watch_sleeper(enum sleeper_operation op, uint64_t a0, uint64_t a1, uint64_t a2);

/* The checks of budgets; the number that failed. */
uint32_t watch_budgets(void);
