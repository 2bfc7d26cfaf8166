/* SPDX-License-Identifier: MIT */
/* Text formatting for ring 0. Pure: host tests compile the same file. */
#pragma once
#include <cdefs.h>
#include <stdarg.h>

/*
 * Formats into `out`, cut at `size`, no terminating zero; returns the bytes written.
 * %s %c %u %d %x %p %%, with l, ll or z, a width, and 0 for zeros in front.
 */
[[gnu::format(printf, 3, 0)]] size_t format_text(char *out, size_t size, const char *format,
                                                 va_list args);
/* The same for fixed arguments. */
[[gnu::format(printf, 3, 4)]] size_t format_into(char *out, size_t size, const char *format, ...);
