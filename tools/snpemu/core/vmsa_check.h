/* SPDX-License-Identifier: MIT */
/*
 * What VMRUN checks of a save area before it runs, and how an intercept reaches its owner.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <svsm/abi/vmsa.h>
#include "rmp.h"

struct vmsa_limits {
    uint64_t allowed_features; /* SEV_FEATURES of the machine */
    uint32_t asid;
    uint64_t tsc_scale; /* of areas with Secure TSC */
    uint64_t tsc_offset;
    uint8_t phys_bits; /* of addresses with the C-bit */
    bool la57;         /* the CPU has five levels of tables */
};

/*
 * 0: runs; else the rule of rules.def that makes VMRUN fail: with BUSY for RULE_VMSA_BUSY, with
 * INVALID for all others. entry is that of the area's frame, or NULL; the caller marks it
 * RMP_IN_USE after this check. vmpl is the level that the host means to run.
 */
unsigned vmsa_check(const struct vmsa *vmsa, const struct rmp_entry *entry, uint8_t vmpl,
                    const struct vmsa_limits *limits);

/* The same of the event that the host injects, SVM_EVENT_* or 0. */
unsigned vmsa_check_event(const struct vmsa *vmsa, uint64_t event);

enum exit_class {
    EXIT_AUTOMATIC, /* goes to the host, state saved */
    EXIT_VC,        /* #VC in the guest with this code */
};
enum exit_class exit_class(uint64_t exit_code, uint64_t features);

/* The code's name as the manuals have it, for traces; NULL if there is none. */
const char *exit_name(uint64_t exit_code);
