/* SPDX-License-Identifier: MIT */
/*
 * QEMU as a child. COM2 is one end of a socket pair, so there is no path that another process could
 * open, and nothing to remove. The child ends when we end, however we end.
 */
#include "qemu.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "wait.h"

#define ARGS_MAX 256
#define LINE_FD 3 /* COM2 in the child */
#define VERSION_MS 20000
#define END_MS 3000

/* As tools/setup/qemu.sh has it. */
#define OLDEST_MAJOR 7
#define OLDEST_MINOR 2

struct args {
    const char *list[ARGS_MAX + 1];
    unsigned count;
    char smp[16];
};

static void add(struct args *a, const char *arg)
{
    if (a->count < ARGS_MAX) {
        a->list[a->count++] = arg;
        a->list[a->count] = NULL;
    }
}

static void add_all(struct args *a, const char *const *list)
{
    for (; *list != NULL; list++) {
        add(a, *list);
    }
}

static void args_build(struct args *a, const struct options *o, const char *path)
{
    static const char *const fixed[] = {"-accel",     "tcg",
                                        "-M",         "q35",
                                        "-cpu",       "max",
                                        "-display",   "none",
                                        "-nic",       "none",
                                        "-monitor",   "none",
                                        "-chardev",   "stdio,id=console,signal=off",
                                        "-serial",    "chardev:console",
                                        "-chardev",   "socket,id=line,fd=3",
                                        "-serial",    "chardev:line",
                                        "-device",    "isa-debug-exit,iobase=0xf4,iosize=4",
                                        "-no-reboot", NULL};
    a->count = 0;
    snprintf(a->smp, sizeof(a->smp), "%u", o->smp);
    add(a, path);
    add_all(a, fixed);
    add_all(a, (const char *const[]){"-m", o->memory, "-smp", a->smp, "-kernel", o->image, NULL});
    if (o->icount) {
        add_all(a, (const char *const[]){"-icount", "shift=0", NULL});
    }
    add_all(a, (const char *const *)o->qemu_args);
}

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

/* In the child, before it becomes another program: only calls that are safe after a fork. */
static void child_settle(pid_t parent)
{
    sigset_t none;
    sigemptyset(&none);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0); /* Ctrl-C is for svsm-run, which then ends its children in order */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(127);
    }
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

enum exit_code qemu_find(const struct options *o, char path[PATH_MAX])
{
    char text[512];
    char mend[PATH_MAX + 64];
    unsigned major = 0;
    unsigned minor = 0;
    snprintf(mend, sizeof(mend), "tools/svsm setup installs one; --qemu PATH names another");
    if (!search_path(o->qemu, path)) {
        return say_error(EXIT_LACKING, mend, "there is no QEMU: %s is not found, or cannot be run",
                         o->qemu);
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

void qemu_print(const struct options *o, const char *path)
{
    struct args a;
    args_build(&a, o, path);
    printf("# file descriptor %d is one end of a socket pair: the line to the TPM\n", LINE_FD);
    for (unsigned i = 0; i < a.count; i++) {
        bool plain =
            a.list[i][0] != 0 && strspn(a.list[i], "abcdefghijklmnopqrstuvwxyz"
                                                   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                   "0123456789/.,:=_-") == strlen(a.list[i]);
        fputs(i == 0 ? "" : " ", stdout);
        if (plain) {
            fputs(a.list[i], stdout);
            continue;
        }
        putchar('\'');
        for (const char *c = a.list[i]; *c != 0; c++) {
            *c == '\'' ? fputs("'\\''", stdout) : putchar(*c);
        }
        putchar('\'');
    }
    putchar('\n');
}

static void child_become(const struct args *a, int console, int line)
{
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    /* Away from the numbers that are about to be given. */
    console = fcntl(console, F_DUPFD_CLOEXEC, 10);
    line = fcntl(line, F_DUPFD_CLOEXEC, 10);
    dup2(null, STDIN_FILENO);
    dup2(console, STDOUT_FILENO);
    dup2(console, STDERR_FILENO);
    dup2(line, LINE_FD);
    execv(a->list[0], (char *const *)a->list);
    _exit(127);
}

enum exit_code qemu_start(struct qemu *q, const struct options *o, const char *path)
{
    struct args a;
    int console[2] = {-1, -1};
    int line[2] = {-1, -1};
    pid_t self = getpid();
    args_build(&a, o, path);
    if (a.count == ARGS_MAX) {
        return say_error(EXIT_USAGE, "give fewer arguments behind --",
                         "more than %d arguments for QEMU", ARGS_MAX - 1);
    }
    fflush(NULL);
    if (pipe2(console, O_CLOEXEC) != 0 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, line) != 0 || (q->pid = fork()) < 0) {
        q->pid = 0;
        return say_error(EXIT_LACKING, "free memory, processes or open files",
                         "cannot start QEMU: %s", strerror(errno));
    }
    if (q->pid == 0) {
        child_settle(self);
        child_become(&a, console[1], line[1]);
    }
    close(console[1]);
    close(line[1]);
    fcntl(console[0], F_SETFL, O_NONBLOCK);
    fcntl(line[0], F_SETFL, O_NONBLOCK);
    q->console = console[0];
    q->line = line[0];
    return EXIT_FINE;
}

int qemu_end(struct qemu *q)
{
    if (q->pid == 0) {
        return 0;
    }
    return wait_end(&q->pid, END_MS);
}
