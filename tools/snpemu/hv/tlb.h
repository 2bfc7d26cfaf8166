/* SPDX-License-Identifier: MIT */
/*
 * The TLB of a vCPU with --tlb keep. QEMU empties its own at each entry and exit, so the guest runs
 * on tables of ours that stand for a TLB without end: filled from the guest's tables by the fault,
 * emptied by what flushes a TLB and by nothing else. The guest's CR3 keeps its value; nested tables
 * put the TLB's root where CR3 points, and all of memory at an address that no guest has.
 *
 * Kept are translations of 64-bit paging with CR0.WP and EFER.NXE; any other mode runs on its own
 * tables.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "npt.h"

struct level;
struct vcpu;

#define TLB_TABLES 1024u

struct tlb {
    const struct level *owner; /* whose translations these are; NULL: nobody's */
    struct npt nested;
    uint64_t pool;     /* physical, TLB_TABLES pages; 0: not made yet */
    uint64_t root_gpa; /* where nested tables have the first */
    uint32_t used;
    uint32_t levels;
    bool gib;                  /* has a part of a page of 1 GiB */
    uint8_t kinds[TLB_TABLES]; /* of tables */
};

/* Before an entry: true if the level runs on its vCPU's TLB, whose nested tables are chosen then.
 */
bool tlb_enter(struct level *level);

/* The level's save area is another: what its vCPU has kept for it is gone. */
void tlb_drop(const struct level *level);

/* Exits that are only there with --tlb keep. False: it is another. */
bool tlb_exit(struct level *level, uint64_t code);

/* By the vCPU itself or, once it has left its guest, for it. Global translations too, or not. */
void tlb_flush(struct vcpu *vcpu, bool global);
void tlb_flush_page(struct vcpu *vcpu, uint64_t va, bool global);

/* The host takes frames away, which no TLB survives. False: none of them was there. */
bool tlb_forget(struct vcpu *vcpu, uint64_t frame, uint64_t count);
