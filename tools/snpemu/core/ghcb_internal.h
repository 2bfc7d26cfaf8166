/* SPDX-License-Identifier: MIT */
/* What the files of the GHCB share. */
#pragma once
#include "ghcb.h"

/* One VMGEXIT, with everything it may look at and change. */
struct ghcb_call {
    struct ghcb_state *state;
    const struct ghcb_config *config;
    const struct ghcb_ops *ops;
    void *machine;
    struct ghcb *page; /* shared with the guest: each field is read once, into what follows */
    uint64_t gpa;
    uint64_t code, info1, info2, scratch;
    uint64_t rax, rbx, rcx, rdx; /* in, zero where not valid; out */
    uint64_t xcr0, xss;
    uint64_t out1, out2; /* SW_EXITINFO1 and 2 of the answer */
    uint8_t vmpl;
    struct ghcb_outcome outcome;
};

uint64_t ghcb_features(const struct ghcb_config *config);

/* One request of the MSR protocol: the answer is in state->msr. */
struct ghcb_outcome ghcb_msr_request(struct ghcb_state *state, const struct ghcb_config *config,
                                     const struct ghcb_ops *ops, void *machine);

/* One event of the page protocol. */
struct ghcb_outcome ghcb_event(struct ghcb_call *call);

/* The answers that are no success. */
void ghcb_malformed(struct ghcb_call *call, unsigned error); /* GHCB_ERROR_* */
void ghcb_io_result(struct ghcb_call *call, enum ghcb_io result);

/* `size` bytes of the shared buffer at SW_SCRATCH; NULL: answered as an invalid scratch area. */
uint8_t *ghcb_scratch(struct ghcb_call *call, uint64_t size);

void ghcb_page_state_change(struct ghcb_call *call);
