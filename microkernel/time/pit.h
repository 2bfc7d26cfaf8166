/* SPDX-License-Identifier: MIT */
/* Calibration against the PIT. Boot vCPU, interrupts off. */
#pragma once
#include <cdefs.h>

/* How fast the TSC and the platform's timer (machine_timer_begin()) run, and how sure that is.
 * false: the PIT does not count. */
[[nodiscard]] bool pit_calibrate(uint64_t *tsc_hz, uint64_t *timer_hz, uint64_t *error_ppm);
