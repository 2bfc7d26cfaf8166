/* SPDX-License-Identifier: MIT */
/* Messages of our programs. See say.h. */
#include "say.h"

#include <stdarg.h>
#include <stdio.h>

static const char *name = "svsm";

void say_as(const char *program)
{
    name = program;
}

enum exit_code say_error(enum exit_code code, const char *mend, const char *what, ...)
{
    va_list args;
    va_start(args, what);
    fprintf(stderr, "%s: error: ", name);
    vfprintf(stderr, what, args);
    va_end(args);
    fputc('\n', stderr);
    if (mend != NULL && mend[0] != 0) {
        fprintf(stderr, "  mend: %s\n", mend);
    }
    return code;
}

void say_note(const char *what, ...)
{
    va_list args;
    va_start(args, what);
    fprintf(stderr, "%s: ", name);
    vfprintf(stderr, what, args);
    va_end(args);
    fputc('\n', stderr);
}
