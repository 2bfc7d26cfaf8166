/* SPDX-License-Identifier: MIT */
/* What came from the TPM's random generator, on any vCPU: none may come twice. See ../model.h. */
/* SAFETY: the table is memory of this test; a lock keeps the vCPUs apart. */
#include "guest.h"

#define SLOTS (UINT64_C(1) << 17)
#define SLOTS_USED_MAX (SLOTS / 2)
#define TABLE ((volatile uint64_t *)LARGE)

uint64_t model_randoms, model_repeats;
static bool locked;

/* The first half of an output stands for it: by chance two of as many as there is room for have the
 * same one time in 2^32. */
static uint64_t first_word(const uint8_t *bytes)
{
    uint64_t word = (uint64_t)bytes_get32(bytes) << 32 | bytes_get32(bytes + 4);

    return word | 1; /* 0 is a slot that is free */
}

static bool note(uint64_t word)
{
    uint64_t slot = word * UINT64_C(0x9e3779b97f4a7c15) >> (64 - 17);

    for (; TABLE[slot] != 0; slot = (slot + 1) % SLOTS) {
        if (TABLE[slot] == word) {
            return false;
        }
    }
    if (model_randoms < SLOTS_USED_MAX) {
        TABLE[slot] = word;
        model_randoms++;
    }
    return true;
}

const char *model_note_random(const uint8_t *bytes)
{
    while (__atomic_test_and_set(&locked, __ATOMIC_ACQUIRE)) {
        cpu_pause();
    }
    bool fresh = note(first_word(bytes));
    model_repeats += !fresh;
    __atomic_clear(&locked, __ATOMIC_RELEASE);
    return fresh ? NULL : "random bytes came a second time";
}
