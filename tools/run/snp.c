/* SPDX-License-Identifier: MIT */
/*
 * See snp.h. The IGVM file is composed anew for each run, since it names the memory and the vCPUs
 * of its machine; it lies in a folder of its own and goes with us.
 */
#include "snp.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"

/* Where programs and the guest that bridges the TPM lie in the build. */
static const char compose_name[] = "compose/svsm-compose";
static const char emulator_name[] = "emu/svsm-emu";
static const char bridge_name[] = "tests/protocol/svsm-tpm-guest.elf";

struct compose {
    struct args args;
    char program[PATH_MAX + 32], payload[PATH_MAX + 64], smp[SNP_NUMBER];
};

static void compose_args(struct compose *c, const struct options *o, const char *igvm)
{
    snprintf(c->program, sizeof(c->program), "%s/%s", o->tools, compose_name);
    snprintf(c->payload, sizeof(c->payload), "%s/%s", o->build, bridge_name);
    snprintf(c->smp, sizeof(c->smp), "%u", o->smp);
    args_add_all(&c->args,
                 (const char *const[]){c->program, "--svsm", o->image, "--memory", o->memory,
                                       "--vcpus", c->smp, "--console", "--output", igvm, NULL});
    if (o->kernel == NULL) {
        args_add_all(&c->args, (const char *const[]){"--payload", c->payload, NULL});
        return;
    }
    args_add_all(&c->args, (const char *const[]){"--kernel", o->kernel, NULL});
    if (o->initrd != NULL) {
        args_add_all(&c->args, (const char *const[]){"--initrd", o->initrd, NULL});
    }
    if (o->append != NULL) {
        args_add_all(&c->args, (const char *const[]){"--append", o->append, NULL});
    }
}

/* Beside the TPM's socket, so that one name leads to both. */
static void qmp_name(char *out, size_t size, const struct options *o)
{
    snprintf(out, size, "%s.qmp", o->tpm_socket);
}

/* A path inside an argument of QEMU's: commas are doubled. */
static void qmp_argument(char *out, size_t size, const struct options *o)
{
    char path[PATH_MAX + 8];
    size_t len = (size_t)snprintf(out, size, "unix:");
    qmp_name(path, sizeof(path), o);
    for (const char *c = path; *c != 0 && len + 32 < size; c++) {
        if (*c == ',') {
            out[len++] = ',';
        }
        out[len++] = *c;
    }
    snprintf(out + len, size - len, ",server=on,wait=off");
}

void snp_print(const struct options *o)
{
    struct compose c = {0};
    if (o->igvm == NULL) {
        compose_args(&c, o, "FILE.igvm");
        args_print(&c.args);
    }
}

static enum exit_code folder_make(struct snp *s)
{
    const char *top = getenv("TMPDIR");
    if (top == NULL || top[0] != '/') {
        top = "/tmp";
    }
    if (snprintf(s->folder, sizeof(s->folder), "%s/svsm-run-XXXXXX", top) >= PATH_MAX - 16 ||
        mkdtemp(s->folder) == NULL) {
        s->folder[0] = 0;
        return say_error(EXIT_LACKING, "TMPDIR names another place",
                         "no temporary folder in %s: %s", top, strerror(errno));
    }
    int len = snprintf(s->igvm, sizeof(s->igvm), "%s/svsm.igvm", s->folder);
    return len < PATH_MAX ? EXIT_FINE : EXIT_LACKING;
}

enum exit_code snp_make(struct snp *s, const struct options *o)
{
    struct compose c = {0};
    int status = 0;
    *s = (struct snp){0};
    qmp_name(s->qmp, sizeof(s->qmp), o);
    if (o->igvm != NULL) {
        if (access(o->igvm, R_OK) != 0) {
            return say_error(EXIT_LACKING, "tools/svsm compose makes one", "cannot read %s: %s",
                             o->igvm, strerror(errno));
        }
        snprintf(s->igvm, sizeof(s->igvm), "%s", o->igvm);
        return EXIT_FINE;
    }
    enum exit_code code = folder_make(s);
    if (code != EXIT_FINE) {
        return code;
    }
    compose_args(&c, o, s->igvm);
    pid_t pid = child_start(&c.args, (const int[]){-1, STDERR_FILENO, STDERR_FILENO}, 3);
    if (pid < 0 || waitpid(pid, &status, 0) != pid) {
        return say_error(EXIT_LACKING, "free memory or processes", "cannot start %s: %s", c.program,
                         strerror(errno));
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return EXIT_FINE;
    }
    return say_error(EXIT_LACKING, "what it says names the cause; tools/svsm build makes all of it",
                     "no IGVM file was made of %s", o->image);
}

void snp_remove(struct snp *s)
{
    unlink(s->qmp);
    if (s->folder[0] != 0) {
        unlink(s->igvm);
        rmdir(s->folder);
        s->folder[0] = 0;
    }
}

void snp_args(struct args *a, struct snp_texts *t, const struct options *o, const char *igvm,
              const char *qemu, int line_fd)
{
    snprintf(t->program, sizeof(t->program), "%s/%s", o->tools, emulator_name);
    snprintf(t->smp, sizeof(t->smp), "%u", o->smp);
    qmp_argument(t->qmp, sizeof(t->qmp), o);
    args_add_all(a, (const char *const[]){t->program, "--igvm", igvm, "--memory", o->memory,
                                          "--smp", t->smp, "--qemu", qemu, NULL});
    if (options_own_guest(o) && o->timeout_given) {
        snprintf(t->timeout, sizeof(t->timeout), "%u", o->timeout);
        args_add_all(a, (const char *const[]){"--timeout", t->timeout, NULL});
    }
    args_add_all(a, (const char *const[]){"--", "-qmp", t->qmp, NULL});
    if (line_fd >= 0) {
        snprintf(t->line, sizeof(t->line), "socket,id=line,fd=%d", line_fd);
        args_add_all(a,
                     (const char *const[]){"-chardev", t->line, "-serial", "chardev:line", NULL});
    }
    args_add_all(a, (const char *const *)o->qemu_args);
}

/* In our process group, so that it may read the terminal and gets its Ctrl-C. */
static pid_t start_beside(const struct args *a)
{
    pid_t self = getpid();
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGINT, SIG_DFL);
        signal(SIGTERM, SIG_DFL);
        signal(SIGHUP, SIG_DFL);
        signal(SIGPIPE, SIG_DFL);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() == self) {
            execv(a->list[0], (char *const *)a->list);
        }
        _exit(127);
    }
    return pid;
}

int snp_follow(const struct snp *s, const struct options *o, const char *qemu,
               const volatile int *interrupted)
{
    struct args a = {0};
    struct snp_texts texts;
    int status = 0;
    int passed_on = 0; /* twice does no harm: the terminal may have sent it to both */
    snp_args(&a, &texts, o, s->igvm, qemu, -1);
    pid_t pid = a.full ? -1 : start_beside(&a);
    if (pid < 0) {
        return say_error(EXIT_LACKING, "free memory or processes, or give fewer arguments",
                         "cannot start %s", texts.program);
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        if (*interrupted != 0 && *interrupted != passed_on) {
            passed_on = *interrupted;
            kill(pid, passed_on);
        }
    }
    return WIFSIGNALED(status) ? EXIT_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
}
