/* SPDX-License-Identifier: MIT */
/*
 * INT3 and INT n, which QEMU has one exit for.
 *
 * QEMU before 8.1 can keep a translation of code that another CPU has changed while it was being
 * made: the write drops the translations that it knows of, and does not know of that one yet. A
 * guest that changes code by the rules, a breakpoint first and at the end the first byte, then
 * meets a breakpoint that is not in memory any more, for ever. Here such a translation is dropped,
 * and the guest executes what is there. (A breakpoint can also go while its CPU waits here for the
 * lock, which is as good as if the CPU had come later.)
 */
#pragma once
#include "machine.h"

/* Delivers what is at RIP, or drops the translation of what is not. */
void swint_exit(struct level *level);

/* The delivery was interrupted by an exit: the instruction comes again. */
void swint_again(struct level *level);
