/* SPDX-License-Identifier: MIT */
/* A task's program: its ELF file as regions of the image area. A pure function over bytes. */
#pragma once
#include "elffile.h"
#include "file.h"
#include <svsm/abi/image.h>

struct program_region {
    uint64_t va; /* page aligned */
    uint32_t pages;
    uint32_t flags;      /* SVSM_REGION_* */
    uint32_t lead;       /* zero bytes before the file's */
    uint64_t bytes;      /* of initial contents, lead included */
    const uint8_t *data; /* bytes - lead bytes, inside the ELF file */
};

struct program {
    uint64_t entry;
    uint32_t region_count;
    struct program_region regions[SVSM_REGIONS_MAX];
    struct bytes symbols; /* symbols.h; empty if not asked for */
};

/* `bytes` must outlive the program. program_free() afterwards in any case. */
[[nodiscard]] bool program_read(struct diag *d, const char *file, const void *bytes, size_t size,
                                bool symbols, struct program *out);
void program_free(struct program *p);
