/* SPDX-License-Identifier: MIT */
/*
 * The outcome of a verification: a list of named checks, each with a sentence. Names are stable:
 * scripts read them with --json.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#define CHECK_MAX 48u
#define CHECK_WHY_MAX 240u

enum check_outcome {
    CHECK_OK,
    CHECK_NOTE,    /* passed, and worth a word */
    CHECK_SKIPPED, /* an earlier failure left nothing to look at */
    CHECK_FAILED,
};

struct check {
    const char *name;
    enum check_outcome outcome;
    char why[CHECK_WHY_MAX];
};

struct checks {
    struct check list[CHECK_MAX];
    unsigned count;
};

[[gnu::format(printf, 4, 5)]] void check_add(struct checks *checks, enum check_outcome outcome,
                                             const char *name, const char *why, ...);

/* No check failed, and none was skipped. */
[[nodiscard]] bool check_all_good(const struct checks *checks);

/* The outcome of the check with this name; CHECK_SKIPPED if there is none. */
[[nodiscard]] enum check_outcome check_of(const struct checks *checks, const char *name);
