/* SPDX-License-Identifier: MIT */
/* QEMU as a child: found, judged, started, ended. */
#pragma once
#include <sys/types.h>

#include "options.h"
#include "snp.h"

struct qemu {
    pid_t pid;   /* 0: not running */
    int console; /* what COM1 and QEMU or the emulator say; non-blocking */
    int line;    /* the line to the TPM, both ways; non-blocking */
};

/* Print how it would be started. */
void qemu_print(const struct options *o, const char *path);

/* `path`: of QEMU; `snp`: what the emulated machine boots, unless it is the native platform. */
enum exit_code qemu_start(struct qemu *q, const struct options *o, const struct snp *snp,
                          const char *path);

/* Ends it if it runs. Returns its wait status. */
int qemu_end(struct qemu *q);
