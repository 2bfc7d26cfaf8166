/* SPDX-License-Identifier: MIT */
/* Support of the bare test tasks: handles, the report on COM2, the end of the machine. */
#include "raw.h"

#include <stdarg.h>

static size_t text_len(const char *text)
{
    size_t n = 0;
    while (text[n] != 0) {
        n++;
    }
    return n;
}

void raw_panic(uint64_t code, const char *text)
{
    (void)raw_syscall(SVSM_SYS_PANIC, code, (uint64_t)(uintptr_t)text, text_len(text), 0, 0, 0);
    __builtin_trap();
}

static int text_equal(const char *a, const char *b)
{
    while (*a != 0 && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

uint32_t raw_handle(const char *name, enum svsm_handle_type type)
{
    const struct svsm_task_info *info = raw_info();
    for (uint32_t i = 0; i < info->handle_count; i++) {
        if (info->handles[i].type == (uint32_t)type && text_equal(info->handles[i].name, name)) {
            return info->handles[i].handle;
        }
    }
    raw_panic(1, name);
}

struct line {
    size_t len;
    char text[200];
};

static void put(struct line *l, char c)
{
    if (l->len < sizeof(l->text)) {
        l->text[l->len++] = c;
    }
}

static void put_number(struct line *l, uint64_t value, unsigned base)
{
    char digits[24];
    size_t n = 0;
    do {
        digits[n++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    while (n > 0) {
        put(l, digits[--n]);
    }
}

void raw_print(const char *format, ...)
{
    struct line l = {0};
    va_list args;
    va_start(args, format);
    for (; *format != 0; format++) {
        if (*format != '%') {
            put(&l, *format);
            continue;
        }
        format++;
        if (*format == 's') {
            for (const char *s = va_arg(args, const char *); *s != 0; s++) {
                put(&l, *s);
            }
        } else {
            put_number(&l, va_arg(args, uint64_t), *format == 'x' ? 16 : 10);
        }
    }
    va_end(args);
    put(&l, '\n');
    (void)raw_syscall(SVSM_SYS_HOST_IO, raw_handle("report", SVSM_HANDLE_DEVICE), SVSM_IO_OUTS8, 0,
                      (uint64_t)(uintptr_t)l.text, l.len, 0);
}

void raw_exit(uint32_t code)
{
    (void)raw_syscall(SVSM_SYS_HOST_IO, raw_handle("exit", SVSM_HANDLE_DEVICE), SVSM_IO_OUT32, 0,
                      code, 0, 0);
    raw_panic(2, "no isa-debug-exit");
}

void *memset(void *dst, int byte, size_t size)
{
    uint8_t *p = dst;
    for (size_t i = 0; i < size; i++) {
        p[i] = (uint8_t)byte;
        __asm__ volatile(""
                         :
                         :
                         : "memory"); /* SAFETY: empty; keeps this loop from calling itself */
    }
    return dst;
}

void *memcpy(void *restrict dst, const void *restrict src, size_t size)
{
    uint8_t *d = dst;
    const uint8_t *s = src;
    for (size_t i = 0; i < size; i++) {
        d[i] = s[i];
        __asm__ volatile("" : : : "memory"); /* SAFETY: as above */
    }
    return dst;
}
