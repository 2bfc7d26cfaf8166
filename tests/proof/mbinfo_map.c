/* SPDX-License-Identifier: MIT */
/*
 * The reader of the loader's memory map: for any bytes in place of it, a pass looks at none outside
 * of them; and all memory from the address asked for up to the end that it tells is usable, says
 * one entry of the map. mbinfo_map_end() repeats passes, each from the end that the one before
 * told.
 *
 * Assumes nothing of the map. Bound: maps of up to 50 bytes, which is two entries.
 */
#include <boot/mbinfo.c>
#include "proof.h"

#define BYTES 50u

/* Does a whole entry of the map, in the order in which they stand there, hold the address as
 * usable? */
static bool usable(const uint8_t *map, size_t size, uint64_t address)
{
    size_t offset = 0;
    bool found = false;
    while (size - offset >= sizeof(struct entry)) {
        struct entry e;
        memcpy(&e, map + offset, sizeof(e));
        if (e.size < sizeof(e) - sizeof(e.size) || e.size > size - offset - sizeof(e.size)) {
            break;
        }
        unsigned __int128 end = (unsigned __int128)e.base + e.length;
        found = found || (e.type == 1 && address >= e.base && address < end);
        offset += sizeof(e.size) + e.size;
    }
    return found;
}

int main(void)
{
    size_t size;
    uint64_t at, address;
    __CPROVER_assume(size <= BYTES);
    uint8_t *map = malloc(size);

    uint64_t end = pass(map, size, at);

    if (end == at) {
        REACH("not usable");
        return 0;
    }
    __CPROVER_assert(end > at, "never before the address");
    __CPROVER_assume(address >= at && address < end);
    __CPROVER_assert(usable(map, size, address), "usable without a gap");
    REACH("usable");
}
