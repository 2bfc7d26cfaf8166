/* SPDX-License-Identifier: MIT */
/*
 * What the host can make happen at VMPL0. Interrupts are never on there, in ring 0 or in tasks, so
 * what arrives is only #HV and NMI, which are noted and mean nothing, and #VC. Nothing here uses
 * the GHCB: it may be in use where this came in between.
 */
#include <cpu/cpu.h>
#include <cpu/machine.h>
#include <snp/access.h>
#include <svsm/abi/vmexit.h>

static atomic_ullong noted; /* NMIs and #HVs, for a debugger */

bool machine_interrupt(uint64_t vector)
{
    (void)vector;
    atomic_fetch_add(&noted, 1);
    return false;
}

/* Where to go on behind an access to the guest's memory; NULL: this is none. */
static const uint8_t *behind(uint64_t rip)
{
    if (rip == (uint64_t)access_move_at || rip == (uint64_t)access_clear_at ||
        rip == (uint64_t)access_exchange_at) {
        return access_missing;
    }
    bool code = rip == (uint64_t)access_pvalidate_at || rip == (uint64_t)access_rmpadjust_at;
    return code ? access_gone : NULL;
}

bool machine_recovers(struct regs *r)
{
    if (r->vector == VECTOR_NMI || r->vector == VECTOR_HV) {
        atomic_fetch_add(&noted, 1);
        return true;
    }
    const uint8_t *next = behind(r->rip);
    if (r->vector != VECTOR_VC || r->error != VMEXIT_PAGE_NOT_VALIDATED || next == NULL) {
        return false;
    }
    r->rip = (uint64_t)next;
    return true;
}

bool machine_vc_of_task(const struct regs *r)
{
    return r->error != VMEXIT_PAGE_NOT_VALIDATED;
}
