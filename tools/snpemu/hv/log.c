/* SPDX-License-Identifier: MIT */
#include "log.h"
#include "io.h"
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#define DEBUG_PORT 0xe9
#define LINE_MAX 400

struct line {
    unsigned length;
    char text[LINE_MAX + 1];
};

static void put(struct line *line, char c)
{
    if (line->length < LINE_MAX) {
        line->text[line->length++] = c;
    }
}

static void put_text(struct line *line, const char *text)
{
    for (; *text != 0; text++) {
        put(line, *text);
    }
}

static void put_number(struct line *line, uint64_t value, unsigned base)
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

/* One conversion; at points behind the percent sign. Returns its last character. */
static const char *put_argument(struct line *line, const char *at, va_list *arguments)
{
    bool wide = *at == 'l';

    if (wide) {
        at++;
    }
    if (*at == 's') {
        put_text(line, va_arg(*arguments, const char *));
    } else if (*at == 'c') {
        put(line, (char)va_arg(*arguments, int));
    } else {
        uint64_t value = wide ? va_arg(*arguments, uint64_t) : va_arg(*arguments, unsigned);
        put_number(line, value, *at == 'u' ? 10 : 16);
    }
    return at;
}

void log_line(const char *format, ...)
{
    struct line line = {.length = 0};
    va_list arguments;

    va_start(arguments, format);
    for (const char *at = format; *at != 0; at++) {
        if (*at == '%') {
            at = put_argument(&line, at + 1, &arguments);
        } else {
            put(&line, *at);
        }
    }
    va_end(arguments);
    line.text[line.length++] = '\n';
    /* SAFETY: reads line.length bytes of line.text. */
    const char *from = line.text;
    uint64_t count = line.length;
    asm volatile("rep outsb" : "+S"(from), "+c"(count) : "d"(DEBUG_PORT) : "memory");
}
