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

#define EXT_FIRST 31u
#define EXT_WORD_BITS 32u

/* Of those that are more than one. */
static void extended_set(struct ghcb_doorbell_extended *info, uint8_t vector)
{
    if (vector >= EXT_WORD_BITS) {
        __atomic_fetch_or(&info->irr[vector / EXT_WORD_BITS - 1],
                          UINT32_C(1) << vector % EXT_WORD_BITS, __ATOMIC_SEQ_CST);
    } else if (vector == EXT_FIRST) {
        __atomic_fetch_or(&info->status, GHCB_DOORBELL_EXT_VECTOR_31, __ATOMIC_SEQ_CST);
    }
}

/*
 * The next status, and which vectors go to the IRR before it is written. A vector alone has the
 * byte for itself; it and all others are in the IRR as soon as there are more. One that is
 * level-sensitive keeps the byte.
 */
static bool extended_next(uint32_t *status, uint8_t vector, bool level, uint8_t moved[2])
{
    uint8_t there = (uint8_t)(*status & GHCB_DOORBELL_EXT_VECTOR);
    bool held = *status & GHCB_DOORBELL_EXT_LEVEL;
    bool several = *status & GHCB_DOORBELL_EXT_MULTIPLE;

    if (level && held) {
        return false;
    }
    if (!level && (held || several || there != 0)) {
        moved[0] = vector;
    }
    if (!held && there != 0 && !several) {
        moved[1] = there;
    }
    if (moved[0] != 0 || moved[1] != 0) {
        *status |= GHCB_DOORBELL_EXT_MULTIPLE;
    }
    if (!held) {
        *status &= ~GHCB_DOORBELL_EXT_VECTOR;
    }
    if (moved[0] == 0) {
        *status |= vector | (level ? GHCB_DOORBELL_EXT_LEVEL : 0);
    }
    return true;
}

bool doorbell_extended(struct ghcb_doorbell *page, struct apic *apic, uint8_t vmpl, uint8_t vector,
                       bool level_sensitive)
{
    struct ghcb_doorbell_extended *info = &page->extended[vmpl - 1];
    uint32_t seen = __atomic_load_n(&info->status, __ATOMIC_SEQ_CST), next;

    if (vector < EXT_FIRST) {
        return true; /* nobody can be told of it */
    }
    do {
        uint8_t moved[2] = {0, 0};
        next = seen;
        if (!extended_next(&next, vector, level_sensitive, moved)) {
            return false;
        }
        extended_set(info, moved[0]);
        extended_set(info, moved[1]);
        if (moved[0] == EXT_FIRST || moved[1] == EXT_FIRST) {
            next |= GHCB_DOORBELL_EXT_VECTOR_31;
            seen |= GHCB_DOORBELL_EXT_VECTOR_31;
        }
    } while (!__atomic_compare_exchange_n(&info->status, &seen, next, false, __ATOMIC_SEQ_CST,
                                          __ATOMIC_SEQ_CST));
    __atomic_fetch_or(&page->per_vmpl_events, (uint8_t)(1u << (vmpl - 1)), __ATOMIC_SEQ_CST);
    apic->unsignalled = true;
    return true;
}

void doorbell_extended_take(struct ghcb_doorbell *page, uint8_t vmpl, uint32_t vectors[8])
{
    struct ghcb_doorbell_extended *info = &page->extended[vmpl - 1];
    uint32_t status = __atomic_exchange_n(&info->status, 0, __ATOMIC_SEQ_CST);
    uint8_t vector = (uint8_t)(status & GHCB_DOORBELL_EXT_VECTOR);

    vectors[0] = status & GHCB_DOORBELL_EXT_VECTOR_31;
    for (unsigned i = 1; i < 8; i++) {
        vectors[i] = __atomic_exchange_n(&info->irr[i - 1], 0, __ATOMIC_SEQ_CST);
    }
    if (vector >= EXT_FIRST &&
        (!(status & GHCB_DOORBELL_EXT_MULTIPLE) || (status & GHCB_DOORBELL_EXT_LEVEL))) {
        vectors[vector / EXT_WORD_BITS] |= UINT32_C(1) << vector % EXT_WORD_BITS;
    }
}

static bool has_events(const struct ghcb_doorbell *page, uint8_t flags)
{
    return look(&page->vector) != 0 || look(&page->per_vmpl_events) != 0 ||
           (flags & (GHCB_DOORBELL_NMI | GHCB_DOORBELL_MC));
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
