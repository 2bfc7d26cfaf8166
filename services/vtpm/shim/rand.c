/* SPDX-License-Identifier: MIT */
/*
 * Randomness. libtpms falls back to rand() seeded with the time if RAND_bytes() fails, so it never
 * fails: no entropy ends the task.
 */
#include "shim.h"

#include <string.h>

static WC_RNG rng;
static int rng_ready;

WC_RNG *shim_rng(void)
{
    if (!rng_ready) {
        if (wc_InitRng(&rng) != 0) {
            shim_fatal("no entropy for the random generator");
        }
        rng_ready = 1;
    }
    return &rng;
}

void shim_reseed(void)
{
    if (rng_ready) {
        (void)wc_FreeRng(&rng);
        rng_ready = 0;
    }
    (void)shim_rng();
}

int RAND_bytes(unsigned char *out, int size);
int RAND_bytes(unsigned char *out, int size)
{
    if (size < 0 || wc_RNG_GenerateBlock(shim_rng(), out, (word32)size) != 0) {
        shim_fatal("the random generator failed");
    }
    return 1;
}
