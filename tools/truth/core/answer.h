/* SPDX-License-Identifier: MIT */
/*
 * Answers, one JSON object a line, without a C library: the first says which list it is, the last
 * how many steps there were, so that a cut file is known. Numbers are strings, "0x1f".
 */
#pragma once
#include "step.h"

#define TRUTH_LINE 1024u /* longest line with its line feed: 14 fields and as many masks */

struct truth_line {
    uint32_t length;
    char text[TRUTH_LINE];
};

/* What came back: bit n of `is` says whether value[n] means something. */
struct truth_answer {
    uint32_t is;
    uint64_t value[TRUTH_FIELDS];
};

/* {"truth":1,"list":"...","steps":N,"where":"bare","vmpl":0}; vmpl above 3: not known. */
void truth_line_first(struct truth_line *line, const struct truth_list *list, const char *where,
                      unsigned vmpl);
void truth_line_answer(struct truth_line *line, const struct truth_step *step,
                       const struct truth_answer *answer);
void truth_line_skipped(struct truth_line *line, const struct truth_step *step, const char *why);
void truth_line_last(struct truth_line *line, uint32_t count);

/* The name of a field for this kind of step: "answer" of an MSR is "info1" of an event. */
const char *truth_field_name(uint32_t kind, unsigned field);
