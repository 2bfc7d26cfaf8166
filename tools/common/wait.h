/* SPDX-License-Identifier: MIT */
/* Ending a child of ours, and time. */
#pragma once
#include <stdint.h>
#include <sys/types.h>

/* Milliseconds that only go forwards. */
int64_t wait_now(void);

/*
 * Asks the child to end (SIGTERM), waits, makes it end (SIGKILL). A child that has ended already is
 * only reaped. *pid is 0 afterwards. Returns the wait status.
 */
int wait_end(pid_t *pid, int patience_ms);

/* The same without asking: it ends by itself within `patience_ms`, or is made to. */
int wait_for(pid_t *pid, int patience_ms);
