/* SPDX-License-Identifier: MIT */
/* The thread area of an activation, as musl wants it. */
#pragma once
#include <stdint.h>

/* Lay out thread-local variables in [low, thread_pointer) and musl's thread structure behind. */
void rt_thread_init(uint8_t *low, uint8_t *thread_pointer, uint64_t canary);
