/* SPDX-License-Identifier: MIT */
/* Answers as lines of JSON. See answer.h. */
#include "answer.h"
#include <stdbool.h>

static void put(struct truth_line *line, char c)
{
    if (line->length < TRUTH_LINE) {
        line->text[line->length++] = c;
    }
}

static void put_text(struct truth_line *line, const char *text)
{
    while (*text != 0) {
        put(line, *text++);
    }
}

/* A list's names have no characters that JSON would want escaped; others come from nowhere. */
static void put_string(struct truth_line *line, const char *text)
{
    put(line, '"');
    for (; *text != 0; text++) {
        bool plain = *text >= ' ' && *text != '"' && *text != '\\';
        char c = '?';
        if (plain) {
            c = *text;
        }
        put(line, c);
    }
    put(line, '"');
}

static void put_number(struct truth_line *line, uint64_t value, unsigned base)
{
    char digits[24];
    unsigned count = 0;

    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    while (count > 0) {
        put(line, digits[--count]);
    }
}

static void put_member(struct truth_line *line, const char *name, uint64_t value)
{
    put_string(line, name);
    put_text(line, ":\"0x");
    put_number(line, value, 16);
    put(line, '"');
}

void truth_line_first(struct truth_line *line, const struct truth_list *list, const char *where,
                      unsigned vmpl)
{
    line->length = 0;
    put_text(line, "{\"truth\":");
    put_number(line, TRUTH_FORMAT, 10);
    put_text(line, ",\"list\":\"");
    for (unsigned i = 0; i < TRUTH_DIGEST; i++) {
        put(line, "0123456789abcdef"[list->digest[i] >> 4]);
        put(line, "0123456789abcdef"[list->digest[i] & 0xf]);
    }
    put_text(line, "\",\"steps\":");
    put_number(line, list->count, 10);
    put_text(line, ",\"where\":");
    put_string(line, where);
    if (vmpl < 4) {
        put_text(line, ",\"vmpl\":");
        put_number(line, vmpl, 10);
    }
    put_text(line, "}\n");
}

static const char *const names[TRUTH_FIELDS] = {
    [TRUTH_ANSWER] = "answer",   [TRUTH_F_INFO2] = "info2", [TRUTH_F_RAX] = "rax",
    [TRUTH_F_RBX] = "rbx",       [TRUTH_F_RCX] = "rcx",     [TRUTH_F_RDX] = "rdx",
    [TRUTH_F_CF] = "cf",         [TRUTH_F_VALID] = "valid", [TRUTH_F_DATA] = "data",
    [TRUTH_F_INDEX] = "index",   [TRUTH_F_END] = "end",     [TRUTH_F_DONE] = "done",
    [TRUTH_F_VECTOR] = "vector", [TRUTH_F_ERROR] = "error",
};

const char *truth_field_name(uint32_t kind, unsigned field)
{
    if (field == TRUTH_ANSWER && kind != TRUTH_MSR) {
        return kind == TRUTH_EVENT || kind == TRUTH_PSC ? "info1" : "code";
    }
    return field < TRUTH_FIELDS ? names[field] : "?";
}

void truth_line_answer(struct truth_line *line, const struct truth_step *step,
                       const struct truth_answer *answer)
{
    const char *between = ",\"vary\":{";

    line->length = 0;
    put_text(line, "{\"name\":");
    put_string(line, step->name);
    for (unsigned i = 0; i < TRUTH_FIELDS; i++) {
        if (answer->is >> i & 1) {
            put(line, ',');
            put_member(line, truth_field_name(step->kind, i), answer->value[i]);
        }
    }
    for (unsigned i = 0; i < TRUTH_FIELDS; i++) {
        if ((answer->is >> i & 1) && step->vary[i] != 0) {
            put_text(line, between);
            put_member(line, truth_field_name(step->kind, i), step->vary[i]);
            between = ",";
        }
    }
    put_text(line, between[1] == 0 ? "}}\n" : "}\n");
}

void truth_line_skipped(struct truth_line *line, const struct truth_step *step, const char *why)
{
    line->length = 0;
    put_text(line, "{\"name\":");
    put_string(line, step->name);
    put_text(line, ",\"skipped\":");
    put_string(line, why);
    put_text(line, "}\n");
}

void truth_line_last(struct truth_line *line, uint32_t count)
{
    line->length = 0;
    put_text(line, "{\"end\":");
    put_number(line, count, 10);
    put_text(line, "}\n");
}
