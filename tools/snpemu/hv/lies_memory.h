/* SPDX-License-Identifier: MIT */
/*
 * A host that moves pages of its guest, by RMPUPDATE and nested tables and nothing else. gpa is the
 * address of a page. False: the host cannot.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* It becomes the host's. */
bool lies_memory_unmap(uint64_t gpa);

/* Another page of memory comes behind it, assigned to the guest and not validated. */
bool lies_memory_remap(uint64_t gpa);

/* The page that was there before the first lies_memory_remap() comes back, as it was. */
bool lies_memory_back(uint64_t gpa);

/* What the guest shares with the host: 8 bytes at an offset that is a multiple of that. */
bool lies_memory_write(uint64_t gpa, uint32_t offset, uint64_t value);

/* The one of the two that is not there comes. */
bool lies_memory_exchange(uint64_t gpa);
