/* SPDX-License-Identifier: MIT */
#include "npt.h"
#include "memory.h"
#include "stop.h"

#define ENTRY_PRESENT UINT64_C(0x01)
#define ENTRY_WRITE UINT64_C(0x02)
#define ENTRY_USER UINT64_C(0x04) /* nested walks count as user accesses */
#define ENTRY_LARGE UINT64_C(0x80)
#define ENTRY_NX (UINT64_C(1) << 63)
#define ENTRY_ADDRESS UINT64_C(0x000ffffffffff000)
#define INDEX_BITS 9
#define INDEX_MASK 0x1ffu
#define TABLE_PAGES 512u
#define LEVEL_1G 2u
#define SIZE_1G (UINT64_C(1) << 30)

static unsigned top; /* number of the uppermost level; leaves are at level 0 */

void npt_init(unsigned levels)
{
    top = levels - 1;
}

void npt_create(struct npt *npt)
{
    npt->root = memory_pages(1);
}

static uint64_t *slot(uint64_t table, uint64_t address, unsigned level)
{
    uint64_t *entries = memory_at(table & ENTRY_ADDRESS);

    return &entries[address >> (PAGE_SHIFT + INDEX_BITS * level) & INDEX_MASK];
}

/* An entry of level `to`, or NULL if a table above it is missing and none is to be made. */
static uint64_t *entry_at(const struct npt *npt, uint64_t address, bool make, unsigned to)
{
    uint64_t *entry = slot(npt->root, address, top);

    for (unsigned level = top; level > to; level--) {
        if (*entry == 0) {
            if (!make) {
                return NULL;
            }
            *entry = memory_pages(1) | ENTRY_PRESENT | ENTRY_WRITE | ENTRY_USER;
        }
        entry = slot(*entry, address, level - 1);
    }
    return entry;
}

static uint64_t *leaf(const struct npt *npt, uint64_t address, bool make)
{
    return entry_at(npt, address, make, 0);
}

void npt_map_all(struct npt *npt, uint64_t address, uint64_t bytes)
{
    for (uint64_t at = 0; at < bytes; at += SIZE_1G) {
        *entry_at(npt, address + at, true, LEVEL_1G) =
            at | ENTRY_PRESENT | ENTRY_WRITE | ENTRY_USER | ENTRY_LARGE;
    }
}

void npt_map(struct npt *npt, uint64_t address, uint64_t frame, unsigned rights)
{
    uint64_t *entry = leaf(npt, address, rights != 0);

    if (rights == 0) {
        if (entry != NULL) {
            *entry = 0;
        }
        return;
    }
    CHECK(entry != NULL && (rights & NPT_READ));
    *entry = frame << PAGE_SHIFT | ENTRY_PRESENT | ENTRY_USER |
             (rights & NPT_WRITE ? ENTRY_WRITE : 0) | (rights & NPT_EXECUTE ? 0 : ENTRY_NX);
}

unsigned npt_rights(const struct npt *npt, uint64_t address)
{
    const uint64_t *entry = leaf(npt, address, false);

    if (entry == NULL || !(*entry & ENTRY_PRESENT)) {
        return 0;
    }
    return NPT_READ | (*entry & ENTRY_WRITE ? NPT_WRITE : 0) |
           (*entry & ENTRY_NX ? 0 : NPT_EXECUTE);
}

bool npt_unmap(struct npt *npt, uint64_t address, uint64_t count)
{
    uint64_t any = 0;

    while (count > 0) {
        uint64_t *entry = leaf(npt, address, false);
        uint64_t left = TABLE_PAGES - (address >> PAGE_SHIFT & INDEX_MASK);
        uint64_t now = count < left ? count : left;

        for (uint64_t i = 0; entry != NULL && i < now; i++) {
            any |= entry[i];
            entry[i] = 0;
        }
        address += now * PAGE_SIZE;
        count -= now;
    }
    return any != 0;
}
