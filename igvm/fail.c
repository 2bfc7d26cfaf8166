/* SPDX-License-Identifier: MIT */
/* Why something was refused. See fail.h. */
#include "fail.h"

#include <stdarg.h>
#include <stdio.h>

bool fail_because(struct fail *f, const char *what, ...)
{
    va_list args;
    va_start(args, what);
    vsnprintf(f->what, sizeof(f->what), what, args);
    va_end(args);
    f->mend[0] = 0;
    return false;
}

bool fail_with_mend(struct fail *f, const char *mend, const char *what, ...)
{
    va_list args;
    va_start(args, what);
    vsnprintf(f->what, sizeof(f->what), what, args);
    va_end(args);
    snprintf(f->mend, sizeof(f->mend), "%s", mend);
    return false;
}
