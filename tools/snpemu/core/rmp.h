/* SPDX-License-Identifier: MIT */
/*
 * The reverse map: one entry for each frame of system memory that a guest can own, and the check
 * that hardware makes on each access. No locks: the caller serialises.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <svsm/abi/snp.h>
#include <svsm/abi/snp_host.h>

#define RMP_ASSIGNED 0x01u
#define RMP_VALIDATED 0x02u
#define RMP_IMMUTABLE 0x04u
#define RMP_VMSA 0x08u
#define RMP_LARGE 0x10u  /* in all 512 entries of a 2 MiB page */
#define RMP_IN_USE 0x20u /* the VMSA of a vCPU that runs now */

struct rmp_entry {
    uint64_t gpa;             /* page aligned */
    uint32_t asid;            /* 0: the hypervisor's */
    uint8_t flags;            /* RMP_* */
    uint8_t perms[SNP_VMPLS]; /* SNP_PERM_*; [0] is always full for an assigned page */
};

/* Frames first to first + count - 1; outside of it there is no memory a guest can own. */
struct rmp {
    struct rmp_entry *entries;
    uint64_t first;
    uint64_t count;
};

struct rmp_access {
    uint64_t gpa;   /* without C-bit */
    uint64_t frame; /* system frame behind it; RMP_NO_FRAME: none */
    uint32_t asid;
    uint8_t vmpl;
    bool private; /* C=1, or a walk or a fetch */
    bool write;
    bool fetch;
    bool user; /* CPL 3; counts for a fetch */
};
#define RMP_NO_FRAME (~UINT64_C(0))

enum rmp_verdict {
    RMP_OK = 0,
    RMP_MMIO,          /* shared, and no memory there: #VC 400h */
    RMP_NOT_VALIDATED, /* #VC 404h */
    RMP_OWNERSHIP,     /* exit: private access to a page that is not this guest's at this address */
    RMP_SHARED,        /* exit: shared access to an assigned page */
    RMP_VMPL_DENIED,   /* exit: the level lacks the permission */
    RMP_VMSA_WRITE,    /* exit: write to a VMSA that runs, or of a lower level to any VMSA */
};

void rmp_init(struct rmp *rmp, struct rmp_entry *entries, uint64_t first, uint64_t count);

/* The entry of a frame, or NULL. */
struct rmp_entry *rmp_entry_of(const struct rmp *rmp, uint64_t frame);

/* What hardware says to an access; *rule is the rule of rules.def behind it. */
enum rmp_verdict rmp_access(const struct rmp *rmp, const struct rmp_access *access, unsigned *rule);

/*
 * Rights that may be put into a nested table for this VMPL, alias and frame, so that no later check
 * is needed until the entry changes: SNP_PERM_*, 0 for none.
 */
uint8_t rmp_rights(const struct rmp *rmp, uint64_t gpa, uint64_t frame, uint32_t asid, uint8_t vmpl,
                   bool private);

/* The host's instructions. Return SNP_SUCCESS or SNP_FAIL_*. */
uint32_t rmp_update(struct rmp *rmp, uint64_t frame, const struct snp_rmp_state *state);
uint32_t rmp_psmash(struct rmp *rmp, uint64_t frame);

/*
 * The firmware at launch: a page that is assigned, immutable and not validated becomes validated
 * and mutable, with these permissions. A large entry changes as a whole and is no VMSA. Returns as
 * above.
 */
uint32_t rmp_launch(struct rmp *rmp, uint64_t frame, bool vmsa, const uint8_t perms[3]);
