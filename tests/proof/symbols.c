/* SPDX-License-Identifier: MIT */
/*
 * svsm_symbols_find(): for any bytes in place of a symbol table it looks at none outside of them;
 * and what it finds is a name in the table that ends there, with the address's distance from an
 * entry at or below it. If the entries ascend, no entry lies between: it is the right function, and
 * it is found.
 *
 * Assumes nothing of the table. Bound: up to four entries and twelve bytes of names.
 */
#include "proof.h"
#include <svsm/abi/symbols.h>

#define ENTRIES 4u
#define BYTES (sizeof(struct svsm_symbols) + ENTRIES * sizeof(struct svsm_symbol) + 12)

int main(void)
{
    size_t size;
    uint64_t address, offset;
    __CPROVER_assume(size <= BYTES);
    uint8_t *table = malloc(size);
    const struct svsm_symbols *t = (const void *)table;
    __CPROVER_assume(size < sizeof(*t) || t->count <= ENTRIES || t->count > size);

    const char *name = svsm_symbols_find(table, size, address, &offset);

    if (size < sizeof(*t) || t->magic != SVSM_SYMBOLS_MAGIC) {
        __CPROVER_assert(name == NULL, "no table, no name");
        REACH("no table");
        return 0;
    }
    const struct svsm_symbol *e = (const void *)(table + sizeof(*t));
    if (name == NULL) {
        REACH("not found");
    } else {
        const char *names = (const char *)(e + t->count);
        __CPROVER_assert(name >= names && name < names + t->names_size, "a name of the table");
        __CPROVER_assert(names[t->names_size - 1] == 0, "that ends in it");
        uint32_t n, other;
        __CPROVER_assume(other < t->count);
        __CPROVER_assert(address - t->base - offset <= UINT32_MAX, "counted from an entry");
        bool ascend = true;
        for (uint32_t i = 1; i < t->count; i++) {
            ascend = ascend && e[i - 1].offset < e[i].offset;
        }
        uint64_t at = address - t->base;
        uint64_t begin = at - offset;
        __CPROVER_assert(address >= t->base && offset <= at, "not above the address");
        if (ascend) {
            __CPROVER_assert(e[other].offset <= begin || e[other].offset > at, "the nearest entry");
            __CPROVER_assert(at < e[t->count - 1].offset, "not behind the last function");
            REACH("found");
        }
    }
}
