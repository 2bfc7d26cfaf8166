/* SPDX-License-Identifier: MIT */
/*
 * Nested page faults: what the RMP allows is mapped, what it refuses goes to the guest as #VC or to
 * the host. And the host's side of such a refusal, by profile.
 */
#pragma once
#include "machine.h"

/* The exit VMEXIT_NPF of a level. */
void nested_fault(struct level *level);

/* The RMP refused an access that the emulator made in the CPU's place; the guest is to retry. */
void nested_refused(struct level *level, const struct rmp_access *access, enum rmp_verdict verdict,
                    unsigned rule);

/*
 * RMP entries of these pages have changed: nested tables do not have them any more. With --tlb keep
 * what a guest's own instruction took away lives on in TLBs.
 */
void nested_forget(uint64_t gpa, uint64_t pages);

/* The same by the host, or by the CPU for itself: no TLB has them either. */
void nested_take(uint64_t gpa, uint64_t pages);

/* NPT_*: what the RMP allows of an access that it does not refuse. */
unsigned nested_rights(const struct level *level, const struct rmp_access *access);

/* The host assigns a page to the guest, or takes it. False: there is no memory, or it is refused.
 */
bool nested_page_state(uint64_t gpa, bool private, bool large);

/* The host splits an entry of 2 MiB. */
bool nested_psmash(uint64_t gpa);
