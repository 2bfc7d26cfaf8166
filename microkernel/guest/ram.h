/* SPDX-License-Identifier: MIT */
/*
 * What is the guest's RAM: the ranges of the measured launch page, and nothing else. The only place
 * that judges whether a guest may name an address at all. Pages have an index, without holes, which
 * is their place in the owner table (page.h); pages beside each other have indexes beside each
 * other.
 */
#pragma once
#include <cdefs.h>
#include <svsm/abi/snp_image.h>

/* Stops the machine where the ranges are not what snp_image.h promises: they were measured, so this
 * is our own mistake. [own_start, own_end) is VMPL0's. Returns how many pages there are. */
size_t ram_init(const struct snp_image_launch *launch, uint64_t own_start, uint64_t own_end);

/* The index of the first of `pages` pages from `gpa` on. false: not aligned to a page, or not all
 * of them are the guest's RAM. Any values. */
[[nodiscard]] bool ram_index(uint64_t gpa, uint64_t pages, size_t *index);
