/* SPDX-License-Identifier: MIT */
/* What a multiboot 1 loader tells: memory and command line. Pure parsing over copies. */
#pragma once
#include <cdefs.h>

#define MBINFO_MEMORY (1u << 0)
#define MBINFO_CMDLINE (1u << 2)
#define MBINFO_MAP (1u << 6)

/* The head of the loader's structure; the rest does not matter here. */
struct mbinfo {
    uint32_t flags;
    uint32_t mem_lower, mem_upper; /* KiB; upper counts from 1 MiB */
    uint32_t boot_device;
    uint32_t cmdline;
    uint32_t mods_count, mods_addr;
    uint32_t syms[4];
    uint32_t mmap_length, mmap_addr;
};
_Static_assert(sizeof(struct mbinfo) == 52, "multiboot information up to the memory map");

/* End of the usable memory that begins at or below `at` without a gap; 0 if `at` lies in none. */
[[nodiscard]] uint64_t mbinfo_map_end(const void *map, size_t size, uint64_t at);

/* The value of `name=` in a command line of words, or NULL. `len` tells its length. */
[[nodiscard]] const char *mbinfo_option(const char *line, const char *name, size_t *len);
