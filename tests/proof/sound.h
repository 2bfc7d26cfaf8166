/* SPDX-License-Identifier: MIT */
/*
 * What one part of ring 0 promises to the others: a proof about the first asserts these, proofs
 * about the others assume them.
 */
#pragma once
#include <stdbool.h>
#include <svsm/abi/image.h>
#include <svsm/abi/layout.h>

/* image_check() takes no larger tables than these. */
#define SOUND_HANDLES_MAX 1024u

/* Entries [first, first + count) lie in a table of `all`. */
static inline bool sound_slice(uint64_t first, uint64_t count, uint64_t all)
{
    return first + count <= all;
}
