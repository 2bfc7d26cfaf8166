/* SPDX-License-Identifier: MIT */
/* The monotonic clock: the TSC, calibrated once. */
#pragma once
#include <cdefs.h>
#include <svsm/abi/clock.h>

/* Calibrate TSC and local APIC timer, fill the time page. Boot CPU, interrupts off. */
void clock_init(void);
/* The page that every task maps. */
[[nodiscard]] const struct svsm_time_page *clock_page(void);
/* Wait, by the calibrated TSC. */
void clock_delay_us(uint64_t us);
