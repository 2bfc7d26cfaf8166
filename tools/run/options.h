/* SPDX-License-Identifier: MIT */
/* The command line of svsm-run. */
#pragma once
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "say.h"

struct options {
    const char *qemu;     /* a path, or a name to look for in PATH */
    char image[PATH_MAX]; /* native: what -kernel boots; else the SVSM of the IGVM file */
    char map[PATH_MAX];   /* of the image, for svsm-symbolize */
    char tools[PATH_MAX]; /* the build's tools/ folder */
    char build[PATH_MAX]; /* the build */
    char tpm_socket[PATH_MAX];
    const char *memory;
    const char *igvm;                     /* an IGVM file that is there already, or NULL */
    const char *kernel, *initrd, *append; /* a Linux at VMPL2, or NULL */
    unsigned smp;
    unsigned timeout; /* seconds until the TPM must answer; of a guest of the user's, to its end */
    bool timeout_given; /* only then does such a guest have one */
    bool socket_given;
    bool native; /* a plain VM, not the emulated SNP machine */
    bool once, dry_run, icount, json, help;
    char **qemu_args; /* what stands behind --, NULL at the end */
};

/* EXIT_FINE, or the code to end with; what was wrong has been said. */
enum exit_code options_parse(struct options *o, char **argv);

/* The guest is the user's own: it has the console, and no line of ours leads to the TPM. */
static inline bool options_own_guest(const struct options *o)
{
    return o->igvm != NULL || o->kernel != NULL;
}

void options_usage(void);
