/* SPDX-License-Identifier: MIT */
/* See doorbell.h. The host may write the page at any time: each word is taken in one access. */
#include <snp/doorbell.h>

#define FLAGS_KNOWN (GHCB_DOORBELL_NMI | GHCB_DOORBELL_MC | GHCB_DOORBELL_NO_FURTHER_SIGNAL)

_Static_assert(offsetof(struct ghcb_doorbell, flags) == offsetof(struct ghcb_doorbell, vector) + 1,
               "one word");

struct doorbell_events doorbell_decode(uint16_t pending)
{
    uint8_t vector = (uint8_t)(pending & 0xff);
    uint8_t flags = (uint8_t)(pending >> 8);
    bool exception = vector != 0 && vector < DOORBELL_VECTOR_LEAST;
    return (struct doorbell_events){
        .vector = exception ? 0 : vector,
        .nmi = (flags & GHCB_DOORBELL_NMI) != 0,
        .machine_check = (flags & GHCB_DOORBELL_MC) != 0,
        .wrong = exception || (flags & ~FLAGS_KNOWN) != 0,
    };
}

bool doorbell_take(struct ghcb_doorbell *page, struct doorbell_events *events, bool *eoi)
{
    /* SAFETY: the page is aligned; -fno-strict-aliasing, and the atomic access is all there is. */
    uint16_t pending = __atomic_exchange_n((uint16_t *)(void *)page, 0, __ATOMIC_SEQ_CST);
    *events = doorbell_decode(pending);
    *eoi = events->vector != 0 &&
           __atomic_exchange_n(&page->no_eoi_required, 0, __ATOMIC_SEQ_CST) == 0;
    return pending != 0;
}
