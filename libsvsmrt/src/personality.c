/* SPDX-License-Identifier: MIT */
/*
 * The Linux system calls that musl makes, as far as they mean something in a task. The others are
 * answered -ENOSYS and named in the log once.
 */
#include "rt.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <svsm/clock.h>
#include <svsm/random.h>

#define SECOND_NS INT64_C(1000000000)

static const char *const names[] = {
#include <bits/syscall_names.h>
};
#define NAME_COUNT (sizeof(names) / sizeof(names[0]))

static uint8_t refused[(NAME_COUNT + 7) / 8];

static long refuse(long n)
{
    bool known = n >= 0 && (size_t)n < NAME_COUNT && names[n] != NULL;
    if (!known) {
        svsm_log(SVSM_LOG_WARNING, "libc wants system call %ld: refused", n);
    } else if ((refused[n / 8] & 1u << n % 8) == 0) {
        refused[n / 8] |= (uint8_t)(1u << n % 8);
        svsm_log(SVSM_LOG_WARNING, "libc wants %s: refused (said once)", names[n]);
    }
    return -ENOSYS;
}

/* Standard output and error go to the log, a record a line. */
static struct {
    size_t len;
    char text[SVSM_LOG_TEXT_MAX];
} lines[2];

static void line_end(unsigned stream)
{
    if (lines[stream].len != 0) {
        svsm_log(stream == 0 ? SVSM_LOG_INFO : SVSM_LOG_ERROR, "%.*s", (int)lines[stream].len,
                 lines[stream].text);
        lines[stream].len = 0;
    }
}

static long write_text(long fd, const char *text, size_t size)
{
    if (fd != 1 && fd != 2) {
        return -EBADF;
    }
    unsigned stream = (unsigned)fd - 1;
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '\n' || lines[stream].len == sizeof(lines[stream].text)) {
            line_end(stream);
        }
        if (text[i] != '\n') {
            lines[stream].text[lines[stream].len++] = text[i];
        }
    }
    return (long)size;
}

static long write_vector(long fd, const struct iovec *v, long count)
{
    long total = 0;
    for (long i = 0; i < count; i++) {
        long n = write_text(fd, v[i].iov_base, v[i].iov_len);
        if (n < 0) {
            return n;
        }
        total += n;
    }
    return total;
}

/* There is no wall clock: what asks for one gets time since boot. */
static long clock_read(struct timespec *out)
{
    uint64_t ns = svsm_clock_ns();
    out->tv_sec = (time_t)(ns / (uint64_t)SECOND_NS);
    out->tv_nsec = (long)(ns % (uint64_t)SECOND_NS);
    return 0;
}

static long sleep_for(const struct timespec *t, bool absolute)
{
    if (t->tv_sec < 0 || t->tv_nsec < 0 || t->tv_nsec >= SECOND_NS) {
        return -EINVAL;
    }
    uint64_t ns = (uint64_t)t->tv_sec * (uint64_t)SECOND_NS + (uint64_t)t->tv_nsec;
    (void)svsm_wait(absolute ? ns : svsm_clock_ns() + ns, 0, NULL);
    return 0;
}

/* SAFETY: of the casts: musl passes its pointers as long. */
long svsm_linux_syscall(long n, long a, long b, long c, long d, long e, long f)
{
    (void)e;
    (void)f;
    switch (n) {
    case SYS_write:
        return write_text(a, (const char *)b, (size_t)c);
    case SYS_writev:
        return write_vector(a, (const struct iovec *)b, c);
    case SYS_read:
        return 0; /* end of file */
    case SYS_close:
        return 0;
    case SYS_ioctl:
        return -ENOTTY;
    case SYS_lseek:
        return -ESPIPE;
    case SYS_clock_gettime:
        return clock_read((struct timespec *)b);
    case SYS_nanosleep:
        return sleep_for((const struct timespec *)a, false);
    case SYS_clock_nanosleep:
        return sleep_for((const struct timespec *)c, (b & TIMER_ABSTIME) != 0);
    case SYS_getrandom:
        svsm_random((void *)a, (size_t)b);
        return b;
    case SYS_getpid:
    case SYS_gettid:
        return (long)svsm_info()->task + 1;
    case SYS_futex:
        return 0; /* nobody else runs in this task */
    case SYS_exit:
    case SYS_exit_group:
        line_end(0);
        line_end(1);
        svsm_panic((uint64_t)a, "exit() in a service");
    default:
        (void)d;
        return refuse(n);
    }
}
