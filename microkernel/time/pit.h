/* SPDX-License-Identifier: MIT */
/* Calibration against the PIT. Boot vCPU, interrupts off. */
#pragma once
#include <cdefs.h>

/* How fast the TSC and the platform's timer (machine_timer_begin()) run, and how sure that is. */
struct pit_rates {
    uint64_t tsc_hz, timer_hz, error_ppm;
};

/* false: the PIT does not count. */
[[nodiscard]] bool pit_calibrate(struct pit_rates *best);
