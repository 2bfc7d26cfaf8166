/* SPDX-License-Identifier: MIT */
/* See page.h. */
#include <guest/page.h>
#include <stdatomic.h>
#include <svsm/abi/image.h>

_Static_assert(PAGE_CLAIMED / PAGE_PIN > SVSM_VCPUS_MAX, "a pin for each vCPU");

static _Atomic uint8_t *pages;
static size_t page_count;

static bool allowed(uint8_t byte, unsigned states)
{
    unsigned state = byte & PAGE_STATE_MASK;

    return state < PAGE_DEAD && (states >> state & 1) != 0;
}

enum page_answer page_next(uint8_t old, enum page_act act, unsigned states, uint8_t *new)
{
    uint8_t held = old & PAGE_PINS;

    if (!allowed(old, states)) {
        return PAGE_REFUSED;
    }
    switch (act) {
    case PAGE_ACT_CLAIM:
        *new = old | PAGE_CLAIMED;
        return held == 0 ? PAGE_OK : PAGE_BUSY;
    case PAGE_ACT_PIN:
        if (held >= PAGE_CLAIMED - PAGE_PIN) {
            return PAGE_BUSY;
        }
        *new = (uint8_t)(old + PAGE_PIN);
        return PAGE_OK;
    case PAGE_ACT_UNPIN:
        CHECK(held != 0 && held != PAGE_CLAIMED);
        *new = (uint8_t)(old - PAGE_PIN);
        return PAGE_OK;
    case PAGE_ACT_CA_TAKE:
        *new = held | PAGE_CA;
        return held != PAGE_CLAIMED ? PAGE_OK : PAGE_BUSY;
    case PAGE_ACT_CA_DROP:
        CHECK(held != PAGE_CLAIMED);
        *new = held | PAGE_VALID;
        return PAGE_OK;
    }
    return PAGE_REFUSED;
}

void page_init(uint8_t *table, size_t count)
{
    pages = (_Atomic uint8_t *)table;
    page_count = count;
}

static _Atomic uint8_t *byte_of(size_t index)
{
    CHECK(index < page_count);
    return &pages[index];
}

enum page_answer page_try(size_t index, enum page_act act, unsigned states)
{
    _Atomic uint8_t *byte = byte_of(index);
    uint8_t old = atomic_load_explicit(byte, memory_order_relaxed);
    uint8_t new = 0;

    /* Ends: each pass but the last means that another vCPU got something done. */
    do {
        enum page_answer answer = page_next(old, act, states, &new);
        if (answer != PAGE_OK) {
            return answer;
        }
    } while (!atomic_compare_exchange_weak(byte, &old, new));
    return PAGE_OK;
}

enum page_answer page_claim(size_t index, size_t count, unsigned states, unsigned *had)
{
    enum page_answer answer = PAGE_OK;
    size_t claimed = 0;

    *had = 0;
    while (claimed < count) {
        answer = page_try(index + claimed, PAGE_ACT_CLAIM, states);
        if (answer != PAGE_OK) {
            break;
        }
        *had |= 1u << (atomic_load_explicit(byte_of(index + claimed), memory_order_relaxed) &
                       PAGE_STATE_MASK);
        claimed++;
    }
    if (answer != PAGE_OK) {
        page_unclaim(index, claimed);
    }
    return answer;
}

void page_release(size_t index, size_t count, enum page_state state)
{
    for (size_t i = 0; i < count; i++) {
        _Atomic uint8_t *byte = byte_of(index + i);
        CHECK((atomic_load_explicit(byte, memory_order_relaxed) & PAGE_PINS) == PAGE_CLAIMED);
        atomic_store(byte, (uint8_t)state);
    }
}

void page_unclaim(size_t index, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        page_release(
            index + i, 1,
            (enum page_state)(atomic_load_explicit(byte_of(index + i), memory_order_relaxed) &
                              PAGE_STATE_MASK));
    }
}

void page_unpin(size_t index)
{
    enum page_answer answer = page_try(index, PAGE_ACT_UNPIN, (1u << PAGE_STATES) - 1);
    CHECK(answer == PAGE_OK);
}

void page_ca_drop(size_t index)
{
    enum page_answer answer = page_try(index, PAGE_ACT_CA_DROP, PAGE_ONLY(PAGE_CA));
    CHECK(answer == PAGE_OK);
}

enum page_answer page_look(size_t index, unsigned states)
{
    uint8_t pinned = 0;

    return page_next(atomic_load_explicit(byte_of(index), memory_order_relaxed), PAGE_ACT_PIN,
                     states, &pinned);
}
