/* SPDX-License-Identifier: MIT */
/*
 * Error messages of the image tools: FILE:LINE: error: TEXT, counted, so that one run can name
 * everything that is wrong.
 */
#pragma once
#include <stddef.h>
#include <stdio.h>

struct diag {
    FILE *out; /* NULL: count only */
    unsigned errors;
};

/* `line` 0: the whole file. `file` NULL: no place. */
[[gnu::format(printf, 4, 5)]] void diag_error(struct diag *d, const char *file, unsigned line,
                                              const char *format, ...);

/* The word of the list that `word` was probably meant to be, or NULL if none is near. */
[[nodiscard]] const char *diag_nearest(const char *word, const char *const *words, size_t count);

/* "a, b, c" into `out`, cut if it does not fit. */
void diag_list(char *out, size_t size, const char *const *words, size_t count);
