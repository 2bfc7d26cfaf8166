/* SPDX-License-Identifier: MIT */
/*
 * A task's state (data, bss, heap, TLS): commit it, put the last committed one back, or start over
 * from the measured image. The task must be entered and held by this vCPU.
 *
 * What makes rollback sound: one activation; every writable page is 4 KiB and mapped once for
 * CPL 3; ring 0 writes into the task only through that mapping (so the CPU's dirty bit sees it);
 * entering a task is a flushing CR3 load (so a cleared dirty bit is set again by the next write).
 */
#pragma once
#include <task/task.h>

/* Copy every page written since the last commit into the shadow. Only for policy rollback. */
void state_commit(struct task *t);

/* Put every page written since the last commit back from the shadow. Only for policy rollback. */
void state_rollback(struct task *t);

/* Put the measured image's contents back and clear the rest: state, stacks and windows. */
void state_reset(struct task *t);
