/* SPDX-License-Identifier: MIT */
/* Where CHECK() of ring 0's pure functions ends on the host. */
#include <cdefs.h>
#include <stdio.h>
#include <stdlib.h>

[[gnu::noreturn]] void check_failed(const char *what, const char *file, unsigned line)
{
    fprintf(stderr, "%s:%u: %s does not hold\n", file, line, what);
    abort();
}
