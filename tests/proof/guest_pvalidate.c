/* SPDX-License-Identifier: MIT */
/*
 * The list of PVALIDATE, decoded. pvalidate_head_ok() accepts a head if and only if it is aligned,
 * there is an entry to do, and head and entries lie in one page. pvalidate_decode() accepts an
 * entry if and only if its reserved bits are clear, its size exists and its address is aligned to
 * it; what it makes of it are the bits of the entry and nothing else.
 */
#include <guest/pvalidate.c>
#include "proof.h"

static void head(void)
{
    struct svsm_page_list h;
    uint64_t list;

    bool ok = pvalidate_head_ok(list, &h);

    uint64_t end = (list & 0xfff) + 8 + 8 * (uint64_t)h.count;
    __CPROVER_assert(ok == ((list & 7) == 0 && h.count > 0 && h.next < h.count && end <= 4096),
                     "a list that lies in its page and has something to do");
    if (ok && h.count == 511) {
        REACH("the longest");
    } else if (ok) {
        uint16_t entry;
        __CPROVER_assume(entry < h.count);
        __CPROVER_assert((list + 8 + 8 * (uint64_t)entry) / 4096 == list / 4096, "in its page");
        REACH("a list");
    } else {
        REACH("none");
    }
}

static void entry(void)
{
    uint64_t raw;
    struct pvalidate_entry e;

    bool ok = pvalidate_decode(raw, &e);

    uint64_t size = (raw & 3) == 0 ? 0x1000 : 0x200000;
    __CPROVER_assert(ok == ((raw & 0xff0) == 0 && (raw & 2) == 0 && (raw & ~0xfffull) % size == 0),
                     "accepted");
    if (!ok) {
        REACH("refused");
        return;
    }
    __CPROVER_assert(e.gpa == (raw & ~0xfffull) && e.pages * 4096 == size, "what pages");
    __CPROVER_assert(e.size == (raw & 3) && e.validate == ((raw >> 2 & 1) != 0) &&
                         e.ignore == ((raw >> 3 & 1) != 0),
                     "what to do");
    if (e.size == 1) {
        REACH("large");
    } else {
        REACH("small");
    }
}

int main(void)
{
    head();
    entry();
}
