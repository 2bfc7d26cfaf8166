/* SPDX-License-Identifier: MIT */
/* Starts svsm-emu. See emulate.h. */
#include "emulate.h"

#include <errno.h>
#include <fcntl.h>
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
    if (o->lie_count > 0) {
        args_add(a, "--stats"); /* which say how often a lie was told */
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

static enum exit_code no_emulator(void)
{
    return say_error(EXIT_LACKING, "tools/svsm build makes it", "there is no svsm-emu");
}

/* What the emulator says with --stats: passed on, but for the figures, of which only those of lies
 * are of interest here. False: it cannot be followed. */
static bool pass_on(int fd)
{
    char line[1024], name[32];
    unsigned long told;
    FILE *in = fdopen(fd, "r");

    while (in != NULL && fgets(line, sizeof(line), in) != NULL) {
        if (sscanf(line, "stats lie=%31[a-z0-9-] told=%lu", name, &told) == 2) {
            say_note("lies told of the kind %s: %lu%s", name, told,
                     told == 0 ? ", so they changed nothing" : "");
        } else if (strncmp(line, "stats ", 6) != 0) {
            fputs(line, stderr);
        }
    }
    if (in != NULL) {
        fclose(in);
    }
    return in != NULL;
}

static enum exit_code boot(const struct options *o, struct args *args, int in, int out)
{
    int status = 0, errors[2] = {-1, -1};
    bool liar = o->lie_count > 0;
    bool made = !liar || pipe2(errors, O_CLOEXEC) == 0;
    const int fds[IMAGE_FD + 1] = {-1, out, liar ? errors[1] : STDERR_FILENO, in};
    pid_t pid = made ? child_start(args, fds, IMAGE_FD + 1) : -1;

    if (pid < 0) {
        return say_error(EXIT_LACKING, NULL, "svsm-emu cannot be started: %s", strerror(errno));
    }
    if (liar) {
        close(errors[1]);
        if (!pass_on(errors[0])) {
            close(errors[0]);
        }
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return ended(status);
}

enum exit_code emulate_lies(void)
{
    char emulator[PATH_MAX];
    struct args args = {.count = 0};
    int status = 0;

    if (!emulator_path(emulator)) {
        return no_emulator();
    }
    args_add_all(&args, (const char *const[]){emulator, "--lie", "list", NULL});
    pid_t pid = child_start(&args, (const int[]){-1, STDOUT_FILENO, STDERR_FILENO}, 3);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return pid > 0 && WIFEXITED(status) ? (enum exit_code)WEXITSTATUS(status) : EXIT_LACKING;
}

enum exit_code emulate(const struct options *o, struct bytes image, struct bytes *console)
{
    char emulator[PATH_MAX];
    struct args args = {.count = 0};

    if (!emulator_path(emulator)) {
        return no_emulator();
    }
    int in = memfd_create("image", MFD_CLOEXEC), out = memfd_create("answers", MFD_CLOEXEC);
    if (in < 0 || out < 0 || !write_all(in, image)) {
        return say_error(EXIT_LACKING, "free memory", "no memory for the guest");
    }
    arguments(&args, o, emulator);
    enum exit_code code = boot(o, &args, in, out);
    if (code == EXIT_FINE && !read_all(out, console)) {
        code = say_error(EXIT_LACKING, "free memory", "no memory for the answers");
    }
    close(in);
    close(out);
    return code;
}
