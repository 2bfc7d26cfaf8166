/* SPDX-License-Identifier: MIT */
/*
 * What a host writes into the doorbell, whatever it is, comes out as the protocol has it: an
 * interrupt is one that a host may give, no exception's vector passes as one, NMI and machine check
 * are their bits, and what has no meaning is called wrong and nothing else is. All that was pending
 * is gone from the page ("no further signal" too), nothing else in it changes but the mark that no
 * end of interrupt is wanted, and that is asked for where there is an interrupt and it was not set.
 */
#include <snp/doorbell.c>
#include "proof.h"

int main(void)
{
    struct ghcb_doorbell page, before;
    struct doorbell_events e;
    size_t at;
    bool eoi;
    page = before;
    bool any = doorbell_take(&page, &e, &eoi);

    bool interrupt = before.vector >= 31;
    __CPROVER_assert(e.vector == (interrupt ? before.vector : 0), "an interrupt or none");
    __CPROVER_assert(e.nmi == ((before.flags & 0x01) != 0), "NMI");
    __CPROVER_assert(e.machine_check == ((before.flags & 0x02) != 0), "machine check");
    bool exception = before.vector != 0 && before.vector < 31;
    __CPROVER_assert(e.wrong == (exception || (before.flags & 0x7c) != 0), "wrong");
    __CPROVER_assert(any == (before.vector != 0 || before.flags != 0), "something was pending");
    __CPROVER_assert(page.vector == 0 && page.flags == 0, "taken");
    __CPROVER_assert(eoi == (interrupt && before.no_eoi_required == 0), "end of interrupt");
    __CPROVER_assert(page.no_eoi_required == (interrupt ? 0 : before.no_eoi_required), "its mark");
    __CPROVER_assume(at >= 3 && at < sizeof(page));
    __CPROVER_assert(((uint8_t *)&page)[at] == ((uint8_t *)&before)[at], "the rest");
    if (eoi) {
        REACH("an interrupt");
    }
    if (e.wrong && e.nmi) {
        REACH("wrong");
    }
    if (!any) {
        REACH("nothing");
    }
}
