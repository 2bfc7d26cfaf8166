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

/* Where the guest has its memory, in bytes: from 0 on, and from LAUNCH_RAM_HIGH on. The reserve is
 * the hypervisor's, behind the former. */
struct machine_memory {
    uint64_t low, high, reserve;
};

/*
 * With a launch image of this size. What does not fit below q35's hole for PCI goes above it, for
 * firmware, which finds it; other guests are told of one piece. Complains if there is no room.
 */
enum exit_code machine_plan(const struct options *o, uint64_t image_size,
                            struct machine_memory *memory);

/* Print how it would be started. */
void machine_print(const struct options *o, const char *qemu, const struct machine_memory *memory);

enum exit_code machine_start(struct machine *m, const struct options *o, const char *qemu,
                             const struct machine_memory *memory, const void *image, size_t size);

/* Ends it if it runs. Returns its wait status. */
int machine_end(struct machine *m);
