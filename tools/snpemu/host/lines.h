/* SPDX-License-Identifier: MIT */
/*
 * What hv says on the debug console (wire/lines.h), and the exit status that follows from it.
 * Everything is passed on to stderr as it comes; a stop is said once more in words.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wire/lines.h>

struct symbols;

#define LINES_CODE_TIMEOUT 124
#define LINES_CODE_REFUSED 125
#define LINES_CODE_TERMINATED 126

struct lines {
    bool ended; /* the last word has been said; code and why are set */
    int code;
    char why[LINES_MAX * 2];       /* for a person; empty: nothing to explain */
    const struct symbols *symbols; /* NULL: none */
    size_t len;
    char line[LINES_MAX];
};

void lines_init(struct lines *l, const struct symbols *symbols);

void lines_feed(struct lines *l, const char *bytes, size_t size);
