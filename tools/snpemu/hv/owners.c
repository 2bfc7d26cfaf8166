/* SPDX-License-Identifier: MIT */
/*
 * A walk over the RMP. Read only, without locks: the machine is at its end, and what another vCPU
 * still does can only make a page look worse than it is.
 */
#include "owners.h"
#include "../wire/lines.h"
#include "log.h"
#include "machine.h"
#include "memory.h"
#include <string.h>
#include <svsm/abi/launch.h>

enum owner { OWNER_GUEST, OWNER_VMPL0, OWNER_VMSA, OWNER_HOST };

struct sums {
    uint64_t vmpl0, vmsa, vmsa_writable, measured, changed;
};

struct range {
    enum owner owner;
    uint64_t gpa, pages, changed;
};

static uint8_t lower_rights(const struct rmp_entry *entry)
{
    uint8_t rights = 0;

    for (unsigned vmpl = 1; vmpl < SNP_VMPLS; vmpl++) {
        rights |= entry->perms[vmpl];
    }
    return rights;
}

static enum owner owner_of(const struct rmp_entry *entry, uint64_t gpa)
{
    if ((entry->flags & RMP_ASSIGNED) == 0) {
        return OWNER_HOST;
    }
    if ((entry->flags & RMP_VALIDATED) == 0 || entry->asid != machine.launch->asid ||
        entry->gpa != gpa) {
        return OWNER_GUEST; /* anybody's sooner or later */
    }
    if ((entry->flags & RMP_VMSA) != 0) {
        return OWNER_VMSA;
    }
    return lower_rights(entry) == 0 ? OWNER_VMPL0 : OWNER_GUEST;
}

/* What the launch has put there, or NULL. */
static const void *launched(uint64_t gpa)
{
    const uint8_t *image = (const uint8_t *)machine.launch;
    const struct launch_run *runs = (const void *)(image + machine.launch->runs);

    for (uint32_t i = 0; i < machine.launch->run_count; i++) {
        const struct launch_run *run = &runs[i];
        uint64_t page = (gpa - run->gpa) / PAGE_SIZE;
        if (gpa >= run->gpa && page < run->count) {
            return run->type == PSP_PAGE_NORMAL && run->data != LAUNCH_NO_DATA
                       ? image + run->data + page * PAGE_SIZE
                       : NULL;
        }
    }
    return NULL;
}

static void range_print(const struct range *r)
{
    if (r->pages != 0 && (r->owner == OWNER_VMPL0 || r->owner == OWNER_HOST)) {
        log_line(LINES_OWNERS " owner=%s gpa=%lx pages=%lu changed=%lu",
                 r->owner == OWNER_VMPL0 ? "vmpl0" : "host", r->gpa, r->pages, r->changed);
    }
}

/* A page into its range and the sums. */
static void add(struct range *r, struct sums *sums, uint64_t gpa, const struct rmp_entry *entry)
{
    enum owner owner = owner_of(entry, gpa);
    const void *was = owner == OWNER_VMPL0 ? launched(gpa) : NULL;
    bool changed =
        was != NULL && memcmp(was, memory_at(memory_frame(gpa) << PAGE_SHIFT), PAGE_SIZE) != 0;

    if (owner != r->owner || changed != (r->changed != 0)) {
        range_print(r);
        *r = (struct range){.owner = owner, .gpa = gpa};
    }
    r->pages++;
    r->changed += changed;
    sums->vmpl0 += owner == OWNER_VMPL0;
    sums->measured += was != NULL;
    sums->changed += changed;
    if (owner == OWNER_VMSA) {
        bool writable = (lower_rights(entry) & SNP_PERM_WRITE) != 0;
        sums->vmsa++;
        sums->vmsa_writable += writable;
        log_line(LINES_OWNERS " owner=vmsa gpa=%lx writable=%u", gpa, (unsigned)writable);
    }
}

void owners_print(void)
{
    struct range range = {.owner = OWNER_GUEST};
    struct sums sums = {0};

    if ((machine.launch->stats & LAUNCH_STATS_OWNERS) == 0) {
        return;
    }
    for (uint64_t gpa = 0; gpa < memory_end(); gpa += PAGE_SIZE) {
        uint64_t frame = memory_frame(gpa);
        if (frame != RMP_NO_FRAME) {
            add(&range, &sums, gpa, rmp_entry_of(&machine.rmp, frame));
        }
    }
    range_print(&range);
    log_line(LINES_OWNERS " vmpl0=%lu vmsa=%lu vmsa_writable=%lu measured=%lu changed=%lu",
             sums.vmpl0, sums.vmsa, sums.vmsa_writable, sums.measured, sums.changed);
}
