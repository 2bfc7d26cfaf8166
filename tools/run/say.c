/* SPDX-License-Identifier: MIT */
/* Messages of svsm-run. See say.h. */
#include "say.h"

#include <stdarg.h>
#include <stdio.h>

enum exit_code say_error(enum exit_code code, const char *mend, const char *what, ...)
{
    va_list args;
    va_start(args, what);
    fputs("svsm-run: error: ", stderr);
    vfprintf(stderr, what, args);
    va_end(args);
    fputc('\n', stderr);
    if (mend != NULL) {
        fprintf(stderr, "  mend: %s\n", mend);
    }
    return code;
}

void say_note(const char *what, ...)
{
    va_list args;
    va_start(args, what);
    fputs("svsm-run: ", stderr);
    vfprintf(stderr, what, args);
    va_end(args);
    fputc('\n', stderr);
}
