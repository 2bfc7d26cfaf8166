/* SPDX-License-Identifier: MIT */
/*
 * The flat file: kernel and blob as one piece of memory, with a Multiboot header or, for an SNP
 * machine, that of abi/snp_image.h. Written by `build`, read back
 * with strict checks by `report`. Pure functions over bytes.
 */
#pragma once
#include "diag.h"
#include "file.h"
#include "kernel.h"
#include <svsm/abi/image.h>

#define FLAT_SPAN_MAX (UINT64_C(128) << 20) /* kernel, blob and pool */

struct flat {
    uint64_t base;                          /* physical address of the first byte */
    uint64_t size;                          /* of the file */
    uint64_t entry;                         /* physical */
    bool snp;                               /* for an SNP machine */
    struct svsm_image_location location;    /* as ring 0 sees it */
    const uint8_t *blob;                    /* location.size bytes */
    const struct svsm_image_header *header; /* the same */
};

/* free(out->data) afterwards. */
[[nodiscard]] bool flat_build(struct diag *d, const struct kernel *k, const struct bytes *blob,
                              struct bytes *out);

/* `bytes` (8-byte aligned) must stay as long as *out is used. */
[[nodiscard]] bool flat_read(struct diag *d, const char *file, const void *bytes, size_t size,
                             struct flat *out);
