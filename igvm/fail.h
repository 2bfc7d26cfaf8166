/* SPDX-License-Identifier: MIT */
/* Why something was refused, in words for the user. The last one said stays. */
#pragma once
#include <stdbool.h>

#define FAIL_TEXT 320

struct fail {
    char what[FAIL_TEXT];
    char mend[FAIL_TEXT]; /* empty: nothing is known that would help */
};

/* Always false, so that a reader can `return fail_because(…)`. */
[[gnu::format(printf, 2, 3)]] bool fail_because(struct fail *f, const char *what, ...);

/* The same for one that knows how it can be mended. */
[[gnu::format(printf, 3, 4)]] bool fail_with_mend(struct fail *f, const char *mend,
                                                  const char *what, ...);
