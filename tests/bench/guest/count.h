/* SPDX-License-Identifier: MIT */
/*
 * Instructions counted exactly, on any x86-64 Linux, without performance counters: a child runs the
 * work under single steps of its parent. A repeated string instruction counts once per element, as
 * with QEMU's -icount. Instructions that the kernel runs for a system call do not count.
 */
#pragma once
#include <stdint.h>

/* How many instructions work(argument) executes, call and return included; 0: the kernel does not
 * let us trace, and errno says why. The work runs in a child: what it writes is not seen here. */
[[nodiscard]] uint64_t count_instructions(void (*work)(void *argument), void *argument);
