/* SPDX-License-Identifier: MIT */
/* --record: the lines of wire/lines.h as JSON, one object a line. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define RECORD_FORMAT 1

struct record {
    FILE *file; /* NULL: nothing is recorded */
    uint64_t count;
};

/* {"record":1} */
void record_begin(struct record *r, FILE *file);

/* A line that begins with LINES_RECORD. What is not as it should be there is left out. */
void record_line(struct record *r, const char *line);

/* {"end":N}, and the file is closed. False: not all of it could be written. */
[[nodiscard]] bool record_end(struct record *r);
