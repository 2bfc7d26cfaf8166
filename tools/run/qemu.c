/* SPDX-License-Identifier: MIT */
/*
 * QEMU as a child, or the emulator with QEMU in it. The line is one end of a socket pair, so there
 * is no path that another process could open, and nothing to remove. The child ends when we end,
 * however we end.
 */
#include "qemu.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "args.h"
#include "child.h"
#include "wait.h"

#define LINE_FD 3     /* COM2 in the child */
#define LINE_FD_SNP 9 /* the same for the emulator, which needs the ones before for itself */
#define FDS (SNP_CONTROL_FD + 1)
#define END_MS 3000
#define SMP_SIZE 16

static void args_build(struct args *a, char smp[SMP_SIZE], const struct options *o,
                       const char *path)
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
    snprintf(smp, SMP_SIZE, "%u", o->smp);
    args_add(a, path);
    args_add_all(a, fixed);
    args_add_all(a, (const char *const[]){"-m", o->memory, "-smp", smp, "-kernel", o->image, NULL});
    if (o->icount) {
        args_add_all(a, (const char *const[]){"-icount", "shift=0", NULL});
    }
    args_add_all(a, (const char *const *)o->qemu_args);
}

void qemu_print(const struct options *o, const char *path)
{
    struct args a = {0};
    struct snp_texts texts;
    char smp[SMP_SIZE];
    bool line = !options_own_guest(o);
    if (o->native) {
        args_build(&a, smp, o, path);
    } else {
        snp_print(o);
        snp_args(&a, &texts, o, o->igvm != NULL ? o->igvm : "FILE.igvm", path,
                 line ? LINE_FD_SNP : -1);
        snp_print_control(o);
    }
    if (line) {
        printf("# file descriptor %d is one end of a socket pair: the line to the TPM\n",
               o->native ? LINE_FD : LINE_FD_SNP);
    }
    args_print(&a);
}

enum exit_code qemu_start(struct qemu *q, const struct options *o, const struct snp *snp,
                          const char *path)
{
    struct args a = {0};
    struct snp_texts texts;
    char smp[SMP_SIZE];
    int console[2] = {-1, -1};
    int line[2] = {-1, -1};
    if (o->native) {
        args_build(&a, smp, o, path);
    } else {
        snp_args(&a, &texts, o, snp->igvm, path, LINE_FD_SNP);
    }
    if (a.full) {
        return say_error(EXIT_USAGE, "give fewer arguments behind --",
                         "more than %d arguments for QEMU", ARGS_MAX);
    }
    bool made = pipe2(console, O_CLOEXEC) == 0 &&
                socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, line) == 0;
    int fds[FDS] = {-1, console[1], console[1], -1, -1, -1, -1, -1, -1, -1, -1};
    fds[o->native ? LINE_FD : LINE_FD_SNP] = line[1];
    if (!o->native) {
        fds[SNP_CONTROL_FD] = snp->control.listener;
    }
    q->pid = made ? child_start(&a, fds, o->native ? LINE_FD + 1 : FDS) : -1;
    if (q->pid < 0) {
        q->pid = 0;
        return say_error(EXIT_LACKING, "free memory, processes or open files",
                         "cannot start QEMU: %s", strerror(errno));
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
