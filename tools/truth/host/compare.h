/* SPDX-License-Identifier: MIT */
/* Where two files of answers differ, by name and field. */
#pragma once
#include "answers.h"

enum compare_how {
    COMPARE_DIFFERENT, /* in bits that all platforms should have alike */
    COMPARE_PLATFORM,  /* only in bits that depend on the platform */
    COMPARE_SKIPPED,   /* one of the two did not run it; b or a says why */
};

/* field: NULL where it is about the step. a, b: NULL where there is nothing. */
typedef void compare_tell(void *context, enum compare_how how, const char *name, const char *field,
                          const char *a, const char *b);

struct compare_count {
    unsigned steps;    /* that both have run */
    unsigned count[3]; /* by enum compare_how: how often it was told */
    const char *masks; /* a step whose masks the two have otherwise, as no list can; NULL: none */
};

struct compare_count compare_answers(const struct answers *a, const struct answers *b,
                                     compare_tell *tell, void *context);
