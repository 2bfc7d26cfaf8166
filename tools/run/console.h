/* SPDX-License-Identifier: MIT */
/*
 * What the guest says on COM1, and QEMU itself: passed on as it comes, through svsm-symbolize where
 * it is there. The last lines and those about the footprint are kept.
 */
#pragma once
#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#define CONSOLE_LINE 512
#define CONSOLE_LAST 12
#define CONSOLE_FOOTPRINT 40

struct console {
    int in;
    int out;          /* ours, or the symbolizer's input */
    pid_t symbolizer; /* 0: none */
    char line[CONSOLE_LINE];
    unsigned len;
    char last[CONSOLE_LAST][CONSOLE_LINE];
    unsigned long lines;
    char footprint[CONSOLE_FOOTPRINT][CONSOLE_LINE];
    unsigned footprints;
};

/* `tools`: the folder of the build's tools; `map`: of the image, may be missing. */
void console_open(struct console *c, int in, int out, const char *tools, const char *map);

/* False: there will be no more. */
bool console_read(struct console *c);

/* The last lines, as they came. */
void console_last(const struct console *c, FILE *file);

/* Waits until what was read is passed on. */
void console_close(struct console *c);
