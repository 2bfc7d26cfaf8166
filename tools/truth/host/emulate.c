/* SPDX-License-Identifier: MIT */
/* Starts svsm-emu. See emulate.h. */
#include "emulate.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"

#define IMAGE_FD 3
#define IMAGE_PATH "/proc/self/fd/3"
#define TIMEOUT "120"

/* Where this program lies in the build, and its neighbour. */
static bool emulator_path(char path[PATH_MAX])
{
    char self[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

    if (len < 0) {
        return false;
    }
    self[len] = 0;
    return snprintf(path, PATH_MAX, "%s/emu/svsm-emu", dirname(dirname(self))) < PATH_MAX &&
           access(path, X_OK) == 0;
}

static bool write_all(int fd, struct bytes b)
{
    for (size_t at = 0; at < b.size;) {
        ssize_t n = write(fd, b.at + at, b.size - at);
        if (n < 0 && errno != EINTR) {
            return false;
        }
        at += n < 0 ? 0 : (size_t)n;
    }
    return true;
}

static bool read_all(int fd, struct bytes *b)
{
    off_t size = lseek(fd, 0, SEEK_END);
    uint8_t *at = size < 0 ? NULL : malloc((size_t)size + 1);

    if (at == NULL || pread(fd, at, (size_t)size, 0) != size) {
        free(at);
        return false;
    }
    *b = (struct bytes){at, (size_t)size};
    return true;
}

static void arguments(struct args *a, const struct options *o, const char *emulator)
{
    args_add(a, emulator);
    args_add_all(a, (const char *const[]){"--igvm", IMAGE_PATH, "--timeout",
                                          o->timeout != NULL ? o->timeout : TIMEOUT, NULL});
    if (o->profile != NULL) {
        args_add_all(a, (const char *const[]){"--profile", o->profile, NULL});
    }
    if (o->qemu != NULL) {
        args_add_all(a, (const char *const[]){"--qemu", o->qemu, NULL});
    }
    for (unsigned i = 0; i < o->lie_count; i++) {
        args_add_all(a, (const char *const[]){"--lie", o->lies[i], NULL});
    }
}

static enum exit_code ended(int status)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return EXIT_FINE;
    }
    if (WIFEXITED(status) &&
        (WEXITSTATUS(status) == EXIT_USAGE || WEXITSTATUS(status) == EXIT_LACKING)) {
        return (enum exit_code)WEXITSTATUS(status); /* it has said why */
    }
    return say_error(EXIT_FAILED, NULL, "the guest did not come to its end (status %d)",
                     WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_SIGNAL + WTERMSIG(status));
}

enum exit_code emulate(const struct options *o, struct bytes image, struct bytes *console)
{
    char emulator[PATH_MAX];
    struct args args = {.count = 0};
    int status = 0;

    if (!emulator_path(emulator)) {
        return say_error(EXIT_LACKING, "tools/svsm build makes it", "there is no svsm-emu");
    }
    int in = memfd_create("image", MFD_CLOEXEC), out = memfd_create("answers", MFD_CLOEXEC);
    if (in < 0 || out < 0 || !write_all(in, image)) {
        return say_error(EXIT_LACKING, "free memory", "no memory for the guest");
    }
    arguments(&args, o, emulator);
    const int fds[IMAGE_FD + 1] = {-1, out, STDERR_FILENO, in};
    pid_t pid = child_start(&args, fds, IMAGE_FD + 1);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    enum exit_code code =
        pid > 0 ? ended(status)
                : say_error(EXIT_LACKING, NULL, "svsm-emu cannot be started: %s", strerror(errno));
    if (code == EXIT_FINE && !read_all(out, console)) {
        code = say_error(EXIT_LACKING, "free memory", "no memory for the answers");
    }
    close(in);
    close(out);
    return code;
}
