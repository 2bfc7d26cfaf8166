/* SPDX-License-Identifier: MIT */
/*
 * What hv says on the debug console (wire/lines.h), and the exit status that follows from it.
 * Everything is passed on to stderr as it comes; a stop is said once more in words.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wire/lie.h>
#include <wire/lines.h>

struct symbols;
struct record;

#define LINES_CODE_TIMEOUT 124
#define LINES_CODE_REFUSED 125
#define LINES_CODE_TERMINATED 126

#define LINES_EXITS_MAX 0x120 /* kinds of exits */

struct lines_exit {
    uint64_t code, count;
    char name[32];
};

struct lines {
    bool ended; /* the last word has been said; code and why are set */
    int code;
    char why[LINES_MAX * 2]; /* for a person; empty: nothing to explain */
    char last[LINES_MAX];    /* that word and what follows it */
    char symbol[128];        /* where the guest was; empty: not known */
    bool counted;            /* figures of --stats have come: */
    unsigned exit_count;
    struct lines_exit exits[LINES_EXITS_MAX];
    uint64_t vc, merged, stale, other;
    unsigned lie_count;
    struct lines_lie {
        char name[16];
        uint64_t told;
    } lies[LIE_KINDS];
    uint32_t told;                 /* bit n: the n-th lie of the command line was */
    const struct symbols *symbols; /* NULL: none */
    struct record *record;
    size_t len;
    char line[LINES_MAX];
};

/* record: what takes recordings, and has a file or none. */
void lines_init(struct lines *l, const struct symbols *symbols, struct record *record);

/* The value of KEY= in a line, up to its end, or NULL. */
const char *lines_value(const char *line, const char *key);

void lines_feed(struct lines *l, const char *bytes, size_t size);
