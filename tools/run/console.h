/* SPDX-License-Identifier: MIT */
/*
 * What the guest says on COM1, and QEMU itself: passed on as it comes, through svsm-symbolize where
 * it is there. The last lines, those about the footprint and the first error of ring 0 are kept. A
 * reader that does not read loses bytes, and keeps nobody from reaching the TPM.
 */
#pragma once
#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#define CONSOLE_LINE 512
#define CONSOLE_LAST 12
#define CONSOLE_FOOTPRINT 40
#define CONSOLE_HELD 262144

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
    bool failed;               /* `out` takes nothing any more */
    bool spoken;               /* ring 0 has said something */
    char reason[CONSOLE_LINE]; /* its first error, or empty */
    char held[CONSOLE_HELD];   /* read and not passed on yet */
    size_t held_len;
    unsigned long lost; /* bytes for which there was no room in `held` */
};

/* `in` does not block. `tools`: the folder of the build's tools; `map`: of the image, may be
 * missing. */
void console_open(struct console *c, int in, int out, const char *tools, const char *map);

/* Take what there is, not without end. False: there will be no more. */
bool console_read(struct console *c);

/* Add words of ours to what is passed on. */
void console_add(struct console *c, const char *text, size_t size);

/* Something waits until `out` can be written to. */
bool console_waits(const struct console *c);

/* Pass on what can be without waiting. */
void console_write(struct console *c);

/* The last lines, as they came. */
void console_last(const struct console *c, FILE *file);

/* Waits until what was read is passed on, but not for ever. False: not all of it could be. */
bool console_close(struct console *c);
