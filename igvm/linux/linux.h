/* SPDX-License-Identifier: MIT */
/*
 * A stock Linux kernel (bzImage) as an SNP guest of its own, without firmware: entered in 64-bit
 * mode, all memory validated, and told by setup_data where its secrets and CPUID pages are. No host
 * starts guests so; this is the shortest way to an SNP guest for tests.
 *
 * The layout, by address; the launch measures it in this order, save areas last:
 *   0        zero, up to the VGA window; the BIOS area C0000h to FFFFFh likewise
 *   LINUX_PAGES  2 MiB: what the kernel is told (below), then zero
 *   LINUX_KERNEL the part of the kernel for protected mode, then zero
 *   initrd   at the next 2 MiB behind what the kernel needs to unpack itself
 *   ...      zero, up to the end of memory
 * Zero pages are large where a whole 2 MiB is zero.
 */
#pragma once
#include "bytes.h"
#include "image.h"

#define LINUX_KERNEL UINT64_C(0x1000000)
#define LINUX_PAGES UINT64_C(0x800000)

/* Within LINUX_PAGES. The kernel's first page tables map no more of these than their 2 MiB. */
#define LINUX_BOOT_PARAMS (LINUX_PAGES + 0x0000)
#define LINUX_CMDLINE (LINUX_PAGES + 0x1000)
#define LINUX_GDT (LINUX_PAGES + 0x2000)
#define LINUX_BLOB (LINUX_PAGES + 0x3000)   /* setup_data, cc_blob */
#define LINUX_TABLES (LINUX_PAGES + 0x4000) /* PML4, PDPT, four page directories */
#define LINUX_SECRETS (LINUX_PAGES + 0xd000)
#define LINUX_CPUID (LINUX_PAGES + 0xe000)
#define LINUX_ACPI (LINUX_PAGES + 0x10000)
#define LINUX_PAGES_END (LINUX_PAGES + 0x14000)

#define LINUX_CMDLINE_MAX 4095u

struct linux_boot {
    struct bytes kernel; /* a bzImage */
    struct bytes initrd; /* size 0: none */
    const char *cmdline;
};

/* What of the kernel's own header the launch needs. */
struct linux_kernel {
    uint32_t setup_size;  /* bytes of the file before the part for protected mode */
    uint32_t code_size;   /* of that part */
    uint32_t init_size;   /* memory that it needs from its start on */
    uint32_t initrd_last; /* highest address of an initrd's last byte */
    uint32_t cmdline_max;
    uint32_t header_end; /* in the file */
};

bool linux_read(struct bytes file, struct linux_kernel *kernel, struct fail *f);

bool linux_launch(struct image *image, const struct linux_boot *boot, uint64_t features,
                  struct fail *f);
