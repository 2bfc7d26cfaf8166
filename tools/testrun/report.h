/* SPDX-License-Identifier: MIT */
/*
 * What became of the checks: lines for people on stdout, JSON lines for programs, and the tally.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <jansson.h>

enum verdict {
    VERDICT_OK,
    VERDICT_FAILED,
    VERDICT_SKIPPED,
};

struct report {
    FILE *json; /* or NULL */
    FILE *html; /* or NULL */
    const char *json_path, *html_path;
    json_t *checks; /* for the page: all of them */
    size_t counts[3];
};

/* Paths or NULL. false: one cannot be written, which has been said. */
[[nodiscard]] bool report_open(struct report *report, const char *json, const char *html);
/* Writes the page and closes both. */
[[nodiscard]] bool report_close(struct report *report);

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
