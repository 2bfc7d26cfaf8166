/* SPDX-License-Identifier: MIT */
#include "doorbell.h"
#include "rules.h"

/* The page is the guest's as well: each byte is read once, and changed by one atomic operation. */
static uint8_t look(const uint8_t *byte)
{
    return __atomic_load_n(byte, __ATOMIC_SEQ_CST);
}

struct ghcb_doorbell *doorbell_page(const struct ghcb_state *state, const struct ghcb_ops *ops,
                                    void *machine, unsigned *rule)
{
    *rule = RULE_NONE;
    if (state->doorbell == GHCB_DOORBELL_NONE) {
        return NULL;
    }
    struct ghcb_doorbell *page = ops->shared_page(machine, state->doorbell);
    if (page == NULL) {
        *rule = RULE_DOORBELL_SHARED;
    }
    return page;
}

/* The vector that can be written now; -1: none. *seen: what is there. */
static int writable(const struct ghcb_doorbell *page, const struct apic *apic, bool replaces,
                    uint8_t *seen)
{
    int next = apic_next(apic);

    *seen = look(&page->vector);
    return *seen == 0 || replaces ? next : -1;
}

static void offer_vector(struct ghcb_doorbell *page, struct apic *apic, bool replaces)
{
    uint8_t seen;
    int next = writable(page, apic, replaces, &seen);

    if (next < 0 || !__atomic_compare_exchange_n(&page->vector, &seen, (uint8_t)next, false,
                                                 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
        return;
    }
    if (seen != 0 && seen == apic->offered) {
        apic_return(apic, seen);
    }
    apic_accept(apic, (uint8_t)next);
    apic->offered = (uint8_t)next;
    apic->unsignalled = true;
    __atomic_store_n(&page->no_eoi_required, 0, __ATOMIC_SEQ_CST);
}

void doorbell_offer(struct ghcb_doorbell *page, struct apic *apic, bool replaces)
{
    if (apic->nmi && !(look(&page->flags) & GHCB_DOORBELL_NMI)) {
        __atomic_fetch_or(&page->flags, GHCB_DOORBELL_NMI, __ATOMIC_SEQ_CST);
        apic->nmi = false;
        apic->unsignalled = true;
    }
    offer_vector(page, apic, replaces);
}

static bool has_events(const struct ghcb_doorbell *page, uint8_t flags)
{
    return look(&page->vector) != 0 || (flags & (GHCB_DOORBELL_NMI | GHCB_DOORBELL_MC));
}

bool doorbell_ring(struct ghcb_doorbell *page, struct apic *apic)
{
    if (!apic->unsignalled) {
        return false;
    }
    apic->unsignalled = false;
    if (!has_events(page, look(&page->flags))) {
        return false;
    }
    uint8_t before =
        __atomic_fetch_or(&page->flags, GHCB_DOORBELL_NO_FURTHER_SIGNAL, __ATOMIC_SEQ_CST);
    return !(before & GHCB_DOORBELL_NO_FURTHER_SIGNAL);
}

bool doorbell_would_ring(const struct ghcb_doorbell *page, const struct apic *apic, bool replaces)
{
    uint8_t flags = look(&page->flags), seen;

    if (flags & GHCB_DOORBELL_NO_FURTHER_SIGNAL) {
        return false;
    }
    return (apic->unsignalled && has_events(page, flags)) ||
           (apic->nmi && !(flags & GHCB_DOORBELL_NMI)) ||
           writable(page, apic, replaces, &seen) >= 0;
}
