/* SPDX-License-Identifier: MIT */
/* A file in memory, from which nothing is read but through a check. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "structures are read as they lie");

struct bytes {
    const uint8_t *at;
    size_t size;
};

static inline bool bytes_has(struct bytes b, uint64_t offset, uint64_t len)
{
    return offset <= b.size && len <= b.size - offset;
}

/* False, and nothing read, if not all of it is there. */
static inline bool bytes_read(struct bytes b, uint64_t offset, void *out, size_t len)
{
    if (!bytes_has(b, offset, len)) {
        return false;
    }
    memcpy(out, b.at + offset, len);
    return true;
}
