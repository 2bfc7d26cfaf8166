/* SPDX-License-Identifier: MIT */
/* The monotonic clock: the TSC, whose frequency is found out once. */
#pragma once
#include <cdefs.h>
#include <svsm/abi/clock.h>

/* The platform's: find out how fast the TSC runs (native: and the local APIC's timer), then
 * clock_start(). Boot CPU, interrupts off. */
void clock_init(void);
/* Fill the time page; time begins now. `flags`: SVSM_CLOCK_*. */
void clock_start(uint64_t tsc_hz, uint32_t flags);
/* The frequency is known better now: time goes on from where it is. Before other vCPUs run. */
void clock_retune(uint64_t tsc_hz);
/* The page that every task maps. */
[[nodiscard]] const struct svsm_time_page *clock_page(void);
/* Wait, by the calibrated TSC. */
void clock_delay_us(uint64_t us);
