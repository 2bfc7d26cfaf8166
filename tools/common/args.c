/* SPDX-License-Identifier: MIT */
/* A command line for a child. See args.h. */
#include "args.h"

#include <string.h>

void args_add(struct args *a, const char *arg)
{
    if (a->count == ARGS_MAX) {
        a->full = true;
        return;
    }
    a->list[a->count++] = arg;
    a->list[a->count] = NULL;
}

void args_add_all(struct args *a, const char *const *list)
{
    for (; *list != NULL; list++) {
        args_add(a, *list);
    }
}

void args_quote(FILE *out, const char *arg)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789/.,:=_-";
    if (arg[0] != 0 && strspn(arg, plain) == strlen(arg)) {
        fputs(arg, out);
        return;
    }
    fputc('\'', out);
    for (const char *c = arg; *c != 0; c++) {
        *c == '\'' ? fputs("'\\''", out) : fputc(*c, out);
    }
    fputc('\'', out);
}

void args_print(const struct args *a)
{
    for (unsigned i = 0; i < a->count; i++) {
        fputs(i == 0 ? "" : " ", stdout);
        args_quote(stdout, a->list[i]);
    }
    putchar('\n');
}
