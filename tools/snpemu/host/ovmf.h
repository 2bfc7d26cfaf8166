/* SPDX-License-Identifier: MIT */
/*
 * OVMF as firmware of an SNP guest: its table of GUIDs and SEV metadata, and from them the pages of
 * the launch as QEMU's SNP start has them and in its order. Says no to what QEMU refuses, and to
 * images that are not for SNP.
 */
#pragma once
#include <svsm/abi/ovmf.h>

#include "bytes.h"
#include "image.h"

#define OVMF_SECTIONS_MAX 64u
#define OVMF_SIZE_UNIT 0x10000u  /* QEMU takes no other sizes */
#define OVMF_SIZE_MAX 0x1000000u /* below it lie the APICs */

struct ovmf {
    uint32_t reset_eip; /* where QEMU starts the other vCPUs */
    uint32_t count;
    struct ovmf_metadata_section sections[OVMF_SECTIONS_MAX];
};

bool ovmf_read(struct bytes file, struct ovmf *ovmf, struct fail *f);

/* Adds the firmware, its sections and one save area for each vCPU. */
bool ovmf_launch(struct image *image, struct bytes file, uint64_t features, struct fail *f);
