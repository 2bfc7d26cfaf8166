/* SPDX-License-Identifier: MIT */
/*
 * The page state change event. The list lies in memory that the guest can change meanwhile: each of
 * its words is read once, and only the place of the work in it is written back.
 */
#include "ghcb_internal.h"
#include <svsm/abi/snp.h>
#include <stddef.h>

#define PAGES_2M (SNP_SIZE_2M / SNP_SIZE_4K)

struct entry {
    uint64_t gpa, pages, done;
    unsigned operation;
};

static struct entry entry_of(uint64_t word)
{
    return (struct entry){
        .gpa = ghcb_psc_gfn(word) * SNP_SIZE_4K,
        .pages = word & GHCB_PSC_2M ? PAGES_2M : 1,
        .done = word & GHCB_PSC_CUR_PAGE,
        .operation = ghcb_psc_operation(word),
    };
}

static bool entry_good(const struct entry *e)
{
    return e->done <= e->pages && (e->pages == 1 || e->gpa % SNP_SIZE_2M == 0);
}

/* 2 MiB at once if nothing of them is done; else, and where that fails, page by page. */
static bool entry_change(const struct ghcb_call *call, struct entry *e)
{
    bool private = e->operation == GHCB_PSC_PRIVATE;

    if (e->pages > 1 && e->done == 0 &&
        call->ops->page_state(call->machine, e->gpa, private, true)) {
        e->done = e->pages;
    }
    while (e->done < e->pages) {
        uint64_t gpa = e->gpa + e->done * SNP_SIZE_4K;
        if (!call->ops->page_state(call->machine, gpa, private, false)) {
            return false;
        }
        e->done++;
    }
    return true;
}

/* Splitting is advice, joining and what is unknown count as done, as KVM has it. */
static bool entry_do(const struct ghcb_call *call, struct entry *e)
{
    if (e->operation == GHCB_PSC_PRIVATE || e->operation == GHCB_PSC_SHARED) {
        return entry_change(call, e);
    }
    if (e->operation == GHCB_PSC_PSMASH && e->pages > 1) {
        (void)call->ops->psmash(call->machine, e->gpa);
    }
    e->done = e->pages;
    return true;
}

void ghcb_page_state_change(struct ghcb_call *call)
{
    volatile struct ghcb_psc *list = (void *)ghcb_scratch(call, sizeof(struct ghcb_psc_header));

    if (list == NULL) {
        return;
    }
    uint64_t room = call->gpa + offsetof(struct ghcb, shared_buffer) + GHCB_BUFFER_SIZE -
                    call->scratch - sizeof(struct ghcb_psc_header);
    uint16_t at = list->header.cur_entry, last = list->header.end_entry;
    if (last >= GHCB_PSC_ENTRIES || (last + UINT64_C(1)) * sizeof(uint64_t) > room) {
        call->out2 = GHCB_PSC_BAD_HEADER;
        return;
    }
    for (; at <= last; at++) {
        uint64_t word = list->entries[at];
        struct entry e = entry_of(word);
        if (!entry_good(&e)) {
            call->out2 = GHCB_PSC_BAD_ENTRY;
            return;
        }
        bool done = entry_do(call, &e);
        list->entries[at] = (word & ~GHCB_PSC_CUR_PAGE) | e.done;
        if (!done) {
            call->out2 = GHCB_PSC_FAILED;
            return;
        }
        list->header.cur_entry = (uint16_t)(at + 1);
    }
}
