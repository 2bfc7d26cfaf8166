/* SPDX-License-Identifier: MIT */
/* Names of functions; the tables come with the image (abi/svsm/abi/symbols.h). */
#include <log/symbols.h>
#include <svsm/abi/symbols.h>
#include <task/image.h>

struct symbol symbols_find(const struct task *t, uint64_t address)
{
    const void *table = &kernel_symbols;
    size_t size = sizeof(kernel_symbols);
    if (t != NULL) {
        table = (const uint8_t *)image_header() + t->image->symbols_offset;
        size = t->image->symbols_size;
    }
    struct symbol s = {0};
    s.name = svsm_symbols_find(table, size, address, &s.offset);
    return s;
}
