/* SPDX-License-Identifier: MIT */
/*
 * The doorbell page of restricted injection (56421, HV doorbell): what the host would have injected
 * stands there, and #HV says that it does. Ring 0 wants none of it (decisions/0005): #HV is noted
 * and returns, so "no further signal" stays set and a host that keeps to the rules signals no more;
 * on its way to the guest ring 0 takes what is pending. So no #HV comes while another is handled.
 *
 * Pure but for doorbell_take(): tests and proofs compile the same lines.
 */
#pragma once
#include <cdefs.h>
#include <svsm/abi/ghcb.h>

#define DOORBELL_VECTOR_LEAST 31u /* lower ones are exceptions; the host has none to give */

/* What was pending, as far as it has a meaning. */
struct doorbell_events {
    uint8_t vector; /* an interrupt, DOORBELL_VECTOR_LEAST at least; 0: none */
    bool nmi, machine_check;
    bool wrong; /* something that the protocol does not have */
};

/* `pending`: VECTOR in bits 7:0, FLAGS in 15:8, read at once. */
[[nodiscard]] struct doorbell_events doorbell_decode(uint16_t pending);

/* Take all that is pending out of the page, "no further signal" as well. true: something was.
 * *eoi: the interrupt in *events wants an end of interrupt. */
[[nodiscard]] bool doorbell_take(struct ghcb_doorbell *page, struct doorbell_events *events,
                                 bool *eoi);
