/* SPDX-License-Identifier: MIT */
/*
 * Where ram_index() says yes, every page that it was asked about is in a range of the launch page,
 * so none is VMPL0's, and its index is that of the range and its place in there, which the owner
 * table has. It says yes where one range has all of them. For any address and number of pages,
 * wrapping or not.
 *
 * Assumes what ram_init() has written down: ranges in order that do not overlap, each with the
 * index behind the last of the one before. Bound: two ranges; each takes the same pass of the
 * loop. (That it also says yes over several ranges is for tests/unit/guest.)
 */
#include <guest/ram.c>
#include "proof.h"

#define RANGES 2u

static bool holds(const struct range *r, uint64_t page)
{
    return page >= r->first && page < r->end;
}

int main(void)
{
    uint64_t gpa, pages, page, own_start, own_end;
    size_t index = 0;
    uint64_t first = gpa / 4096;
    unsigned mine = RANGES; /* the range that has `page` */
    bool whole = false;
    __CPROVER_assume(range_count <= RANGES);
    for (unsigned i = 0; i < RANGES; i++) {
        struct range r;
        __CPROVER_assume(r.first < r.end && r.end <= PAGES_END && r.index < PAGES_END);
        __CPROVER_assume(i == 0 || r.first >= ranges[i - 1].end);
        __CPROVER_assume(
            r.index ==
            (i == 0 ? 0 : ranges[i - 1].index + ranges[i - 1].end - ranges[i - 1].first));
        __CPROVER_assume(r.end <= own_start || r.first >= own_end);
        ranges[i] = r;
    }
    uint32_t count;
    __CPROVER_assume(count <= RANGES);
    range_count = count;
    for (unsigned i = 0; i < count; i++) {
        whole = whole || (holds(&ranges[i], first) && pages <= ranges[i].end - first);
        mine = holds(&ranges[i], page) ? i : mine;
    }

    bool is = ram_index(gpa, pages, &index);

    __CPROVER_assert(is || gpa % 4096 != 0 || pages == 0 || !whole, "yes where one range has all");
    if (!is) {
        REACH("no");
        return 0;
    }
    __CPROVER_assert(gpa % 4096 == 0 && pages != 0, "a page at least");
    __CPROVER_assume(page >= first && page - first < pages);
    __CPROVER_assert(mine < RANGES, "every page is RAM");
    __CPROVER_assert(page < own_start || page >= own_end || own_start >= own_end, "never ours");
    __CPROVER_assert(index + (page - first) == ranges[mine].index + (page - ranges[mine].first),
                     "the index of each");
    REACH("yes");
    if (mine == 1 && holds(&ranges[0], first)) {
        REACH("over two ranges");
    }
}
