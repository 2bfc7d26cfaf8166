/* SPDX-License-Identifier: MIT */
/*
 * The table of suites: a text file, one suite a line, '#' begins a comment:
 *
 *     name  class  seconds  needs  command with arguments
 *
 * class: quick, qemu, proofs or campaign. seconds: the time-out. needs: '-' or a list with commas
 * of cmd:PROGRAM (in PATH), file:PATH (from the tree's top) and env:NAME (set and not empty). The
 * command runs at the tree's top, without a shell; blanks separate its arguments.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum {
    SUITES_MAX = 128,
    SUITE_ARGS_MAX = 24,
    SUITE_LINE_MAX = 1024,
};

enum suite_class {
    CLASS_QUICK,
    CLASS_QEMU,
    CLASS_PROOFS,
    CLASS_CAMPAIGN,
};

struct suite {
    char text[SUITE_LINE_MAX]; /* the line, cut into the strings that the members point to */
    const char *name;
    enum suite_class class;
    unsigned seconds;
    char *needs;
    char *args[SUITE_ARGS_MAX + 1]; /* ends with NULL */
};

struct table {
    struct suite suites[SUITES_MAX];
    size_t count;
};

/* Reads `path`. false: it said on stderr what is wrong, with file and line. */
[[nodiscard]] bool table_read(struct table *table, const char *path);

/* Writes into `lack` what of the suite's needs is missing. false: nothing is. */
[[nodiscard]] bool table_lacks(const struct suite *suite, char *lack, size_t size);

const char *table_class_name(enum suite_class class);
