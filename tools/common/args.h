/* SPDX-License-Identifier: MIT */
/* A command line for a child, and how a shell would have it. */
#pragma once
#include <stdbool.h>
#include <stdio.h>

#define ARGS_MAX 256

struct args {
    const char *list[ARGS_MAX + 1]; /* NULL at the end */
    unsigned count;
    bool full; /* something was left out */
};

void args_add(struct args *a, const char *arg);

/* All of a list with NULL at its end. */
void args_add_all(struct args *a, const char *const *list);

/* A word as a POSIX shell takes it: as it is, or between quotes. */
void args_quote(FILE *out, const char *arg);

/* On stdout, one line, quoted. */
void args_print(const struct args *a);
