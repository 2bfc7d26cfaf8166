/* SPDX-License-Identifier: MIT */
/* Whole files in memory. See file.h. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIZE_MAXIMUM (INT64_C(2) << 30)

static bool read_all(int fd, uint8_t *out, size_t size)
{
    while (size > 0) {
        ssize_t n = read(fd, out, size);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            errno = n == 0 ? EIO : errno; /* it became shorter */
            return false;
        }
        out += n;
        size -= (size_t)n;
    }
    return true;
}

bool file_read(struct file *file, const char *path, struct fail *f)
{
    struct stat st;
    *file = (struct file){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) != 0) {
        fail_because(f, "cannot read %s: %s", path, strerror(errno));
        if (fd >= 0) {
            close(fd);
        }
        return false;
    }
    if (!S_ISREG(st.st_mode) || st.st_size > SIZE_MAXIMUM) {
        close(fd);
        return fail_because(f, "%s is no file of at most 2 GiB", path);
    }
    size_t size = (size_t)st.st_size;
    uint8_t *bytes = malloc(size + 1);
    bool done = bytes != NULL && read_all(fd, bytes, size);
    int why = errno;
    close(fd);
    if (!done) {
        free(bytes);
        return fail_because(f, "cannot read %s: %s", path, strerror(why));
    }
    file->bytes = (struct bytes){bytes, size};
    return true;
}

static bool write_all(int fd, struct bytes b)
{
    for (size_t at = 0; at < b.size;) {
        ssize_t n = write(fd, b.at + at, b.size - at);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        at += (size_t)n;
    }
    return true;
}

/* As the user's umask has it for new files. */
static mode_t new_mode(void)
{
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

/* What is no file, as /dev/stdout, cannot be replaced. */
static bool write_into(const char *path, struct bytes bytes, struct fail *f)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool done = fd >= 0 && write_all(fd, bytes);
    int why = errno;
    if (fd >= 0 && close(fd) != 0 && done) {
        why = errno;
        done = false;
    }
    return done || fail_because(f, "cannot write %s: %s", path, strerror(why));
}

bool file_write(const char *path, struct bytes bytes, struct fail *f)
{
    char temporary[PATH_MAX];
    struct stat st;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
        return write_into(path, bytes, f);
    }
    if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >= (int)sizeof(temporary)) {
        return fail_because(f, "cannot write %s: %s", path, strerror(ENAMETOOLONG));
    }
    int fd = mkostemp(temporary, O_CLOEXEC);
    bool made = fd >= 0;
    bool done = made && write_all(fd, bytes) && fchmod(fd, new_mode()) == 0;
    int why = errno;
    if (made && close(fd) != 0 && done) {
        why = errno;
        done = false;
    }
    if (done && rename(temporary, path) != 0) {
        why = errno;
        done = false;
    }
    if (made && !done) {
        unlink(temporary);
    }
    return done || fail_because(f, "cannot write %s: %s", path, strerror(why));
}

void file_free(struct file *file)
{
    free((void *)file->bytes.at);
    file->bytes = (struct bytes){0};
}
