/* SPDX-License-Identifier: MIT */
/* Text formatting for ring 0. No state, no lock, any context. */
#include <log/format.h>

struct sink {
    char *out;
    size_t size, len;
};

struct spec {
    bool zero, wide, negative;
    unsigned width;
    char kind;
};

static void put(struct sink *s, char c)
{
    if (s->len < s->size) {
        s->out[s->len] = c;
        s->len++;
    }
}

static void put_number(struct sink *s, const struct spec *spec, uint64_t value)
{
    char digits[20];
    unsigned count = 0;
    unsigned base = spec->kind == 'x' ? 16 : 10;
    do {
        digits[count] = "0123456789abcdef"[value % base];
        count++;
        value /= base;
    } while (value != 0);
    unsigned len = count + (spec->negative ? 1 : 0);
    if (spec->negative && spec->zero) {
        put(s, '-');
    }
    for (; len < spec->width; len++) {
        put(s, spec->zero ? '0' : ' ');
    }
    if (spec->negative && !spec->zero) {
        put(s, '-');
    }
    while (count > 0) {
        count--;
        put(s, digits[count]);
    }
}

static void put_text(struct sink *s, const struct spec *spec, const char *text)
{
    unsigned len = 0;
    for (; *text != 0; text++, len++) {
        put(s, *text);
    }
    for (; len < spec->width; len++) {
        put(s, ' ');
    }
}

/* Parses what follows a '%'; returns the position behind it. */
static const char *parse(const char *p, struct spec *spec)
{
    *spec = (struct spec){.zero = *p == '0'};
    for (; *p >= '0' && *p <= '9'; p++) {
        spec->width = spec->width * 10 + (unsigned)(*p - '0');
    }
    for (; *p == 'l' || *p == 'z'; p++) {
        spec->wide = true;
    }
    spec->kind = *p;
    return *p == 0 ? p : p + 1;
}

static void put_signed(struct sink *s, struct spec *spec, int64_t value)
{
    spec->negative = value < 0;
    put_number(s, spec, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

size_t format_text(char *out, size_t size, const char *format, va_list args)
{
    struct sink s = {.out = out, .size = size};
    const char *p = format;
    while (*p != 0) {
        struct spec spec;
        if (*p != '%') {
            put(&s, *p);
            p++;
            continue;
        }
        p = parse(p + 1, &spec);
        switch (spec.kind) {
        case 's':
            put_text(&s, &spec, va_arg(args, const char *));
            break;
        case 'c':
            put(&s, (char)va_arg(args, int));
            break;
        case 'd':
            put_signed(&s, &spec, spec.wide ? va_arg(args, int64_t) : va_arg(args, int));
            break;
        case 'u':
        case 'x':
            put_number(&s, &spec, spec.wide ? va_arg(args, uint64_t) : va_arg(args, unsigned));
            break;
        case 'p':
            put(&s, '0');
            put(&s, 'x');
            spec.kind = 'x';
            put_number(&s, &spec, (uint64_t)va_arg(args, void *));
            break;
        case '%':
            put(&s, '%');
            break;
        default:
            put(&s, '?');
            break;
        }
    }
    return s.len;
}

size_t format_into(char *out, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    size_t len = format_text(out, size, format, args);
    va_end(args);
    return len;
}
