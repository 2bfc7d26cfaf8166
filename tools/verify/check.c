/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void check_add(struct checks *checks, enum check_outcome outcome, const char *name, const char *why,
               ...)
{
    va_list args;

    if (checks->count == CHECK_MAX) {
        abort(); /* there are fewer names than this */
    }
    struct check *check = &checks->list[checks->count++];
    check->name = name;
    check->outcome = outcome;
    va_start(args, why);
    (void)vsnprintf(check->why, sizeof(check->why), why, args);
    va_end(args);
}

bool check_all_good(const struct checks *checks)
{
    for (unsigned i = 0; i < checks->count; i++) {
        if (checks->list[i].outcome >= CHECK_SKIPPED) {
            return false;
        }
    }
    return checks->count != 0;
}

enum check_outcome check_of(const struct checks *checks, const char *name)
{
    for (unsigned i = 0; i < checks->count; i++) {
        if (strcmp(checks->list[i].name, name) == 0) {
            return checks->list[i].outcome;
        }
    }
    return CHECK_SKIPPED;
}
