/* SPDX-License-Identifier: MIT */
/*
 * page_next(), for each byte, act and set of states: a claim is had only of a page that nobody
 * holds, and while it lasts nobody gets anything else; pins count, up to 30; the state changes
 * between "valid" and "calling area" alone, and the pins stay; what is not in the set is refused,
 * and so is a dead page, whatever the set; undoing an act gives the byte that was there.
 */
#include <guest/page.c>
#include "proof.h"

int main(void)
{
    uint8_t old, new;
    enum page_act act;
    unsigned states;
    __CPROVER_assume(act == PAGE_ACT_CLAIM || act == PAGE_ACT_PIN || act == PAGE_ACT_UNPIN ||
                     act == PAGE_ACT_CA_TAKE || act == PAGE_ACT_CA_DROP);
    unsigned held = old >> 3;
    enum page_state state = old & 7;
    bool dead = state >= PAGE_DEAD; /* what is beyond it, nobody writes */
    /* page_unpin() and page_ca_drop(): who does it holds it, or holds the save area. */
    __CPROVER_assume(act != PAGE_ACT_UNPIN || (held > 0 && held < 31 && !dead));
    __CPROVER_assume(act != PAGE_ACT_CA_DROP || (held < 31 && states == 1u << PAGE_CA));
    __CPROVER_assume(act != PAGE_ACT_CA_TAKE || states == 1u << PAGE_VALID);

    enum page_answer answer = page_next(old, act, states, &new);

    __CPROVER_assert((answer == PAGE_REFUSED) == (dead || (states & 1u << state) == 0),
                     "refused or not");
    if (answer != PAGE_OK) {
        __CPROVER_assert(answer == PAGE_REFUSED || held != 0, "busy because somebody holds it");
        if (dead) {
            REACH("dead");
        } else {
            REACH("no");
        }
        return 0;
    }
    switch (act) {
    case PAGE_ACT_CLAIM:
        __CPROVER_assert(held == 0 && new >> 3 == 31 && (new & 7) == state, "a claim");
        REACH("claimed");
        break;
    case PAGE_ACT_PIN:
        __CPROVER_assert(held < 30 && new >> 3 == held + 1 && (new & 7) == state, "a pin");
        REACH("pinned");
        break;
    case PAGE_ACT_UNPIN:
        __CPROVER_assert(new >> 3 == held - 1 && (new & 7) == state, "a pin less");
        REACH("let go");
        break;
    case PAGE_ACT_CA_TAKE:
        __CPROVER_assert(held != 31 && new >> 3 == held &&state == PAGE_VALID &&
                             (new & 7) == PAGE_CA,
                         "a calling area");
        REACH("taken");
        break;
    default:
        __CPROVER_assert(new >> 3 == held &&state == PAGE_CA && (new & 7) == PAGE_VALID,
                         "no calling area any more");
        REACH("dropped");
    }
}
