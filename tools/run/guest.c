/* SPDX-License-Identifier: MIT */
/*
 * See guest.h. The emulator stays in our process group, so that it may read the terminal and gets
 * its Ctrl-C; other signals are passed on. The file it boots is gone when it ends.
 */
#include "guest.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "args.h"

#define NUMBER_SIZE 16

static volatile sig_atomic_t running; /* the child, or 0 */

static void pass_on(int number)
{
    if (running > 0) {
        kill(running, number);
    }
}

/* The other programs lie beside this one. */
static void program(char out[PATH_MAX], const struct options *o, const char *name)
{
    if (snprintf(out, PATH_MAX, "%s/%s/svsm-%s", o->tools, name, name) >= PATH_MAX) {
        out[0] = 0;
    }
}

/* Its exit status, as a shell has it. */
static int run_child(const struct args *a)
{
    int status = 0;
    fflush(NULL);
    pid_t self = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGINT, SIG_DFL);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() == self) {
            execv(a->list[0], (char *const *)a->list);
        }
        fprintf(stderr, "svsm-run: error: cannot start %s: %s\n", a->list[0], strerror(errno));
        _exit(EXIT_LACKING);
    }
    if (pid < 0) {
        return say_error(EXIT_LACKING, "free memory or processes", "cannot start a program: %s",
                         strerror(errno));
    }
    running = pid;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    running = 0;
    return WIFSIGNALED(status) ? EXIT_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
}

static void add_if(struct args *a, const char *option, const char *value)
{
    if (value != NULL) {
        args_add(a, option);
        args_add(a, value);
    }
}

/* What both programs are told about the machine. */
struct machine {
    char compose[PATH_MAX], emu[PATH_MAX], igvm[PATH_MAX];
    char smp[NUMBER_SIZE], timeout[NUMBER_SIZE];
};

static void compose_args(struct args *a, const struct options *o, const struct machine *m)
{
    args_add_all(a, (const char *const[]){m->compose, "--svsm", o->image, "--output", m->igvm,
                                          "--memory", o->memory, "--vcpus", m->smp, "--console",
                                          NULL});
    add_if(a, "--kernel", o->kernel);
    add_if(a, "--initrd", o->initrd);
    add_if(a, "--append", o->append);
}

static void emu_args(struct args *a, const struct options *o, const struct machine *m)
{
    args_add_all(a, (const char *const[]){m->emu, "--igvm", m->igvm, "--memory", o->memory, "--smp",
                                          m->smp, "--qemu", o->qemu, NULL});
    if (o->timeout_given) {
        add_if(a, "--timeout", m->timeout);
    }
    if (o->qemu_args[0] != NULL) {
        args_add(a, "--");
        args_add_all(a, (const char *const *)o->qemu_args);
    }
}

static enum exit_code check_files(const struct options *o)
{
    const char *const files[] = {o->igvm, o->kernel, o->initrd, o->igvm == NULL ? o->image : NULL};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (files[i] != NULL && access(files[i], R_OK) != 0) {
            return say_error(EXIT_LACKING, "name a file that can be read", "%s: %s", files[i],
                             strerror(errno));
        }
    }
    return EXIT_FINE;
}

static int compose_and_run(const struct options *o, const struct machine *m)
{
    struct args compose = {0}, emu = {0};
    int status = EXIT_FINE;
    compose_args(&compose, o, m);
    emu_args(&emu, o, m);
    if (compose.full || emu.full) {
        return say_error(EXIT_USAGE, "give fewer arguments behind --", "more than %d arguments",
                         ARGS_MAX);
    }
    if (o->dry_run) {
        if (o->igvm == NULL) {
            args_print(&compose);
        }
        args_print(&emu);
        return EXIT_FINE;
    }
    status = check_files(o);
    if (status == EXIT_FINE && o->igvm == NULL) {
        status = run_child(&compose);
    }
    return status == EXIT_FINE ? run_child(&emu) : status;
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = pass_on};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    signal(SIGINT, SIG_IGN);
}

int guest_run(const struct options *o)
{
    static struct machine m; /* too large for a stack */
    const char *folder = getenv("TMPDIR");
    char own[PATH_MAX - 16];
    program(m.compose, o, "compose");
    program(m.emu, o, "emu");
    snprintf(m.smp, sizeof(m.smp), "%u", o->smp);
    snprintf(m.timeout, sizeof(m.timeout), "%u", o->timeout);
    if (o->igvm != NULL || o->dry_run) {
        snprintf(m.igvm, sizeof(m.igvm), "%s", o->igvm != NULL ? o->igvm : "guest.igvm");
        catch_signals();
        return compose_and_run(o, &m);
    }
    int len = snprintf(own, sizeof(own), "%s/svsm-run-XXXXXX",
                       folder != NULL && folder[0] == '/' ? folder : "/tmp");
    if (len >= (int)sizeof(own) || mkdtemp(own) == NULL) {
        return say_error(EXIT_LACKING, "TMPDIR=FOLDER names another", "no temporary folder: %s",
                         strerror(errno));
    }
    catch_signals();
    snprintf(m.igvm, sizeof(m.igvm), "%s/guest.igvm", own);
    int status = compose_and_run(o, &m);
    unlink(m.igvm);
    rmdir(own);
    return status;
}
