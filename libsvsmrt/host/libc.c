/* SPDX-License-Identifier: MIT */
/*
 * What a service's libc calls mean on the host, where glibc makes the system calls by itself: those
 * that reach the outside go to libsvsmrt's personality instead, as musl's do in a task. The rest of
 * glibc (string.h, snprintf and so on) keeps no state and is used as it is; combine.sh refuses what
 * does keep some.
 */
#include "rt.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#define TEXT_MAX 1024

long svsm_linux_syscall(long n, long a, long b, long c, long d, long e, long f);

static int text_write(FILE *stream, const char *text, size_t size)
{
    long fd = stream == stderr ? 2 : 1;
    return (int)svsm_linux_syscall(SYS_write, fd, (long)text, (long)size, 0, 0, 0);
}

int vfprintf(FILE *stream, const char *format, va_list args)
{
    char text[TEXT_MAX];
    int len = vsnprintf(text, sizeof(text), format, args);
    if (len < 0) {
        return len;
    }
    size_t size = (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1;
    return text_write(stream, text, size) < 0 ? -1 : len;
}

int vprintf(const char *format, va_list args)
{
    return vfprintf(stdout, format, args);
}

int printf(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vfprintf(stdout, format, args);
    va_end(args);
    return len;
}

int fprintf(FILE *stream, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vfprintf(stream, format, args);
    va_end(args);
    return len;
}

int fputs(const char *text, FILE *stream)
{
    return text_write(stream, text, strlen(text));
}

int puts(const char *text)
{
    return printf("%s\n", text);
}

int fputc(int byte, FILE *stream)
{
    char text = (char)byte;
    return text_write(stream, &text, 1) == 1 ? byte : EOF;
}

int putchar(int byte)
{
    return fputc(byte, stdout);
}

size_t fwrite(const void *from, size_t size, size_t count, FILE *stream)
{
    return text_write(stream, from, size * count) < 0 ? 0 : count;
}

int fflush(FILE *stream)
{
    (void)stream;
    return 0;
}

int clock_gettime(clockid_t clock, struct timespec *out)
{
    return (int)svsm_linux_syscall(SYS_clock_gettime, clock, (long)out, 0, 0, 0, 0);
}

time_t time(time_t *out)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    if (out != NULL) {
        *out = now.tv_sec;
    }
    return now.tv_sec;
}

int nanosleep(const struct timespec *t, struct timespec *left)
{
    return (int)svsm_linux_syscall(SYS_nanosleep, (long)t, (long)left, 0, 0, 0, 0);
}

[[gnu::noreturn]] void exit(int status)
{
    (void)svsm_linux_syscall(SYS_exit_group, status, 0, 0, 0, 0, 0);
    __builtin_trap();
}

static char *text_copy(const char *text, size_t len)
{
    char *copy = malloc(len + 1);
    if (copy != NULL) {
        memcpy(copy, text, len);
        copy[len] = 0;
    }
    return copy;
}

char *strndup(const char *text, size_t max)
{
    return text_copy(text, strnlen(text, max));
}

char *strdup(const char *text)
{
    return text_copy(text, strlen(text));
}
