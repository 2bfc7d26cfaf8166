/* SPDX-License-Identifier: MIT */
/*
 * See snp.h. The IGVM file is composed anew for each run, since it names the memory and the vCPUs
 * of its machine; it lies in a folder of its own and goes with us.
 */
#include "snp.h"

#include <errno.h>
#include <fcntl.h>
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

/*
 * Beside the TPM's socket, so that one name leads to both. A guest of the user's has no TPM's
 * socket to guard the name: where another machine has it, and the user named none, it gets one of
 * its own.
 */
static void control_name(struct snp *s, const struct options *o)
{
    snprintf(s->qmp, sizeof(s->qmp), "%s.qmp", o->tpm_socket);
    if (options_own_guest(o) && !o->socket_given && socket_in_use(s->qmp)) {
        snprintf(s->qmp, sizeof(s->qmp), "%s.%d.qmp", o->tpm_socket, (int)getpid());
        say_note("another machine runs; of this one: tools/svsm log --qmp %s", s->qmp);
    }
}

static enum exit_code check_file(const char *option, const char *path)
{
    char mend[SNP_TEXT];
    snprintf(mend, sizeof(mend), "%s FILE names one that is there", option);
    if (path == NULL || access(path, R_OK) == 0) {
        return EXIT_FINE;
    }
    return say_error(EXIT_LACKING,
                     strcmp(option, "--igvm") == 0 ? "tools/svsm compose makes one" : mend,
                     "cannot read %s: %s", path, strerror(errno));
}

enum exit_code snp_check(const struct options *o)
{
    enum exit_code code = check_file("--igvm", o->igvm);
    if (code == EXIT_FINE) {
        code = check_file("--kernel", o->kernel);
    }
    if (code == EXIT_FINE) {
        code = check_file("--initrd", o->initrd);
    }
    return code == EXIT_FINE && o->igvm == NULL ? check_file("--image", o->image) : code;
}

void snp_print_control(const struct options *o)
{
    printf("# file descriptor %d listens at %s.qmp\n", SNP_CONTROL_FD, o->tpm_socket);
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

/* What it says names the cause, and the mend; where it cannot say anything, we do. */
static enum exit_code compose(const struct compose *c, const struct options *o)
{
    int status = 0;
    pid_t pid = child_start(&c->args, (const int[]){-1, STDERR_FILENO, STDERR_FILENO}, 3);
    if (pid < 0 || waitpid(pid, &status, 0) != pid) {
        return say_error(EXIT_LACKING, "free memory or processes", "cannot start %s: %s",
                         c->program, strerror(errno));
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_FINE) {
        return EXIT_FINE;
    }
    bool said = WIFEXITED(status) && WEXITSTATUS(status) <= EXIT_LACKING;
    return say_error(said && WEXITSTATUS(status) == EXIT_USAGE ? EXIT_USAGE : EXIT_LACKING,
                     said ? NULL : "tools/svsm build makes svsm-compose",
                     "no IGVM file was made of %s", o->image);
}

enum exit_code snp_make(struct snp *s, const struct options *o)
{
    struct compose c = {0};
    *s = (struct snp){.control.listener = -1};
    control_name(s, o);
    enum exit_code code = socket_make(&s->control, s->qmp, 1);
    if (code != EXIT_FINE) {
        return code;
    }
    if (o->igvm != NULL) {
        snprintf(s->igvm, sizeof(s->igvm), "%s", o->igvm);
        return EXIT_FINE;
    }
    code = folder_make(s);
    if (code != EXIT_FINE) {
        return code;
    }
    compose_args(&c, o, s->igvm);
    return compose(&c, o);
}

void snp_remove(struct snp *s)
{
    socket_remove(&s->control);
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
    snprintf(t->control, sizeof(t->control), "socket,id=control,fd=%d,server=on,wait=off",
             SNP_CONTROL_FD);
    args_add_all(a, (const char *const[]){t->program, "--igvm", igvm, "--memory", o->memory,
                                          "--smp", t->smp, "--qemu", qemu, NULL});
    if (options_own_guest(o) && o->timeout_given) {
        snprintf(t->timeout, sizeof(t->timeout), "%u", o->timeout);
        args_add_all(a, (const char *const[]){"--timeout", t->timeout, NULL});
    }
    args_add_all(a, (const char *const[]){"--", "-chardev", t->control, "-mon",
                                          "chardev=control,mode=control", NULL});
    if (line_fd >= 0) {
        snprintf(t->line, sizeof(t->line), "socket,id=line,fd=%d", line_fd);
        args_add_all(a,
                     (const char *const[]){"-chardev", t->line, "-serial", "chardev:line", NULL});
    }
    args_add_all(a, (const char *const *)o->qemu_args);
}

/* In our process group, so that it may read the terminal and gets its Ctrl-C. */
static pid_t start_beside(const struct args *a, int control)
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
        if (control == SNP_CONTROL_FD) {
            fcntl(control, F_SETFD, 0);
        } else {
            dup2(control, SNP_CONTROL_FD);
        }
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
    pid_t pid = a.full ? -1 : start_beside(&a, s->control.listener);
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
