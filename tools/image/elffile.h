/* SPDX-License-Identifier: MIT */
/*
 * A static x86-64 ELF file in memory: what tasks and the kernel have in common. libelf reads it;
 * here stand the checks that make its answers safe to use.
 */
#pragma once
#include "diag.h"
#include <gelf.h>
#include <stdbool.h>
#include <stdint.h>

#define ELFFILE_SEGMENTS_MAX 16

struct elffile_segment {
    uint64_t va, pa;
    uint64_t file_size, memory_size; /* file_size <= memory_size, memory_size != 0 */
    uint32_t flags;                  /* PF_* */
    const uint8_t *data;             /* file_size bytes inside the file */
};

struct elffile_sizes {
    uint64_t text, rodata, data, bss;
};

struct elffile {
    const char *file;
    const uint8_t *bytes;
    size_t size;
    Elf *elf;
    uint64_t entry;
    uint64_t tls_size;
    uint32_t segment_count;
    struct elffile_segment segments[ELFFILE_SEGMENTS_MAX]; /* loadable ones, by address */
};

/* True: elffile_close() when done. `bytes` must stay. `what` ("task" or "kernel") for messages. */
[[nodiscard]] bool elffile_open(struct diag *d, const char *file, const void *bytes, size_t size,
                                const char *what, struct elffile *out);
void elffile_close(struct elffile *e);

/* The symbol's value and size; false if there is none. */
[[nodiscard]] bool elffile_symbol(const struct elffile *e, const char *name, GElf_Sym *out);

/* Where the segments' bytes belong, by their rights. */
[[nodiscard]] struct elffile_sizes elffile_sizes(const struct elffile *e);
