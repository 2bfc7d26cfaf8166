/* SPDX-License-Identifier: MIT */
/*
 * Runs one suite in a process group of its own and ends the group at the time-out.
 */
#pragma once
#include "report.h"
#include "table.h"

/*
 * Its output goes to build/logs/test-NAME.log, its checks into `report`. Failures besides the
 * suite's own: no check at all, an exit status other than 0 without a failed check, the time-out.
 * It finds the tree as its working directory and an empty TMPDIR, removed afterwards.
 */
void run_suite(const struct suite *suite, struct report *report);

/* Ends the running suite, if any. May be called from a signal handler. */
void run_kill(void);
