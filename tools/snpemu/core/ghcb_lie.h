/* SPDX-License-Identifier: MIT */
/* A host that lies: what ghcb.c and ghcb_msr.c ask before and behind an event. See lie.h. */
#pragma once
#include "ghcb_call.h"
#include "lie.h"

/* Who lies. */
struct ghcb_liar {
    struct lies lies;
    /* Which level of which vCPU made the VMGEXIT. */
    void (*where)(void *machine, uint8_t *vmpl, uint8_t *vcpu);
    /* Brings an effect about, now or at the end of the lie's instructions, and counts it. */
    void (*effect)(void *machine, const struct lie *lie);
    /* Counts one about an answer, which came about. */
    void (*told)(void *machine, const struct lie *lie);
};

/*
 * Before the event is looked at: effects, and requests taken for others. Returns how often it is to
 * be handled. All functions are fine without a liar.
 */
unsigned ghcb_lie_before(struct ghcb_call *call);

/* Behind it, when the answer is complete. False: it is not written back. */
bool ghcb_lie_after(struct ghcb_call *call);

/* The event has ended the guest, and there is no answer: what was told about the request counts. */
void ghcb_lie_ended(struct ghcb_call *call);

/* The same for the MSR protocol, whose request and response is state->msr. */
struct ghcb_msr_lie {
    struct lie_point point;
    struct lie_hits hits;
};
unsigned ghcb_lie_msr_before(struct ghcb_msr_lie *lie, struct ghcb_state *state,
                             const struct ghcb_config *config, void *machine);
/* request: what the guest wrote. */
void ghcb_lie_msr_after(const struct ghcb_msr_lie *lie, struct ghcb_state *state,
                        const struct ghcb_config *config, void *machine, uint64_t request,
                        struct ghcb_outcome *outcome);
