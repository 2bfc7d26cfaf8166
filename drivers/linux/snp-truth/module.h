/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * The conformance list inside a running Linux. The kernel's own GHCB of the CPU is borrowed for one
 * step at a time, with interrupts off, and given back as it was: nothing is registered anew, so a
 * #VC in an NMI finds what it expects; it can spoil an answer, and nothing else.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct ghcb;
struct truth_insn; /* runner.h */

/* ghcb.c */
struct ghcb_loan {
    struct ghcb *ghcb;
    uint64_t gpa;
    unsigned long flags;
    uint8_t saved[4096];
};

/* False: this kernel's GHCB is not where it was looked for; interrupts are as they were. */
bool ghcb_borrow(struct ghcb_loan *loan);
void ghcb_give_back(struct ghcb_loan *loan);
/* Between the two: the MSR protocol, and VMGEXIT with the borrowed page. */
uint64_t ghcb_msr(uint64_t value);
void ghcb_exit(const struct ghcb_loan *loan);

/* insn.c */
void insn_run(unsigned int kind, struct truth_insn *insn);

/* pages.c: pages that belong to the module alone. */
struct pages {
    unsigned long private_pages, large_pages; /* as allocated: the blocks' second halves are used */
    unsigned long private_block, shared_block, large_block; /* of the direct map; 0: not there */
    void *mapped, *mapped_shared; /* the private ones, 4 KiB each, with and without the C-bit */
    bool shared_done, changed, lost;
};

int pages_get(struct pages *p);
uint64_t pages_place(const struct pages *p, unsigned int place, unsigned int index);
/* At VMPL0, with a GHCB borrowed for each: each page new, with an RMP entry of its own. */
bool pages_begin(struct pages *p);
/* As the kernel had them. What cannot be made so is never freed: then it is -EIO. */
int pages_put(struct pages *p);
bool pages_has_large(const struct pages *p);
