/* SPDX-License-Identifier: MIT */
/*
 * The checked variants of libc functions that glibc's headers put into libtpms.a, on musl. A check
 * that fails ends the task, as it would end the process.
 */
#include "shim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *__memcpy_chk(void *dst, const void *src, size_t size, size_t room);
void *__memset_chk(void *dst, int byte, size_t size, size_t room);
int __vsnprintf_chk(char *out, size_t size, int flag, size_t room, const char *format,
                    va_list args);
int __snprintf_chk(char *out, size_t size, int flag, size_t room, const char *format, ...);
int __asprintf_chk(char **out, int flag, const char *format, ...);
int __vdprintf_chk(int fd, int flag, const char *format, va_list args);
int __dprintf_chk(int fd, int flag, const char *format, ...);
[[gnu::noreturn]] void __longjmp_chk(jmp_buf env, int value);

void *__memcpy_chk(void *dst, const void *src, size_t size, size_t room)
{
    if (size > room) {
        shim_fatal("memcpy beyond its buffer");
    }
    return memcpy(dst, src, size);
}

void *__memset_chk(void *dst, int byte, size_t size, size_t room)
{
    if (size > room) {
        shim_fatal("memset beyond its buffer");
    }
    return memset(dst, byte, size);
}

int __vsnprintf_chk(char *out, size_t size, int flag, size_t room, const char *format, va_list args)
{
    (void)flag;
    if (size > room) {
        shim_fatal("snprintf beyond its buffer");
    }
    return vsnprintf(out, size, format, args);
}

int __snprintf_chk(char *out, size_t size, int flag, size_t room, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = __vsnprintf_chk(out, size, flag, room, format, args);
    va_end(args);
    return n;
}

int __asprintf_chk(char **out, int flag, const char *format, ...)
{
    va_list args;
    (void)flag;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    *out = n < 0 ? NULL : malloc((size_t)n + 1);
    if (*out == NULL) {
        return -1;
    }
    va_start(args, format);
    n = vsnprintf(*out, (size_t)n + 1, format, args);
    va_end(args);
    return n;
}

int __vdprintf_chk(int fd, int flag, const char *format, va_list args)
{
    (void)flag;
    return vfprintf(fd == 1 ? stdout : stderr, format, args);
}

int __dprintf_chk(int fd, int flag, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = __vdprintf_chk(fd, flag, format, args);
    va_end(args);
    return n;
}

void __longjmp_chk(jmp_buf env, int value)
{
    longjmp(env, value);
}
