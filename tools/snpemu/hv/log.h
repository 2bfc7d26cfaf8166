/* SPDX-License-Identifier: MIT */
/* Lines on QEMU's debug console, which the host program reads. */
#pragma once

/*
 * One line; the newline is added. Knows %s, %c, %u, %x, %lu and %lx; nothing else. A line has at
 * most 400 characters, what is longer is cut.
 */
[[gnu::format(printf, 1, 2)]] void log_line(const char *format, ...);
