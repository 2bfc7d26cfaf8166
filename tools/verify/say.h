/* SPDX-License-Identifier: MIT */
/* What svsm-verify says on stderr, always in the same form, and its exit codes. */
#pragma once

enum exit_code {
    EXIT_GOOD = 0,
    EXIT_BAD = 1,     /* a check failed */
    EXIT_USAGE = 2,   /* used wrongly, or a file is not there */
    EXIT_LACKING = 3, /* out of memory */
};

/* "svsm-verify: error: WHAT", then "  mend: MEND" unless that is NULL. Returns EXIT_USAGE. */
[[gnu::format(printf, 2, 3)]] enum exit_code say_usage(const char *mend, const char *what, ...);
