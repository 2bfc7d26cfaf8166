/* SPDX-License-Identifier: MIT */
#include "nested.h"
#include "../wire/lines.h"
#include "event.h"
#include "inuse.h"
#include "log.h"
#include "memory.h"
#include "smp.h"
#include "stop.h"
#include "stopped.h"
#include <string.h>
#include <svsm/abi/snp_host.h>
#include <svsm/abi/vmexit.h>

#define PAGES_2M (SNP_SIZE_2M / PAGE_SIZE)
#define AROUND 64u /* pages that one fault maps at most: exits are dear under QEMU */
/* What memory holds whose key has changed. On hardware it is noise; here it is noticed as well. */
#define NOISE 0xa5

static bool forget(struct level *level, uint64_t gpa, uint64_t pages)
{
    if (level->vmcb == NULL) {
        return false;
    }
    bool shared = npt_unmap(&level->tables, gpa, pages);
    bool private = npt_unmap(&level->tables, gpa | machine.cbit, pages);

    return npt_unmap(&level->flat, gpa, pages) || shared || private;
}

static void forget_all(uint64_t gpa, uint64_t pages, bool tlbs)
{
    for (uint32_t i = 0; i < machine.launch->vcpu_count; i++) {
        bool had = tlbs && tlb_forget(&machine.vcpus[i], memory_frame(gpa), pages);
        for (unsigned vmpl = 0; vmpl < SNP_VMPLS; vmpl++) {
            had |= forget(&machine.vcpus[i].levels[vmpl], gpa, pages);
        }
        if (had) { /* each entry empties the TLB, so one exit is enough */
            smp_shoot(&machine.vcpus[i]);
        }
    }
}

void nested_forget(uint64_t gpa, uint64_t pages)
{
    forget_all(gpa, pages, false);
}

void nested_take(uint64_t gpa, uint64_t pages)
{
    forget_all(gpa, pages, true);
}

static bool change_state(uint64_t gpa, bool private, bool large)
{
    uint64_t frame = memory_frame(gpa);
    struct snp_rmp_state state = {.page_size = large ? SNP_PAGE_2M : SNP_PAGE_4K};

    if (private) {
        state.gpa = gpa;
        state.assigned = 1;
        state.asid = machine.launch->asid;
    }
    return frame != RMP_NO_FRAME && rmp_update(&machine.rmp, frame, &state) == SNP_SUCCESS;
}

static bool page_state(uint64_t gpa, bool private, bool large)
{
    uint64_t pages = large ? PAGES_2M : 1;
    bool was_private = false;

    if (memory_frame(gpa) == RMP_NO_FRAME) {
        return false;
    }
    if (memory_frame(gpa + (pages - 1) * PAGE_SIZE) == RMP_NO_FRAME) {
        return false;
    }
    const struct rmp_entry *entry = rmp_entry_of(&machine.rmp, memory_frame(gpa));
    was_private = entry != NULL && (entry->flags & RMP_ASSIGNED);
    if (!change_state(gpa, private, large)) {
        return false;
    }
    nested_take(gpa, pages);
    if (was_private != private) {
        memset(memory_at(memory_frame(gpa) << PAGE_SHIFT), NOISE, pages * PAGE_SIZE);
    }
    return true;
}

bool nested_page_state(uint64_t gpa, bool private, bool large)
{
    bool done = page_state(gpa, private, large);

    if (machine_traces(LAUNCH_TRACE_RMP)) {
        log_line(LINES_TRACE " rmp state=%s size=%s gpa=%lx done=%u",
                 private ? "private" : "shared", large ? "2M" : "4K", gpa, (unsigned)done);
    }
    return done;
}

bool nested_psmash(uint64_t gpa)
{
    uint64_t start = gpa & ~(SNP_SIZE_2M - 1);
    uint64_t frame = memory_frame(start);

    if (frame == RMP_NO_FRAME || rmp_psmash(&machine.rmp, frame) != SNP_SUCCESS) {
        return false;
    }
    nested_take(start, PAGES_2M);
    return true;
}

/*
 * The host's answer to an exit that no hardware state explains away: strict ends the run; KVM tells
 * QEMU, which converts the page and lets the guest try again.
 */
static void host_refused(struct level *level, const struct rmp_access *access,
                         enum rmp_verdict verdict, unsigned rule)
{
    bool converts = verdict == RMP_OWNERSHIP || verdict == RMP_SHARED;

    if (machine.launch->profile == LAUNCH_STRICT || !converts ||
        !nested_page_state(access->gpa & ~(PAGE_SIZE - 1), access->private, false)) {
        stopped_by(level, "npf", rule, access->gpa);
    }
}

void nested_refused(struct level *level, const struct rmp_access *access, enum rmp_verdict verdict,
                    unsigned rule)
{
    if (verdict == RMP_VMSA_WRITE && inuse_ask(level->vcpu, access->frame)) {
        return; /* it was in use by another vCPU: once more */
    }
    if (verdict == RMP_MMIO) {
        event_vc(level, VMEXIT_NPF);
    } else if (verdict == RMP_NOT_VALIDATED) {
        event_vc(level, VMEXIT_PAGE_NOT_VALIDATED);
    } else {
        host_refused(level, access, verdict, rule);
    }
}

/* Rights of the RMP as nested tables can say them; who may execute cannot be told apart there. */
unsigned nested_rights(const struct level *level, const struct rmp_access *access)
{
    uint8_t perms = rmp_rights(&machine.rmp, access->gpa, access->frame, access->asid, level->vmpl,
                               access->private);
    uint8_t execute = SNP_PERM_EXEC_USER | SNP_PERM_EXEC_SUPERVISOR;

    return (perms & SNP_PERM_READ ? NPT_READ : 0) | (perms & SNP_PERM_WRITE ? NPT_WRITE : 0) |
           (perms & execute ? NPT_EXECUTE : 0);
}

/* Pages about the faulting one that are allowed anyway. */
static void map_around(struct level *level, struct npt *npt, uint64_t address,
                       struct rmp_access access)
{
    uint64_t start = address & ~(AROUND * PAGE_SIZE - 1);

    access.gpa &= ~(AROUND * PAGE_SIZE - 1);
    for (unsigned i = 0; i < AROUND; i++) {
        access.frame = memory_frame(access.gpa);
        unsigned rights = access.frame == RMP_NO_FRAME ? 0 : nested_rights(level, &access);
        if ((rights & NPT_READ) && npt_rights(npt, start) == 0) {
            npt_map(npt, start, access.frame, rights);
        }
        access.gpa += PAGE_SIZE;
        start += PAGE_SIZE;
    }
}

/*
 * A walk or a fetch through the shared alias of a private page is legal, data there are not: it
 * gets only the rights that it needs, so that at least writes behind a fetch are still noticed.
 */
static void map_alias(const struct level *level, struct npt *npt, uint64_t address,
                      const struct rmp_access *access)
{
    unsigned needed = access->fetch ? NPT_READ | NPT_EXECUTE : NPT_READ | NPT_WRITE;
    unsigned rights = nested_rights(level, access) & needed;

    npt_map(npt, address, access->frame, rights | npt_rights(npt, address));
}

static void map(struct level *level, struct npt *npt, uint64_t address,
                const struct rmp_access *access)
{
    bool own_alias = npt == &level->flat || access->private == ((address & machine.cbit) != 0);
    unsigned wanted =
        NPT_READ | (access->write ? NPT_WRITE : 0) | (access->fetch ? NPT_EXECUTE : 0);

    if (own_alias) {
        npt_map(npt, address, access->frame, nested_rights(level, access));
        map_around(level, npt, address, *access);
    } else {
        map_alias(level, npt, address, access);
    }
    if (wanted & ~npt_rights(npt, address)) {
        stop_emulator("the RMP allows an access, but grants no right to it");
    }
}

void nested_fault(struct level *level)
{
    const struct vmcb_control *control = &level->vmcb->control;
    uint64_t info = control->exitinfo1;
    bool flat = control->n_cr3 == level->flat.root;
    struct npt *npt = flat ? &level->flat : &level->tables;
    uint64_t address = control->exitinfo2;
    uint64_t gpa = flat ? address : address & ~machine.cbit;
    bool internal = info & (VMEXIT_NPF_TABLE | VMEXIT_NPF_FETCH);
    struct rmp_access access = {
        .gpa = gpa,
        .frame = memory_frame(gpa),
        .asid = machine.launch->asid,
        .vmpl = level->vmpl,
        .private = flat || internal || (address & machine.cbit),
        .write = info & VMEXIT_NPF_WRITE,
        .fetch = info & VMEXIT_NPF_FETCH,
        .user = level->vmsa->cpl == 3,
    };
    unsigned rule = 0;
    enum rmp_verdict verdict = rmp_access(&machine.rmp, &access, &rule);

    if (control->n_cr3 == level->vcpu->tlb.nested.root) {
        stop_emulator("a nested fault under the kept TLB, which has all of memory");
    }
    if (machine_traces(LAUNCH_TRACE_NPF)) {
        log_line(LINES_TRACE " npf vcpu=%u vmpl=%u gpa=%lx info=%lx verdict=%u rip=%lx",
                 level->vcpu->number, (unsigned)level->vmpl, address, info, (unsigned)verdict,
                 level->vmsa->rip);
    }
    if (verdict == RMP_OK) {
        map(level, npt, address & ~(PAGE_SIZE - 1), &access);
    } else {
        nested_refused(level, &access, verdict, rule);
    }
}
