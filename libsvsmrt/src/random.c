/* SPDX-License-Identifier: MIT */
/* Random bytes from ring 0, and the reseed functions of generators kept in rolled-back memory. */
#include "rt.h"

#include <svsm/random.h>

#define RESEEDS_MAX 4

static svsm_reseed *reseeds[RESEEDS_MAX];
static unsigned reseed_count;
static uint32_t generation_seen;

void svsm_random(void *dst, size_t size)
{
    uint8_t *p = dst;
    while (size > 0) {
        size_t part = size < SVSM_RANDOM_MAX ? size : SVSM_RANDOM_MAX;
        if (rt_syscall(SVSM_SYS_RANDOM, (uint64_t)(uintptr_t)p, part, 0, 0, 0, 0).rax !=
            SVSM_SUCCESS) {
            svsm_panic(1, "the CPU gives no entropy");
        }
        p += part;
        size -= part;
    }
}

void svsm_on_generation(svsm_reseed *function)
{
    if (reseed_count == RESEEDS_MAX) {
        svsm_panic(1, "too many reseed functions");
    }
    reseeds[reseed_count++] = function;
}

void rt_generation_seen(uint32_t generation)
{
    generation_seen = generation;
}

/* The number seen last lies in the state that is rolled back, so after a rollback it differs. */
void rt_generation(uint32_t generation)
{
    if (generation == generation_seen) {
        return;
    }
    generation_seen = generation;
    for (unsigned i = 0; i < reseed_count; i++) {
        reseeds[i]();
    }
}
