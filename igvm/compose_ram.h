/* SPDX-License-Identifier: MIT */
/* The map of the guest's memory that ring 0 is given (snp_image.h). */
#pragma once
#include <svsm/abi/snp_image.h>

#include "image.h"

/* Where q35's PCI configuration window begins; RAM ends before it. */
#define COMPOSE_RAM_END UINT64_C(0xb0000000)

/*
 * Fills launch->ram from the pages that the image has so far, which are the guest's: those are
 * validated, everything else in memory but the VGA window and VMPL0's [from, to) is to be.
 */
bool compose_ram(struct snp_image_launch *launch, const struct image *image, uint64_t from,
                 uint64_t to, struct fail *f);
