/* SPDX-License-Identifier: MIT */
/* The monotonic clock, without a system call (svsm/abi/clock.h). */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* Nanoseconds since boot; never goes backwards. clock_gettime(CLOCK_MONOTONIC) is the same. */
uint64_t svsm_clock_ns(void);

/* Can the host neither scale nor shift it? */
bool svsm_clock_trusted(void);
