/* SPDX-License-Identifier: MIT */
/*
 * Back traces by frame pointers. Ring 0's frames end at the entry stub; if a task was entered, its
 * frames follow.
 */
#pragma once
#include <cdefs.h>

/* From the caller on; then, where ring 0 was entered from a task, that task's frames. */
void backtrace_here(void);
