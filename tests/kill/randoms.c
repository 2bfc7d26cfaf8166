/* SPDX-License-Identifier: MIT */
/* What came from the TPM's random generator, kept in the heap of the driver. See model.h. */
#include "model.h"
#include "../tasks/raw.h"

uint64_t model_randoms, model_repeats;

/* SAFETY: of the cast: the task's heap. */
#define RANDOMS_MAX (UINT64_C(2) * 1024 * 1024 / DIGEST)
static uint8_t (*const randoms)[DIGEST] = (uint8_t(*)[DIGEST])SVSM_HEAP_VA;

const char *model_note_random(const uint8_t *bytes)
{
    for (uint64_t i = 0; i < model_randoms; i++) {
        if (bytes_equal(randoms[i], bytes, DIGEST)) {
            model_repeats++;
            return "random bytes came a second time";
        }
    }
    if (model_randoms < RANDOMS_MAX) {
        memcpy(randoms[model_randoms++], bytes, DIGEST);
    }
    return NULL;
}
