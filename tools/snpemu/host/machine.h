/* SPDX-License-Identifier: MIT */
/*
 * QEMU with our hypervisor in it. The launch image, the debug console and the mailbox are file
 * descriptors that the child inherits: there is no path that another process could open, and
 * nothing to remove. The child ends when we end, however we end.
 */
#pragma once
#include <stddef.h>
#include <sys/types.h>

#include "options.h"

struct machine {
    pid_t pid;     /* 0: not running */
    int input;     /* to the guest's COM1, -1 when closed; all these are non-blocking */
    int console;   /* from it */
    int complaint; /* what QEMU itself says */
    int lines;     /* wire/lines.h */
    int mailbox;   /* wire/mailbox.h, both ways */
};

/* Bytes of RAM behind the guest's that the hypervisor needs for an image of this size. */
uint64_t machine_reserve(const struct options *o, uint64_t image_size);

/* Is there room for guest and hypervisor below q35's hole for PCI? */
enum exit_code machine_check(const struct options *o, uint64_t reserve, uint64_t image_size);

/* Print how it would be started. */
void machine_print(const struct options *o, const char *qemu, uint64_t reserve);

enum exit_code machine_start(struct machine *m, const struct options *o, const char *qemu,
                             uint64_t reserve, const void *image, size_t size);

/* Ends it if it runs. Returns its wait status. */
int machine_end(struct machine *m);
