/* SPDX-License-Identifier: MIT */
/*
 * The symbol table with which a back trace names functions without a host's help.
 *
 *   struct svsm_symbols                header
 *   struct svsm_symbol[count]          sorted by offset, no two alike
 *   char[names_size]                   zero-terminated names; the last byte is zero
 *
 * Functions, and global labels in code. The last entry is the end: its offset is the first byte
 * behind the last function, its name is empty. An address between two entries belongs to the
 * lower one.
 *
 * Where the tables are, in images that are not marked for release:
 *   - Each task's lies in the image's blob at svsm_image_task.symbols_offset (8-byte aligned);
 *     symbols_size == 0 means none.
 *   - Ring 0's is written by the image builder into the kernel's own object `kernel_symbols`:
 *       const union { struct svsm_symbols header; uint8_t bytes[N]; } kernel_symbols
 *     (8-byte aligned, in a section with contents, all zero as linked, read through a volatile
 *     or otherwise opaque pointer so that the compiler does not assume the zeros). It is valid
 *     from the first instruction on. magic == 0 means none. The builder says so if N is too small.
 *
 * A return address points behind the call: look up address - 1 for every frame but the first.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define SVSM_SYMBOLS_MAGIC UINT32_C(0x534d5953) /* "SYMS" */

struct svsm_symbols {
    uint32_t magic;
    uint32_t count;      /* entries, the end included; at least 1 */
    uint64_t base;       /* address that offsets count from */
    uint32_t names_size; /* bytes */
    uint32_t reserved;
};
_Static_assert(sizeof(struct svsm_symbols) == 24, "struct svsm_symbols");

struct svsm_symbol {
    uint32_t offset; /* of the function's first byte from base */
    uint32_t name;   /* index of its first character in the names */
};
_Static_assert(sizeof(struct svsm_symbol) == 8, "struct svsm_symbol");

/*
 * Does a table fit in the `size` bytes at `table` (8-byte aligned), and do its names end? The order
 * of entries is not looked at: a wrong order gives a wrong name, never an access outside.
 */
[[nodiscard]] static inline int svsm_symbols_sound(const void *table, size_t size)
{
    const struct svsm_symbols *t = (const struct svsm_symbols *)table;
    if (size < sizeof(*t) || t->magic != SVSM_SYMBOLS_MAGIC || t->count == 0) {
        return 0;
    }
    uint64_t entries = (uint64_t)t->count * sizeof(struct svsm_symbol);
    if (t->names_size == 0 || entries > size - sizeof(*t) ||
        t->names_size > size - sizeof(*t) - entries) {
        return 0;
    }
    return ((const char *)table)[sizeof(*t) + entries + t->names_size - 1] == 0;
}

/*
 * The function that `address` lies in, and how far into it; NULL if none or the table is unsound.
 * Pure; bounded: at most 32 steps.
 */
[[nodiscard]] static inline const char *svsm_symbols_find(const void *table, size_t size,
                                                          uint64_t address, uint64_t *offset)
{
    if (!svsm_symbols_sound(table, size)) {
        return NULL;
    }
    const struct svsm_symbols *t = (const struct svsm_symbols *)table;
    const struct svsm_symbol *entries = (const struct svsm_symbol *)(t + 1);
    const char *names = (const char *)(entries + t->count);
    uint64_t at = address - t->base;
    if (address < t->base || at < entries[0].offset || at >= entries[t->count - 1].offset) {
        return NULL;
    }
    uint32_t low = 0; /* entries[low].offset <= at < entries[high].offset */
    uint32_t high = t->count - 1;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (entries[middle].offset <= at) {
            low = middle;
        } else {
            high = middle;
        }
    }
    if (entries[low].name >= t->names_size || entries[low].offset > at) {
        return NULL;
    }
    *offset = at - entries[low].offset;
    return names + entries[low].name;
}
