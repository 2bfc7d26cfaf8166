/* SPDX-License-Identifier: MIT */
/*
 * The lines on the debug console (port E9h), each ended by a line feed, at most LINES_MAX bytes:
 *
 *   KIND [WORD] [KEY=VALUE ...] [- TEXT]
 *
 * No blanks in WORD, KEY and VALUE; numbers are decimal or 0x-prefixed. TEXT is for people. A line
 * of another kind is shown as it is. `stop` is the last; hv then ends QEMU through port F4h. The
 * host program's exit status comes from the line alone, as QEMU's own can say less.
 */
#pragma once

#define LINES_MAX 512

#define LINES_STOP "stop"   /* WORD: LINES_STOP_*; why the machine ends */
#define LINES_STAT "stat"   /* WORD: a counter; KEY=VALUE its figures */
#define LINES_TRACE "trace" /* WORD: a class of --trace; then what happened */
#define LINES_NOTE "note"   /* what a user should know */

/*
 * Who stopped: vcpu= vmpl= rip= (decimal, decimal, 0x); for refusals also rule=, a name of
 * core/rules.def, and gpa= where there is one.
 */
#define LINES_STOP_EXIT "exit"             /* status=N: the guest wrote N (0 to 255) to port F4h */
#define LINES_STOP_OFF "off"               /* the guest switched itself off: status 0 */
#define LINES_STOP_RESET "reset"           /* the guest reset itself: status 1 */
#define LINES_STOP_REFUSED "refused"       /* rule=: hardware or the profile's host refuses: 125 */
#define LINES_STOP_TERMINATED "terminated" /* set= reason= detail=: by the GHCB: 126 */
#define LINES_STOP_FAULT "fault"           /* hv itself is at its end: status 1 */
