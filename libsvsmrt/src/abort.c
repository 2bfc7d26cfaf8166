/* SPDX-License-Identifier: MIT */
/* The ways a C program gives up: each is a fault of the call, with a text. */
#include "rt.h"

#include <stdio.h>
#include <stdlib.h>

[[gnu::noreturn]] void abort(void)
{
    svsm_panic(134, "abort()");
}

[[gnu::noreturn]] void __assert_fail(const char *what, const char *file, int line, const char *func)
{
    char text[SVSM_LOG_TEXT_MAX];
    (void)snprintf(text, sizeof(text), "assertion %s failed: %s:%d %s", what, file, line, func);
    svsm_panic(134, text);
}

[[gnu::noreturn]] void __stack_chk_fail(void)
{
    svsm_panic(135, "stack smashed");
}
