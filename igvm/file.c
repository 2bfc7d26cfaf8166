/* SPDX-License-Identifier: MIT */
/* Whole files in memory. See file.h. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
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

void file_free(struct file *file)
{
    free((void *)file->bytes.at);
    file->bytes = (struct bytes){0};
}
