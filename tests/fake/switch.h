/* SPDX-License-Identifier: MIT */
/* Stacks of task programs: swapcontext() without its two system calls. x86-64. */
#pragma once
#include <stddef.h>

/* Leave this stack, kept in *save, for the one kept in `load`. Comes back when somebody loads it.
 */
void fake_switch(void **save, void *load);

/* A stack that begins `entry` when it is loaded; `entry` must not return. */
void *fake_switch_new(void *stack, size_t size, void (*entry)(void));
