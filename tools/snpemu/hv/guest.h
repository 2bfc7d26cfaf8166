/* SPDX-License-Identifier: MIT */
/*
 * The guest's memory as the CPU sees it: translation by the guest's own page tables, and accesses
 * checked against the RMP as the level's own would be. For what the emulator does in the CPU's
 * place: SNP instructions, delivery of #VC, reading an instruction.
 */
#pragma once
#include "machine.h"

struct guest_mode {
    bool write;
    bool fetch;
    bool user; /* CPL 3's rights */
};

enum guest_result {
    GUEST_OK = 0,
    GUEST_PAGE_FAULT, /* error and va are those of the #PF */
    GUEST_NESTED,     /* the RMP refuses: access, verdict and rule say what */
};

struct guest_fault {
    uint32_t error;
    uint64_t va;
    struct rmp_access access;
    enum rmp_verdict verdict;
    unsigned rule;
};

struct guest_page {
    uint64_t gpa; /* of the address itself */
    uint64_t frame;
    uint64_t rights; /* of all entries together: bits 1, 2 and 63; of the last alone: 8 and 62:59 */
    unsigned shift;  /* of the page's size */
    bool private;
    bool large;
    bool dirty;
};

/* Translates; does not check the page that comes out of it. */
enum guest_result guest_walk(const struct level *level, uint64_t va, struct guest_mode mode,
                             struct guest_page *page, struct guest_fault *fault);

/* Does the RMP allow an access to what guest_walk() found? Also if not, fault->access is set. */
enum guest_result guest_check(const struct level *level, const struct guest_page *page,
                              struct guest_mode mode, struct guest_fault *fault);

/* Copies between a linear address and memory of ours; mode.write says in which direction. */
enum guest_result guest_copy(const struct level *level, uint64_t va, void *bytes, uint64_t size,
                             struct guest_mode mode, struct guest_fault *fault);

/* 64-bit code (not its compatibility mode). */
bool guest_long64(const struct vmsa *vmsa);

/* In long mode, whatever the code segment. */
bool guest_long(const struct vmsa *vmsa);

/*
 * The bytes at RIP, as many as can be had of count; how many goes into *had. Not GUEST_OK only if
 * there is none.
 */
enum guest_result guest_instruction(const struct level *level, uint8_t *bytes, unsigned count,
                                    unsigned *had, struct guest_fault *fault);

/*
 * Is this what is at RIP? Remembers where RIP's page was last, which may be out of date: false
 * means only that it has to be looked up, and bytes must not be ones that could be there by
 * accident.
 */
bool guest_executes(struct level *level, const uint8_t *bytes, unsigned count);

/* The byte at RIP as it is in memory, or NULL where the CPU could not execute it. */
uint8_t *guest_code_at(const struct level *level);
