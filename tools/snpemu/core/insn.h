/* SPDX-License-Identifier: MIT */
/*
 * PVALIDATE, RMPADJUST and RMPQUERY as a CPU does them. Each has two halves with the translation of
 * RAX by the guest's page tables between them, which is the machine's: *_check() sees only
 * registers, the other the translated address. No locks: the caller serialises.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "rmp.h"

enum insn_outcome {
    INSN_DONE = 0, /* eax, and what else the instruction returns, is set; skip it (4 bytes) */
    INSN_UD,
    INSN_GP,     /* #GP(0) */
    INSN_NPF,    /* exit to the host with npf_info added to EXITINFO1; the guest retries */
    INSN_VC_404, /* #VC: page not validated */
    INSN_WALK,   /* of *_check(): go on with the translation */
};

struct insn_cpu {
    uint64_t features; /* SEV_FEATURES of the save area */
    uint32_t asid;
    uint8_t vmpl;
    uint8_t cpl;
    bool long64; /* 64-bit code */
    bool la57;   /* linear addresses of 57 bits */
};

/* How the guest's tables map RAX. */
struct insn_page {
    uint64_t gpa;   /* of RAX itself, without C-bit */
    uint64_t frame; /* RMP_NO_FRAME: no memory */
    bool private;   /* C-bit of the leaf */
    bool large;     /* the leaf is 2 MiB or more */
};

struct insn_result {
    enum insn_outcome outcome;
    uint32_t eax; /* SNP_SUCCESS, SNP_FAIL_* */
    bool cf;      /* PVALIDATE: no change */
    bool changed; /* entries changed: the caller unmaps pages frames from frame on */
    uint64_t pages;
    uint64_t rcx, rdx; /* RMPQUERY */
    uint64_t npf_info; /* VMEXIT NPF bits: RMP, SIZEM, VMPL */
    unsigned rule;     /* of rules.def */
};

enum insn_kind {
    INSN_NONE = 0,
    INSN_PVALIDATE,
    INSN_RMPADJUST,
    INSN_RMPQUERY,
    INSN_VMGEXIT,
    INSN_VMMCALL,
    INSN_INVLPGB,
    INSN_TLBSYNC,
    INSN_PSMASH,
    INSN_RMPUPDATE
};

/* Which instruction these bytes are; *length is its length. */
enum insn_kind insn_decode(const uint8_t *bytes, unsigned count, unsigned *length);

struct insn_result insn_pvalidate_check(const struct insn_cpu *cpu, uint64_t rax, uint32_t ecx,
                                        uint32_t edx);
struct insn_result insn_pvalidate(struct rmp *rmp, const struct insn_cpu *cpu,
                                  const struct insn_page *page, uint32_t ecx, uint32_t edx);
struct insn_result insn_rmpadjust_check(const struct insn_cpu *cpu, uint64_t rax, uint64_t rcx,
                                        uint64_t rdx);
struct insn_result insn_rmpadjust(struct rmp *rmp, const struct insn_cpu *cpu,
                                  const struct insn_page *page, uint64_t rcx, uint64_t rdx);
struct insn_result insn_rmpquery_check(const struct insn_cpu *cpu, uint64_t rax, uint64_t rdx);
struct insn_result insn_rmpquery(const struct rmp *rmp, const struct insn_cpu *cpu,
                                 const struct insn_page *page, uint64_t rdx);
