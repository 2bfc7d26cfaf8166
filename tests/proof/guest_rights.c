/* SPDX-License-Identifier: MIT */
/*
 * Whatever PVALIDATE, RMPADJUST and the clearing answer, in any combination, and whichever page the
 * host puts there for each: the invariant of page.h holds again after rights_validate() and after
 * rights_rescind() where it held before, and what must never happen (two_pages.h) does not. On
 * success of the first the guest's level and no other has all rights to a page that was cleared. On
 * success of the second no page that VMPL0 knows of is left. A page of which the table knows
 * nothing is dead, or gone, once it was seen. Every result is one that the protocol has.
 */
#include <guest/rights.c>
#include "two_pages.h"

static void validates(enum page_state state)
{
    bool ignore;
    enum page_state before = state;
    gpa_t page;
    unsigned size;
    __CPROVER_assume(state == PAGE_INVALID || ignore); /* carry_out() */

    uint32_t result = rights_validate(page, size, ignore, &state);

    __CPROVER_assert(known(result), "a result of the protocol");
    __CPROVER_assert(sound(state), "the invariant after validating");
    __CPROVER_assert(result != SVSM_SUCCESS || state == PAGE_VALID, "success: valid");
    __CPROVER_assert(result == SVSM_SUCCESS || before == PAGE_VALID || state != PAGE_VALID,
                     "an error: not valid but where it was");
    if (result == SVSM_SUCCESS) {
        __CPROVER_assert(sides[there].validated && sides[there].clean &&
                             sides[there].perms[2] == SNP_PERM_ALL && sides[there].perms[3] == 0,
                         "granted");
        REACH("validated");
    } else if (state == PAGE_DEAD) {
        if (seen_count() == 2) {
            REACH("two pages, and dead");
        } else {
            REACH("dead");
        }
    } else if (state == PAGE_INVALID) {
        REACH("not validated");
    } else {
        REACH("still valid");
    }
}

static void rescinds(void)
{
    gpa_t page;
    unsigned size;

    uint32_t result = rights_rescind(page, size);

    __CPROVER_assert(known(result), "a result of the protocol");
    __CPROVER_assert(sound(result == SVSM_SUCCESS ? PAGE_INVALID : PAGE_VALID),
                     "the invariant after rescinding");
    if (result == SVSM_SUCCESS) {
        REACH("rescinded");
    } else {
        REACH("not rescinded");
    }
}

int main(void)
{
    enum page_state state = any() ? PAGE_VALID : PAGE_INVALID;

    machine_any(state);
    __CPROVER_assert(sound(state), "the invariant before");
    if (any()) {
        validates(state);
    } else if (state == PAGE_VALID) {
        rescinds();
    }
}
