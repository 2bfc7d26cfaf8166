/* SPDX-License-Identifier: MIT */
/* What the fuzz targets share: bytes of the input one after another, and a check that is always on.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    const uint8_t *at, *end;
};

/* Zero when there is nothing left. */
static inline uint8_t input_byte(struct input *in)
{
    return in->at == in->end ? 0 : *in->at++;
}

static inline uint64_t input_number(struct input *in, unsigned bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; i++) {
        value = value << 8 | input_byte(in);
    }
    return value;
}

static inline void require(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "fuzz: broken: %s\n", what);
        abort();
    }
}
