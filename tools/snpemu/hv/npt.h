/* SPDX-License-Identifier: MIT */
/*
 * Nested page tables of one (vCPU, VMPL), filled by the fault and emptied when the RMP changes.
 * Addresses carry the C-bit, so the two aliases of a page are two addresses here.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct npt {
    uint64_t root; /* physical */
};

#define NPT_READ 0x1u
#define NPT_WRITE 0x2u
#define NPT_EXECUTE 0x4u

/* How many levels tables have: that of the host's own. Before the first table. */
void npt_init(unsigned levels);

void npt_create(struct npt *npt);

/* Maps the page of address to a frame with rights NPT_*; 0 unmaps. */
void npt_map(struct npt *npt, uint64_t address, uint64_t frame, unsigned rights);

/* Maps physical memory from 0 on, at least bytes of it, to address on; both in pages of 1 GiB. */
void npt_map_all(struct npt *npt, uint64_t address, uint64_t bytes);

/* The rights that address is mapped with; 0: not mapped. */
unsigned npt_rights(const struct npt *npt, uint64_t address);

/* Unmaps count pages from address on. False: none of them was mapped. */
bool npt_unmap(struct npt *npt, uint64_t address, uint64_t count);
