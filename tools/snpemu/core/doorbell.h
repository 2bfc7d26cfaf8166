/* SPDX-License-Identifier: MIT */
/*
 * Restricted injection: what a host may tell a level, and how. It writes what is pending into the
 * level's doorbell page, which both sides change at any time, and raises #HV if NoFurtherSignal is
 * clear, which it then sets. Facts: the AMD specification of the GHCB as guests and KVM's patches
 * have it; confidence in rules.def.
 */
#pragma once
#include "apic.h"
#include "ghcb.h"

/*
 * The level's doorbell page. NULL: it has none, and *rule is 0, or the host cannot reach it any
 * more, for the reason *rule.
 */
struct ghcb_doorbell *doorbell_page(const struct ghcb_state *state, const struct ghcb_ops *ops,
                                    void *machine, unsigned *rule);

/*
 * Writes what waits. With replaces, a vector that the guest has not taken yet makes way for one of
 * higher priority; else it keeps all others out.
 */
void doorbell_offer(struct ghcb_doorbell *page, struct apic *apic, bool replaces);

/*
 * An interrupt of another level, 1 to 3. False: it has to wait, since the page has room for one
 * that is level-sensitive.
 */
bool doorbell_extended(struct ghcb_doorbell *page, struct apic *apic, uint8_t vmpl, uint8_t vector,
                       bool level_sensitive);

/* The vectors that are there, taken out of it; bit n of word n / 32. */
void doorbell_extended_take(struct ghcb_doorbell *page, uint8_t vmpl, uint32_t vectors[8]);

/*
 * Is #HV due for what doorbell_offer() wrote? If so, NoFurtherSignal is set and the caller has to
 * raise it. Not if the guest has been told and has not looked yet, or has taken everything.
 */
bool doorbell_ring(struct ghcb_doorbell *page, struct apic *apic);

/* Would an offer and a ring raise #HV now? Changes nothing. */
bool doorbell_would_ring(const struct ghcb_doorbell *page, const struct apic *apic, bool replaces);
