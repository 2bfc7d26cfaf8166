/* SPDX-License-Identifier: MIT */
/*
 * What the host can make happen at VMPL0. Interrupts are never on there, in ring 0 or in tasks, so
 * what arrives is only #HV and NMI, which are noted and mean nothing, and #VC. Nothing here uses
 * the GHCB: it may be in use where this came in between.
 */
#include <cpu/cpu.h>
#include <cpu/machine.h>
#include <snp/copy.h>
#include <svsm/abi/vmexit.h>

static atomic_ullong noted; /* NMIs and #HVs, for a debugger */

bool machine_interrupt(uint64_t vector)
{
    (void)vector;
    atomic_fetch_add(&noted, 1);
    return false;
}

bool machine_recovers(struct regs *r)
{
    if (r->vector == VECTOR_NMI || r->vector == VECTOR_HV) {
        atomic_fetch_add(&noted, 1);
        return true;
    }
    bool access = r->rip == (uint64_t)copy_move_access || r->rip == (uint64_t)copy_clear_access ||
                  r->rip == (uint64_t)copy_exchange_access;
    if (r->vector == VECTOR_VC && r->error == VMEXIT_PAGE_NOT_VALIDATED && access) {
        r->rip = (uint64_t)copy_missing;
        return true;
    }
    return false;
}

bool machine_vc_of_task(const struct regs *r)
{
    return r->error != VMEXIT_PAGE_NOT_VALIDATED;
}
