/* SPDX-License-Identifier: MIT */
/* The command line of svsm-run. */
#pragma once
#include <limits.h>
#include <stdbool.h>

#include "say.h"

struct options {
    const char *qemu;     /* a path, or a name to look for in PATH */
    char image[PATH_MAX]; /* what -kernel boots */
    char map[PATH_MAX];   /* of the image, for svsm-symbolize */
    char build[PATH_MAX];
    char tools[PATH_MAX]; /* the build's tools/ folder */
    char tpm_socket[PATH_MAX];
    const char *memory;
    unsigned smp;
    unsigned timeout; /* seconds until the TPM must answer */
    bool once, dry_run, icount, json, help, native, timeout_given;
    /* A guest below the SVSM, in the emulated SNP machine: a kernel with what it takes, or an IGVM
     * file that is ready. All NULL: the native platform. */
    const char *kernel, *initrd, *append, *igvm;
    char **qemu_args; /* what stands behind --, NULL at the end */
};

/* EXIT_FINE, or the code to end with; what was wrong has been said. */
enum exit_code options_parse(struct options *o, char **argv);

/* Is there to be a guest below the SVSM? */
[[nodiscard]] bool options_guest(const struct options *o);

void options_usage(void);
