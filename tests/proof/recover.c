/* SPDX-License-Identifier: MIT */
/*
 * Which exceptions of ring 0 are answers, whatever a host has invented: NMI and #HV change nothing.
 * Of all others only "page not validated" at one of the five accesses, of an address in the windows
 * on the guest's memory, and a refused INVLPGB or TLBSYNC, each in ring 0 and with its very vector
 * and error code, lead on, and then to the place that says so: RIP is all that changes. Everything
 * else is left as it is, for the end.
 */
#include "proof.h"

/* Where they lie does not matter, only that they differ. Before the first mention: CBMC takes an
 * array whose size comes later for another one. */
const uint8_t access_move_at[1], access_clear_at[1], access_exchange_at[1];
const uint8_t access_pvalidate_at[1], access_rmpadjust_at[1];
const uint8_t access_invlpgb_at[1], access_tlbsync_at[1];
const uint8_t access_missing[1], access_gone[1];
#include <snp/interrupt.c>

static bool is_guests(uint64_t va)
{
    return va >= 0xffffffff40000000 && va < 0xffffffff80000000;
}

static bool at(const struct regs *r, const uint8_t *place)
{
    return r->rip == (uint64_t)place;
}

static bool touches_guest(const struct regs *r)
{
    return (at(r, access_move_at) && (is_guests(r->rdi) || is_guests(r->rsi))) ||
           ((at(r, access_clear_at) || at(r, access_exchange_at)) && is_guests(r->rdi)) ||
           ((at(r, access_pvalidate_at) || at(r, access_rmpadjust_at)) && is_guests(r->rax));
}

static bool flush_refused(const struct regs *r)
{
    bool vc = r->vector == 29;
    if (at(r, access_invlpgb_at)) {
        return r->vector == 6 || (vc && (r->error == 0xa0 || r->error == 0xa1));
    }
    return at(r, access_tlbsync_at) && (r->vector == 6 || (vc && r->error == 0xa4));
}

int main(void)
{
    struct regs r, before;
    r = before;
    bool goes_on = machine_recovers(&r);

    bool ring0 = (before.cs & 3) == 0;
    bool gone = ring0 && before.vector == 29 && before.error == 0x404 && touches_guest(&before);
    bool refused = ring0 && flush_refused(&before);
    bool noted_only = before.vector == 2 || before.vector == 28;
    __CPROVER_assert(goes_on == (noted_only || gone || refused), "which");
    struct regs rest = r;
    rest.rip = before.rip;
    size_t byte;
    __CPROVER_assume(byte < sizeof(rest));
    __CPROVER_assert(((uint8_t *)&rest)[byte] == ((uint8_t *)&before)[byte], "RIP alone");
    if (noted_only || !goes_on) {
        __CPROVER_assert(r.rip == before.rip, "left as it is");
        REACH("left");
        return 0;
    }
    bool code = at(&before, access_pvalidate_at) || at(&before, access_rmpadjust_at);
    __CPROVER_assert(at(&r, code ? access_gone : access_missing), "says so");
    if (gone) {
        REACH("gone");
    }
    if (refused && before.vector == 6) {
        REACH("refused");
    }
}
