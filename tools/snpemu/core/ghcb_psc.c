/* SPDX-License-Identifier: MIT */
/*
 * Page state changes. The guest can write to the structure at any time, so each word of it is read
 * once; how far the host got is counted here and only written back. A strict host returns early, as
 * it may, so that no guest gets by without the loop that the protocol asks for.
 */
#include "ghcb_call.h"
#include <svsm/abi/ghcb_events.h>
#include <svsm/abi/snp.h>

#define PAGES_2M (SNP_SIZE_2M / SNP_SIZE_4K)
#define STRICT_ENTRIES 16u /* of one call; any number would do */

struct psc {
    struct ghcb_call *call;
    unsigned offset; /* of the structure in the shared buffer */
    uint16_t current, end;
};

struct psc_entry {
    uint64_t raw;
    uint64_t gpa;   /* of what is left */
    uint64_t pages; /* left */
    unsigned operation;
    bool large; /* all of 2 MiB is left */
};

static uint64_t entry_pages(uint64_t raw)
{
    return raw & GHCB_PSC_2M ? PAGES_2M : 1;
}

static void finish(struct psc *psc, uint64_t result, unsigned rule)
{
    psc->call->out[FIELD_INFO2] = result;
    psc->call->outcome.rule = rule;
}

static unsigned entry_offset(const struct psc *psc)
{
    return psc->offset + (unsigned)sizeof(struct ghcb_psc_header) + psc->current * 8u;
}

/* Where the structure is, and how far it goes. False: the answer is given. */
static bool header_read(struct psc *psc)
{
    struct ghcb_psc_header header;

    if (!ghcb_call_scratch(psc->call, sizeof(header), &psc->offset)) {
        return false;
    }
    ghcb_call_read(psc->call, psc->offset, &header, sizeof(header));
    unsigned room = (GHCB_BUFFER_SIZE - psc->offset - (unsigned)sizeof(header)) / 8;
    if (header.end_entry >= room) {
        finish(psc, GHCB_PSC_BAD_HEADER, RULE_PSC_HEADER);
        return false;
    }
    /* Its reserved word is not looked at: stock OVMF leaves there what its heap held. */
    psc->current = header.cur_entry;
    psc->end = header.end_entry;
    return true;
}

/* What is wrong with an entry, or RULE_NONE. */
static unsigned entry_fault(const struct psc *psc, const struct psc_entry *entry)
{
    uint64_t raw = entry->raw;
    uint64_t first = ghcb_psc_gfn(raw);
    uint64_t pages = entry_pages(raw);

    if ((raw & GHCB_PSC_CUR_PAGE) > pages || first % pages != 0) {
        return RULE_PSC_ENTRY;
    }
    if (ghcb_call_is_strict(psc->call) && (raw & GHCB_PSC_RESERVED)) {
        return RULE_PSC_RESERVED;
    }
    if (ghcb_call_is_strict(psc->call) &&
        (entry->operation < GHCB_PSC_PRIVATE || entry->operation > GHCB_PSC_UNSMASH)) {
        return RULE_PSC_OPERATION;
    }
    uint64_t own = psc->call->gpa / SNP_SIZE_4K;
    if (entry->operation == GHCB_PSC_PRIVATE && own >= first && own - first < pages) {
        return RULE_PSC_GHCB;
    }
    return RULE_NONE;
}

static unsigned entry_read(const struct psc *psc, struct psc_entry *entry)
{
    ghcb_call_read(psc->call, entry_offset(psc), &entry->raw, sizeof(entry->raw));
    entry->operation = ghcb_psc_operation(entry->raw);
    unsigned rule = entry_fault(psc, entry);
    if (rule != RULE_NONE) {
        return rule;
    }
    uint64_t done = entry->raw & GHCB_PSC_CUR_PAGE;
    entry->pages = entry_pages(entry->raw) - done;
    entry->gpa = (ghcb_psc_gfn(entry->raw) + done) * SNP_SIZE_4K;
    entry->large = (entry->raw & GHCB_PSC_2M) && done == 0;
    return RULE_NONE;
}

/* Page after page, until one is refused; 2 MiB at once where the machine can. */
static bool entry_change(const struct psc *psc, struct psc_entry *entry)
{
    const struct ghcb_call *call = psc->call;
    bool private = entry->operation == GHCB_PSC_PRIVATE;

    if (entry->large && call->ops->page_state(call->machine, entry->gpa, private, true)) {
        entry->pages = 0;
    }
    while (entry->pages > 0 && call->ops->page_state(call->machine, entry->gpa, private, false)) {
        entry->pages--;
        entry->gpa += SNP_SIZE_4K;
    }
    return entry->pages == 0;
}

static bool entry_process(const struct psc *psc, struct psc_entry *entry)
{
    const struct ghcb_call *call = psc->call;

    switch (entry->operation) {
    case GHCB_PSC_PRIVATE:
    case GHCB_PSC_SHARED:
        return entry_change(psc, entry);
    case GHCB_PSC_PSMASH:
        /* Advice: KVM does nothing about it. It splits by itself when it has to. */
        (void)call->ops->psmash(call->machine, entry->gpa);
        break;
    default:
        break;
    }
    entry->pages = 0;
    return true;
}

/* Says in the entry how many pages are done, and in the header which entry is next. */
static void progress_write(struct psc *psc, const struct psc_entry *entry)
{
    uint64_t done = entry_pages(entry->raw) - entry->pages;
    uint64_t raw = (entry->raw & ~GHCB_PSC_CUR_PAGE) | done;

    ghcb_call_write(psc->call, entry_offset(psc), &raw, sizeof(raw));
    if (entry->pages == 0) {
        psc->current++;
        ghcb_call_write(psc->call, psc->offset, &psc->current, sizeof(psc->current));
    }
}

void ghcb_psc(struct ghcb_call *call)
{
    struct psc psc = {.call = call};
    unsigned most = ghcb_call_is_strict(call) ? STRICT_ENTRIES : GHCB_PSC_ENTRIES;

    if (!header_read(&psc)) {
        return;
    }
    for (unsigned i = 0; i < most && psc.current <= psc.end; i++) {
        struct psc_entry entry = {0};
        unsigned rule = entry_read(&psc, &entry);
        if (rule != RULE_NONE) {
            finish(&psc, GHCB_PSC_BAD_ENTRY, rule);
            return;
        }
        bool done = entry_process(&psc, &entry);
        ghcb_call_note(call, "page-state", entry.raw, entry.pages, psc.current);
        progress_write(&psc, &entry);
        if (!done) {
            finish(&psc, GHCB_PSC_FAILED, RULE_PSC_REFUSED);
            return;
        }
    }
}
