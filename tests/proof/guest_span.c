/* SPDX-License-Identifier: MIT */
/*
 * A range of guest memory that a call names: guest_check() says OK only if every byte of it lies in
 * a page that ram_index() has accepted and that is valid or a calling area, and the range does not
 * wrap. Bound: ranges of up to three pages (the loop takes the same pass for each), of any size for
 * the arithmetic in span().
 */
#include <guest/buffer.c>
#include "proof.h"

static uint64_t asked_gpa, asked_pages;
static size_t first;
static bool accepts;
static unsigned looked; /* bit n: page n was found usable */

bool ram_index(uint64_t gpa, uint64_t pages, size_t *index)
{
    asked_gpa = gpa;
    asked_pages = pages;
    *index = first;
    /* What guest_ram proves. */
    return accepts && gpa % 4096 == 0 && pages != 0 && gpa / 4096 + pages <= UINT64_C(1) << 40;
}

enum page_answer page_look(size_t index, unsigned states)
{
    enum page_answer answer;
    bool usable = answer == PAGE_OK;

    __CPROVER_assert(states == ((1u << PAGE_VALID) | (1u << PAGE_CA)), "usable pages");
    __CPROVER_assert(index - first < 3, "a page that ram_index() was asked about");
    looked |= usable ? 1u << (index - first) : 0;
    return answer;
}

int main(void)
{
    uint64_t gpa, size;
    size_t index, count;
    bool accept;
    size_t at;
    __CPROVER_assume(size != 0);
    __CPROVER_assume(at < SIZE_MAX / 2);
    accepts = accept;
    first = at;

    if (span(gpa, size, &index, &count)) {
        unsigned __int128 end = (unsigned __int128)gpa + size;
        __CPROVER_assert(asked_gpa <= gpa && asked_gpa + 4096 > gpa, "the page of the first byte");
        __CPROVER_assert(end <= (unsigned __int128)(asked_gpa / 4096 + asked_pages) * 4096,
                         "up to the last byte");
        __CPROVER_assert(count == asked_pages && index == first, "what the loops take");
        REACH("a span");
    }
    __CPROVER_assume(size <= 2 * 4096 || gpa + (size - 1) < gpa);
    looked = 0;
    if (guest_check(gpa, size) == OK) {
        uint64_t byte;
        __CPROVER_assume(byte < size);
        __CPROVER_assert((looked >> ((gpa + byte) / 4096 - gpa / 4096) & 1) != 0, "every byte");
        REACH("checked");
        if (asked_pages == 3) {
            REACH("three pages");
        }
    }
}
