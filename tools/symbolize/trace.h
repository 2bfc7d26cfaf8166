/* SPDX-License-Identifier: MIT */
/*
 * Back-trace lines of a console log, as ring 0 prints them, whatever stands before:
 *     #N 0xADDRESS FUNCTION+0xOFFSET (WHERE)        or        #N 0xADDRESS ? (WHERE)
 * WHERE is "ring0" or a task. `#N 0xADDRESS WHERE` is understood too. Pure.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRACE_WHERE_MAX 24

struct trace_line {
    unsigned number;
    uint64_t address;
    bool named; /* the line names the function already */
    char where[TRACE_WHERE_MAX];
};

[[nodiscard]] bool trace_parse(const char *line, size_t len, struct trace_line *out);
