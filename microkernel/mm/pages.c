/* SPDX-License-Identifier: MIT */
/*
 * Page tables, 4 KiB pages only. Upper levels grant what any page below may need (the rights are
 * in the last level), except that the kernel half is never open to CPL 3 at any level.
 */
#include <mm/mm.h>
#include <cpu/cpu.h>

ROINIT uint64_t pages_private;

static unsigned index_of(uint64_t va, unsigned level)
{
    return (unsigned)(va >> (12 + 9 * level) & 511);
}

static struct table *below(struct table *t, unsigned i, uint64_t flags, bool make)
{
    uint64_t *e = &AT(t->entries, i);
    if ((*e & PTE_PRESENT) == 0) {
        if (!make) {
            return NULL;
        }
        *e = pool_take(1).value | pages_private | PTE_PRESENT | PTE_WRITE | PTE_ACCESSED |
             (flags & PTE_USER);
    }
    CHECK((*e & PTE_LARGE) == 0);
    return boot_map(pages_pa(*e));
}

static uint64_t *find(pa_t root, uint64_t va, uint64_t flags, bool make)
{
    struct table *t = boot_map(root);
    for (unsigned level = 3; level > 0 && t != NULL; level--) {
        t = below(t, index_of(va, level), flags, make);
    }
    return t == NULL ? NULL : &AT(t->entries, index_of(va, 0));
}

uint64_t *pages_entry(pa_t root, uint64_t va)
{
    return find(root, va, 0, false);
}

static void map(pa_t root, uint64_t va, pa_t pa, uint64_t flags)
{
    uint64_t *e = find(root, va, flags, true);
    CHECK(e != NULL && (*e & PTE_PRESENT) == 0);
    CHECK((pa.value & (~PTE_ADDRESS | pages_private)) == 0);
    *e = pa.value | flags | PTE_PRESENT | PTE_ACCESSED;
}

void pages_map(pa_t root, uint64_t va, pa_t pa, uint64_t flags)
{
    map(root, va, pa, flags | pages_private);
}

void pages_map_shared(pa_t root, uint64_t va, pa_t pa, uint64_t flags)
{
    map(root, va, pa, flags);
}
