/* SPDX-License-Identifier: MIT */
/*
 * What the host can make happen at VMPL0. Interrupts are never on there, in ring 0 or in tasks, so
 * what arrives from one that keeps to the rules is only #HV and NMI, and #VC. One that does not can
 * have any vector arrive at any instruction. Interrupts are noted and mean nothing; what looks like
 * an exception is a task's fault at CPL 3 (but #DF, #MC and "not validated") and the end in ring 0,
 * but for the places below, where the worst that an invented one does is the answer "gone", or "no
 * flush", which is the end. No handler uses the GHCB: it may be
 * in use where this came in between.
 */
#include <cpu/cpu.h>
#include <cpu/machine.h>
#include <mm/kmap.h>
#include <snp/access.h>
#include <snp/doorbell.h>
#include <snp/ghcb.h>
#include <snp/interrupt.h>
#include <snp/machine.h>
#include <snp/memory.h>
#include <svsm/abi/vmexit.h>

/* For a debugger: interrupts, NMIs and #HVs; what was pending at the doorbells; of that, what the
 * protocol does not have. */
static atomic_ullong noted, pending, wrong;

void interrupt_take(uint32_t vcpu)
{
    struct doorbell_events events;
    uint64_t gpa;
    bool eoi;
    if (!machine_restricted() || !doorbell_take(memory_doorbell(vcpu, &gpa), &events, &eoi)) {
        return;
    }
    atomic_fetch_add(&pending, 1);
    atomic_fetch_add(&wrong, events.wrong ? 1 : 0);
    if (eoi) {
        (void)ghcb_eoi(); /* the host's loss if it does not take it */
    }
}

bool machine_interrupt(uint64_t vector)
{
    (void)vector;
    atomic_fetch_add(&noted, 1);
    return false;
}

/* An address of the windows on the guest's memory. */
static bool in_window(uint64_t va)
{
    return va - GUEST_VA < GUEST_SIZE;
}

/* Where to go on behind an access to the guest's memory; NULL: this is none. */
static const uint8_t *behind_access(const struct regs *r)
{
    if ((r->rip == (uint64_t)access_move_at && (in_window(r->rdi) || in_window(r->rsi))) ||
        (r->rip == (uint64_t)access_clear_at && in_window(r->rdi)) ||
        (r->rip == (uint64_t)access_exchange_at && in_window(r->rdi))) {
        return access_missing;
    }
    bool code = r->rip == (uint64_t)access_pvalidate_at || r->rip == (uint64_t)access_rmpadjust_at;
    return code && in_window(r->rax) ? access_gone : NULL;
}

/* A flush that the host has not enabled, or intercepts. */
static bool is_refused_flush(const struct regs *r)
{
    bool at_invlpgb = r->rip == (uint64_t)access_invlpgb_at;
    bool at_tlbsync = r->rip == (uint64_t)access_tlbsync_at;
    if (r->vector == VECTOR_UD) {
        return at_invlpgb || at_tlbsync;
    }
    return r->vector == VECTOR_VC &&
           ((at_invlpgb && (r->error == VMEXIT_INVLPGB || r->error == VMEXIT_INVLPGB_ILLEGAL)) ||
            (at_tlbsync && r->error == VMEXIT_TLBSYNC));
}

bool machine_recovers(struct regs *r)
{
    if (r->vector == VECTOR_NMI || r->vector == VECTOR_HV) {
        atomic_fetch_add(&noted, 1);
        return true;
    }
    const uint8_t *next = NULL;
    if (r->vector == VECTOR_VC && r->error == VMEXIT_PAGE_NOT_VALIDATED) {
        next = behind_access(r);
    } else if (is_refused_flush(r)) {
        next = access_missing;
    }
    if (next == NULL || (r->cs & 3) != 0) {
        return false;
    }
    r->rip = (uint64_t)next;
    return true;
}

bool machine_vc_of_task(const struct regs *r)
{
    return r->error != VMEXIT_PAGE_NOT_VALIDATED;
}
