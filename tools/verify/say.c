/* SPDX-License-Identifier: MIT */
#include "say.h"

#include <stdarg.h>
#include <stdio.h>

enum exit_code say_usage(const char *mend, const char *what, ...)
{
    va_list args;

    fputs("svsm-verify: error: ", stderr);
    va_start(args, what);
    (void)vfprintf(stderr, what, args);
    va_end(args);
    fputc('\n', stderr);
    if (mend != NULL) {
        fprintf(stderr, "  mend: %s\n", mend);
    }
    return EXIT_USAGE;
}
