/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: the ELF reader, as task and as kernel, with symbol tables; and the image reader on
 * the same bytes. What is accepted must lie where the encoder will copy it from.
 */
#include "flat.h"
#include "kernel.h"
#include "program.h"
#include <stdlib.h>
#include <string.h>
#include <svsm/abi/layout.h>
#include <svsm/abi/symbols.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void try_program(const uint8_t *data, size_t size)
{
    struct diag d = {0};
    struct program p;
    bool ok = program_read(&d, "fuzz", data, size, true, &p);
    require(ok == (d.errors == 0));
    for (uint32_t i = 0; ok && i < p.region_count; i++) {
        const struct program_region *r = &p.regions[i];
        require(r->va >= SVSM_IMAGE_VA && r->va + r->pages * SVSM_PAGE_SIZE <= SVSM_HEAP_VA);
        require(r->bytes <= r->pages * SVSM_PAGE_SIZE);
        if (r->bytes != 0) {
            require(r->data >= data && r->data + (r->bytes - r->lead) <= data + size);
        }
    }
    if (ok && p.symbols.size != 0) {
        require(svsm_symbols_sound(p.symbols.data, p.symbols.size) != 0);
    }
    program_free(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct diag d = {0};
    struct kernel k;
    struct flat f;
    uint8_t *copy = malloc(size + 1); /* aligned as files in memory are */
    if (copy == NULL) {
        return 0;
    }
    memcpy(copy, data, size);
    try_program(copy, size);
    require(kernel_read(&d, "fuzz", copy, size, true, &k) == (d.errors == 0));
    kernel_free(&k);
    d.errors = 0;
    require(flat_read(&d, "fuzz", copy, size, &f) == (d.errors == 0));
    free(copy);
    return 0;
}
