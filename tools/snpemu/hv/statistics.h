/* SPDX-License-Identifier: MIT */
/*
 * How often the guest left, by reason, printed at the end if the launch image asks for it; and the
 * last exits.
 */
#pragma once
#include <stdint.h>

struct level;

/* An exit, whose registers are in the save area already. */
void statistics_exit(const struct level *level);
void statistics_vc(void);

/* A VMGEXIT without an exit of its own. */
void statistics_merged(void);

/* A breakpoint that was not in memory any more, see swint.h. */
void statistics_stale(void);
void statistics_print(void);

/* The last exits, as comment lines: what led to a stop. */
void statistics_history(void);
