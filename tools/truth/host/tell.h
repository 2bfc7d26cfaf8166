/* SPDX-License-Identifier: MIT */
/* What compare says, as text. */
#pragma once
#include <stdio.h>

#include "compare.h"

#define TELL_SKIPS 16u /* reasons for which steps are skipped */

/* Steps that were skipped for one reason. */
struct tell_skipped {
    unsigned count;
    const char *name, *a, *b; /* of the first */
};

struct tell_skips {
    unsigned count;
    struct tell_skipped list[TELL_SKIPS];
};

/* What a file says may come from anybody: nothing of it is to move a terminal's cursor. */
void tell_plain(FILE *out, const char *text);

/* A difference, on standard output. What was skipped is kept in the context, a struct tell_skips.
 */
compare_tell tell_text;

/* A line for each reason, with the name of the first step; --json names them all. */
void tell_skips(const struct tell_skips *skips);
