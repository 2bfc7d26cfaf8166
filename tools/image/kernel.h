/* SPDX-License-Identifier: MIT */
/* The kernel's ELF file, laid out as it lies in memory. A pure function over bytes. */
#pragma once
#include "elffile.h"
#include "file.h"

#define KERNEL_BASE_MIN UINT64_C(0x100000)
#define KERNEL_SPAN_MAX (UINT64_C(32) << 20)
#define KERNEL_VA UINT64_C(0xffffffff80000000) /* link address of physical address 0 */

struct kernel {
    uint64_t base;       /* physical address of the first byte, page aligned */
    struct bytes memory; /* up to the end of its bss, a multiple of the page size */
    bool snp;            /* for an SNP machine, not for a multiboot loader */
    uint64_t header;     /* offset in memory of its header */
    uint64_t location;   /* offset in memory of image_location */
    uint64_t entry_pa;
    uint64_t symbols_size; /* bytes used in kernel_symbols; 0 = none */
    struct elffile_sizes sizes;
};

/* `symbols`: fill kernel_symbols, if the kernel has it. kernel_free() afterwards in any case. */
[[nodiscard]] bool kernel_read(struct diag *d, const char *file, const void *bytes, size_t size,
                               bool symbols, struct kernel *out);
void kernel_free(struct kernel *k);
