/* SPDX-License-Identifier: MIT */
/*
 * A stock Linux kernel (bzImage) as an SNP guest, without firmware, told by setup_data where its
 * secrets and CPUID pages are. Either on its own: entered in 64-bit mode, all memory validated; no
 * host starts guests so, and this is the shortest way to an SNP guest for tests. Or below an SVSM,
 * which fills those two pages, gives it a calling area and validates what the launch does not load.
 *
 * The layout, by address; the launch measures it in this order, save areas last:
 *   0        zero, up to the VGA window; the BIOS area C0000h to FFFFFh likewise
 *   LINUX_PAGES  2 MiB: what the kernel is told (below), then zero
 *   LINUX_KERNEL the part of the kernel for protected mode, then zero
 *   initrd   at the next 2 MiB behind what the kernel needs to unpack itself
 *   ...      zero, up to the end of memory
 * Zero pages are large where a whole 2 MiB is zero. Below an SVSM there are none: only LINUX_PAGES,
 * kernel and initrd are loaded, and the initrd lies behind the SVSM's memory if there is no room
 * before it.
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
#define LINUX_ENTRY (LINUX_PAGES + 0xa000)  /* linux_entry.h, below an SVSM */
#define LINUX_ENTRY_SIZE 0x1000u
#define LINUX_SECRETS (LINUX_PAGES + 0xd000)
#define LINUX_CPUID (LINUX_PAGES + 0xe000)
#define LINUX_CALLING_AREA (LINUX_PAGES + 0xf000) /* below an SVSM */
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

/* What a guest below an SVSM needs to know of it: memory that is not the guest's, on 2 MiB. */
struct linux_svsm {
    uint64_t from, to;
    uint64_t features; /* SEV_FEATURES of the guest's level */
    struct vmsa vmsa;  /* out: the first save area, but for the level */
};

/* Adds the pages that are loaded; no save area. */
bool linux_below(struct image *image, const struct linux_boot *boot, struct linux_svsm *svsm,
                 struct fail *f);

bool linux_launch(struct image *image, const struct linux_boot *boot, uint64_t features,
                  struct fail *f);
