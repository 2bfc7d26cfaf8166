/* SPDX-License-Identifier: MIT */
/* The pages that tell a directly booted Linux what it has to know. */
#pragma once
#include "linux.h"

#define LINUX_LOW_END UINT64_C(0xa0000)
#define LINUX_BIOS UINT64_C(0xc0000)
#define LINUX_PARAMS_INITRD 0x218u /* in boot_params: address, then size, of 32 bits each */
#define LINUX_GDT_SIZE 32u
#define LINUX_HEADER_END_MAX 0x290u /* where boot_params goes on with other things */

/* Adds everything from LINUX_PAGES to LINUX_PAGES_END. */
struct linux_pages {
    const struct linux_boot *boot;
    const struct linux_kernel *kernel;
    uint64_t initrd;               /* its address, whatever its size */
    const struct linux_svsm *svsm; /* NULL: on its own */
};
bool linux_pages_add(struct image *image, const struct linux_pages *pages, struct fail *f);
