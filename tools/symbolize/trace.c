/* SPDX-License-Identifier: MIT */
/* Back-trace lines. See trace.h. */
#include "trace.h"
#include <string.h>

/* What is left of the line. */
struct rest {
    const char *at, *end;
};

static bool take(struct rest *r, const char *text)
{
    size_t len = strlen(text);
    if ((size_t)(r->end - r->at) < len || memcmp(r->at, text, len) != 0) {
        return false;
    }
    r->at += len;
    return true;
}

static int digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

static bool take_number(struct rest *r, int base, size_t digits_max, uint64_t *out)
{
    const char *start = r->at;
    *out = 0;
    while (r->at < r->end && digit(*r->at) < base) {
        *out = *out * (uint64_t)base + (uint64_t)digit(*r->at);
        r->at++;
    }
    return r->at > start && (size_t)(r->at - start) <= digits_max;
}

/* The next word, up to a blank. */
static struct rest take_word(struct rest *r)
{
    while (r->at < r->end && *r->at == ' ') {
        r->at++;
    }
    struct rest word = {r->at, r->at};
    while (r->at < r->end && *r->at != ' ' && *r->at != '\r' && *r->at != '\n') {
        r->at++;
    }
    word.end = r->at;
    return word;
}

static bool take_where(struct rest *r, struct trace_line *out)
{
    struct rest first = take_word(r);
    struct rest second = take_word(r);
    bool brackets = second.end - second.at > 2 && second.at[0] == '(' && second.end[-1] == ')';
    if (brackets) {
        out->named = !(first.end - first.at == 1 && first.at[0] == '?');
        first = (struct rest){second.at + 1, second.end - 1};
    }
    size_t len = (size_t)(first.end - first.at);
    if (len == 0 || len >= TRACE_WHERE_MAX) {
        return false;
    }
    memcpy(out->where, first.at, len);
    return true;
}

bool trace_parse(const char *line, size_t len, struct trace_line *out)
{
    const char *end = line + len;
    for (const char *at = line; at < end; at++) {
        struct rest r = {at, end};
        uint64_t number = 0;
        *out = (struct trace_line){0};
        if (take(&r, "#") && take_number(&r, 10, 3, &number) && take(&r, " 0x") &&
            take_number(&r, 16, 16, &out->address) && take(&r, " ") && take_where(&r, out)) {
            out->number = (unsigned)number;
            return true;
        }
    }
    return false;
}
