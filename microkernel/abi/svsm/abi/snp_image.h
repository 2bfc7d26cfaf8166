/* SPDX-License-Identifier: MIT */
/*
 * The image as an SNP machine starts it: what the composer of the IGVM file and ring 0 agree on.
 * All of it is measured but for the two pages that the firmware fills.
 *
 *   SNP_IMAGE_BASE  + 0000h  secrets page (PSP_PAGE_SECRETS)
 *                   + 1000h  CPUID page (PSP_PAGE_CPUID)
 *                   + 2000h  struct snp_image_launch, one page (PSP_PAGE_NORMAL)
 *                   + 3000h  save area of the guest's first vCPU (PSP_PAGE_NORMAL; zero: no guest)
 *                   + 4000h  to SNP_IMAGE_KERNEL: not there, never touched
 *   SNP_IMAGE_KERNEL         struct snp_image_header, kernel and blob (PSP_PAGE_NORMAL)
 *   behind the blob          the pool (PSP_PAGE_NORMAL, zero), up to the end in the location
 *
 * Everything from SNP_IMAGE_BASE to the end of the pool belongs to VMPL0; all of it that is there
 * is validated by the launch. The guest's memory is what `ram` lists.
 *
 * The first vCPU starts at `entry` in 32-bit protected mode with paging off, flat segments, EFER
 * SVME alone, and nothing in its registers: the C-bit comes from the CPUID page.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* Not 2 MiB aligned where a save area is: an erratum of the CPU forbids that. */
#define SNP_IMAGE_BASE UINT64_C(0x8000000) /* 128 MiB: inside what the bootstrap tables map */
#define SNP_IMAGE_SECRETS (SNP_IMAGE_BASE + 0x0000)
#define SNP_IMAGE_CPUID (SNP_IMAGE_BASE + 0x1000)
#define SNP_IMAGE_LAUNCH (SNP_IMAGE_BASE + 0x2000)
#define SNP_IMAGE_GUEST_VMSA (SNP_IMAGE_BASE + 0x3000)
#define SNP_IMAGE_KERNEL (SNP_IMAGE_BASE + 0x10000)

#define SNP_IMAGE_MAGIC UINT64_C(0x31504e534d565353) /* "SSVMSNP1" */
#define SNP_IMAGE_VERSION 1u

/* At the very start of the flat image (systems/NAME.bin of the kernel for SNP). */
struct snp_image_header {
    uint64_t magic;
    uint32_t version;
    uint32_t entry;     /* physical address of the 32-bit prelude */
    uint64_t load;      /* where this header lies: SNP_IMAGE_KERNEL */
    uint64_t image_end; /* end of the blob, page aligned; filled in by the image builder */
    uint64_t pool_end;  /* end of the pool, page aligned; filled in by the image builder */
    uint64_t blob;      /* struct svsm_image_header; filled in by the image builder */
    uint64_t bss; /* first byte of the kernel's zero data, which the flat image holds as zero */
    uint64_t reserved;
};
_Static_assert(sizeof(struct snp_image_header) == 64, "struct snp_image_header");

#define SNP_IMAGE_LAUNCH_MAGIC UINT64_C(0x31484e55414c5653) /* "SVLAUNH1" */
#define SNP_IMAGE_RAM_MAX 16u
#define SNP_IMAGE_GUEST_VMPL 2u

/* What ring 0 does with a range of the guest's memory before the guest starts. */
#define SNP_IMAGE_RAM_VALIDATED 1u /* the launch has put pages there, and only there: grant */
#define SNP_IMAGE_RAM_VALIDATE 2u  /* validate, clear, grant (2 MiB pages with 4 KiB fallback) */
#define SNP_IMAGE_RAM_LEAVE 3u     /* the guest's, by its own PVALIDATE calls */

struct snp_image_ram {
    uint64_t gpa;  /* page aligned */
    uint64_t size; /* bytes, whole pages; never in VMPL0's range, never overlapping, ascending */
    uint32_t kind; /* SNP_IMAGE_RAM_* */
    uint32_t reserved;
};
_Static_assert(sizeof(struct snp_image_ram) == 24, "struct snp_image_ram");

/* Flags. A release image has none of them: it prints nothing but a reason for its end. */
#define SNP_IMAGE_CONSOLE 1u /* development: ring 0 and tasks print to the host's serial port */
#define SNP_IMAGE_GUEST 2u   /* SNP_IMAGE_GUEST_VMSA holds one: run it when tasks are ready */

struct snp_image_launch {
    uint64_t magic;
    uint32_t version;
    uint32_t flags;
    uint32_t vcpu_count;     /* of the SVSM: at most what it was built for */
    uint32_t ram_count;      /* of `ram` */
    uint64_t guest_secrets;  /* GPA of the guest's secrets page, inside `ram`; 0: it has none */
    uint64_t guest_cpuid;    /* GPA of the guest's CPUID page, or 0 */
    uint64_t guest_caa;      /* GPA of its first calling area, or 0 */
    uint64_t guest_features; /* SEV_FEATURES of the guest's save areas (SNP_FEATURE_*) */
    uint64_t reserved[2];
    struct snp_image_ram ram[SNP_IMAGE_RAM_MAX];
};
_Static_assert(offsetof(struct snp_image_launch, ram) == 72, "struct snp_image_launch");
_Static_assert(sizeof(struct snp_image_launch) == 72 + 24 * 16, "struct snp_image_launch");
