/* SPDX-License-Identifier: MIT */
/* The emulated SNP machine as what boots the SVSM: its IGVM file, and how it is started. */
#pragma once
#include "args.h"
#include "options.h"
#include "socket.h"

/* An IGVM file that is there while we run. */
struct snp {
    char folder[PATH_MAX]; /* ours, or empty */
    char igvm[PATH_MAX];
    char qmp[PATH_MAX + 24]; /* QEMU's control socket, through which tools/svsm log reads */
    struct socket_name control;
};

/* The files that the user has named are there? What is wrong has been said. */
enum exit_code snp_check(const struct options *o);

/*
 * Makes the control socket, and composes the file or takes the user's. What is wrong has been said.
 * Then snp_remove().
 */
enum exit_code snp_make(struct snp *s, const struct options *o);
void snp_remove(struct snp *s);

/* What makes the file, quoted, on stdout; nothing where the user has one. */
void snp_print(const struct options *o);

/* The emulator's command line; `qemu` is a path. `smp`: room for a number. `line_fd`: the file
 * descriptor that it inherits as the guest's third serial port, or -1. It inherits the control
 * socket, too, which listens: QEMU would take a name from another that serves it. */
#define SNP_NUMBER 16
#define SNP_TEXT 64
#define SNP_CONTROL_FD 10
struct snp_texts {
    char program[PATH_MAX + 32], smp[SNP_NUMBER], timeout[SNP_NUMBER], line[SNP_TEXT],
        control[SNP_TEXT];
};
void snp_args(struct args *a, struct snp_texts *t, const struct options *o, const char *igvm,
              const char *qemu, int line_fd);

/* Where it listens, for who reads the command line. */
void snp_print_control(const struct options *o);

/* The user's own guest: it has our standard input and output. Its exit status. */
int snp_follow(const struct snp *s, const struct options *o, const char *qemu,
               const volatile int *interrupted);
