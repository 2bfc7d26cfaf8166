/* SPDX-License-Identifier: MIT */
/* See refusal.h. */
#include "refusal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

void refused(bool done, const struct fail *f, const char *words)
{
    if (done) {
        fail_msg("accepted instead of: %s", words);
    }
    if (strstr(f->what, words) == NULL) {
        fail_msg("'%s' does not say '%s'", f->what, words);
    }
}

void accepted(bool done, const struct fail *f)
{
    if (!done) {
        fail_msg("refused: %s", f->what);
    }
}
