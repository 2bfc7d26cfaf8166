/* SPDX-License-Identifier: MIT */
/*
 * What became of the checks: lines for people on stdout, JSON lines for programs, and the tally.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum verdict {
    VERDICT_OK,
    VERDICT_FAILED,
    VERDICT_SKIPPED,
};

struct report {
    FILE *json; /* or NULL */
    size_t counts[3];
};

/*
 * One check. `detail` is what followed the name on its line: figures as key=value separated by
 * blanks, then, behind " - " or alone, why it failed or what was lacking.
 */
void report_check(struct report *report, const char *suite, const char *name, enum verdict verdict,
                  double seconds, const char *detail);

/*
 * Takes one line of a suite's output. true: it was a check ("ok NAME ...", "not ok NAME ...",
 * "skip NAME ..."), and it has been reported.
 */
[[nodiscard]] bool report_line(struct report *report, const char *suite, const char *line,
                               double seconds);

/* The one last line: "N passed, N failed", with ", N skipped" where there are any. */
void report_tally(const struct report *report);
