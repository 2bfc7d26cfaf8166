/* SPDX-License-Identifier: MIT */
/* Programs that we start. See child.h. */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "wait.h"

#define CHILD_FDS 11
#define VERSION_MS 20000

/* As tools/setup/qemu.sh has it. */
#define OLDEST_MAJOR 7
#define OLDEST_MINOR 2

static bool search_path(const char *name, char path[PATH_MAX])
{
    const char *at = getenv("PATH");
    if (strchr(name, '/') != NULL) {
        return realpath(name, path) != NULL && access(path, X_OK) == 0;
    }
    while (at != NULL && *at != 0) {
        int len = (int)strcspn(at, ":");
        if (len > 0 && snprintf(path, PATH_MAX, "%.*s/%s", len, at, name) < PATH_MAX &&
            access(path, X_OK) == 0) {
            return true;
        }
        at += len + (at[len] == ':' ? 1 : 0);
    }
    return false;
}

void child_settle(pid_t parent)
{
    sigset_t none;
    sigemptyset(&none);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(127);
    }
}

static void become(const struct args *a, const int *fds, unsigned count)
{
    int moved[CHILD_FDS];
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (unsigned i = 0; i < count; i++) { /* away from the numbers that are about to be given */
        moved[i] = fcntl(fds[i] < 0 ? null : fds[i], F_DUPFD_CLOEXEC, CHILD_FDS);
    }
    for (unsigned i = 0; i < count; i++) {
        dup2(moved[i], (int)i);
    }
    execv(a->list[0], (char *const *)a->list);
    _exit(127);
}

pid_t child_start(const struct args *a, const int *fds, unsigned count)
{
    pid_t self = getpid();
    if (count > CHILD_FDS) {
        errno = EINVAL;
        return -1;
    }
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        child_settle(self);
        become(a, fds, count);
    }
    return pid;
}

/* The first bytes that `path --version` prints. */
static bool version_read(const char *path, char *text, size_t size)
{
    int out[2];
    size_t have = 0;
    pid_t self = getpid();
    if (pipe2(out, O_CLOEXEC) != 0) {
        return false;
    }
    pid_t pid = fork();
    if (pid == 0) {
        child_settle(self);
        dup2(out[1], STDOUT_FILENO);
        execl(path, path, "--version", (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    struct pollfd p = {.fd = out[0], .events = POLLIN};
    while (pid > 0 && have < size - 1 && poll(&p, 1, VERSION_MS) == 1) {
        ssize_t n = read(out[0], text + have, size - 1 - have);
        if (n <= 0) {
            break;
        }
        have += (size_t)n;
    }
    text[have] = 0;
    close(out[0]);
    wait_end(&pid, 0);
    return have > 0;
}

enum exit_code child_find_qemu(const char *qemu, char path[PATH_MAX])
{
    char text[512];
    char mend[PATH_MAX + 64];
    unsigned major = 0;
    unsigned minor = 0;
    snprintf(mend, sizeof(mend), "tools/svsm setup installs one; --qemu PATH names another");
    if (!search_path(qemu, path)) {
        return say_error(EXIT_LACKING, mend, "there is no QEMU: %s is not found, or cannot be run",
                         qemu);
    }
    const char *found = version_read(path, text, sizeof(text)) ? strstr(text, "version ") : NULL;
    if (found == NULL || sscanf(found, "version %u.%u", &major, &minor) != 2) {
        return say_error(EXIT_LACKING, mend, "%s --version does not answer as QEMU does", path);
    }
    if (major < OLDEST_MAJOR || (major == OLDEST_MAJOR && minor < OLDEST_MINOR)) {
        return say_error(EXIT_LACKING, mend, "QEMU %u.%u is too old: %s; %u.%u is needed", major,
                         minor, path, OLDEST_MAJOR, OLDEST_MINOR);
    }
    return EXIT_FINE;
}
