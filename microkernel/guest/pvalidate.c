/* SPDX-License-Identifier: MIT */
/*
 * See pvalidate.h. Nothing of the list is read twice, `next` alone is written. Needs no lock: each
 * page is claimed over its change.
 */
#include <guest/pvalidate.h>
#include <guest/guest.h>
#include <guest/page.h>
#include <guest/ram.h>
#include <guest/rights.h>
#include <snp/snp.h>

#define CHUNK 32u /* entries read at a time */

bool pvalidate_head_ok(uint64_t list, const struct svsm_page_list *head)
{
    return list % sizeof(uint64_t) == 0 && head->count <= svsm_page_list_max(list) &&
           head->next < head->count;
}

bool pvalidate_decode(uint64_t raw, struct pvalidate_entry *entry)
{
    uint64_t size = raw & SVSM_ENTRY_SIZE;

    if ((raw & SVSM_ENTRY_VALIDATE_RESERVED) != 0 || size > SNP_PAGE_2M) {
        return false;
    }
    *entry = (struct pvalidate_entry){
        .gpa = raw & SVSM_ENTRY_GPA,
        .pages = size == SNP_PAGE_2M ? SNP_SIZE_2M / SNP_SIZE_4K : 1,
        .size = (unsigned)size,
        .validate = (raw & SVSM_ENTRY_VALIDATE) != 0,
        .ignore = (raw & SVSM_ENTRY_IGNORE_CF) != 0,
    };
    return entry->gpa % (entry->pages * SNP_SIZE_4K) == 0;
}

/* A claimed entry, all of whose pages are in the state *state, which becomes the new one. */
static uint32_t carry_out(const struct pvalidate_entry *entry, enum page_state *state)
{
    gpa_t page = {entry->gpa};
    uint32_t result = SVSM_SUCCESS;

    if (entry->validate == (*state == PAGE_VALID) && !entry->ignore) {
        return SVSM_ERR_CORE_UNCHANGED;
    }
    if (entry->validate) {
        return rights_validate(page, entry->size, entry->ignore, state);
    }
    if (*state == PAGE_VALID) {
        result = rights_rescind(page, entry->size);
        *state = result == SVSM_SUCCESS ? PAGE_INVALID : PAGE_VALID;
    }
    return result;
}

static uint32_t one(const struct pvalidate_entry *entry)
{
    size_t index = 0;
    unsigned had = 0;
    enum page_state state = PAGE_INVALID;
    uint32_t result = SVSM_SUCCESS;
    enum page_answer answer = PAGE_OK;

    if (!ram_index(entry->gpa, entry->pages, &index)) {
        return SVSM_ERR_INVALID_ADDRESS;
    }
    answer = page_claim(index, entry->pages, PAGE_ANY_OF(PAGE_INVALID, PAGE_VALID), &had);
    if (answer != PAGE_OK) {
        return answer == PAGE_BUSY ? SVSM_ERR_BUSY : SVSM_ERR_INVALID_ADDRESS;
    }
    if (had == PAGE_ANY_OF(PAGE_INVALID, PAGE_VALID)) {
        page_unclaim(index, entry->pages); /* no large page can be both: the guest splits it */
        return rights_result(SNP_FAIL_SIZEMISMATCH);
    }
    state = had == PAGE_ONLY(PAGE_VALID) ? PAGE_VALID : PAGE_INVALID;
    result = carry_out(entry, &state);
    page_release(index, entry->pages, state);
    return result;
}

/* Results of guest_read() and guest_write(). */
static uint32_t of_status(enum status status)
{
    if (status == OK) {
        return SVSM_SUCCESS;
    }
    return status == ERR_BUSY ? SVSM_ERR_BUSY : SVSM_ERR_INVALID_ADDRESS;
}

struct progress {
    uint16_t next;
    uint64_t pages;
    bool revoked; /* something was: flush before the guest hears of it */
};

/* Up to CHUNK entries from `next` on. */
static uint32_t some(uint64_t list, uint16_t count, struct progress *at)
{
    uint64_t raw[CHUNK];
    uint32_t left = (uint32_t)(count - at->next);
    uint32_t room = left < CHUNK ? left : CHUNK;
    uint64_t from = list + sizeof(struct svsm_page_list) + at->next * sizeof(raw[0]);
    uint32_t result = of_status(guest_read(raw, from, room * sizeof(raw[0])));

    for (uint32_t i = 0; i < room && result == SVSM_SUCCESS; i++) {
        struct pvalidate_entry entry;
        if (!pvalidate_decode(AT(raw, i), &entry)) {
            return SVSM_ERR_INVALID_PARAMETER;
        }
        if (at->pages >= PVALIDATE_PAGES_MAX) {
            return SVSM_ERR_INCOMPLETE;
        }
        result = one(&entry);
        at->revoked |= !entry.validate || result != SVSM_SUCCESS;
        if (result == SVSM_SUCCESS) {
            at->pages += entry.pages;
            at->next++;
        }
    }
    return result;
}

uint32_t pvalidate_call(uint64_t list)
{
    struct svsm_page_list head;
    struct progress at;
    uint32_t result = SVSM_SUCCESS;

    if (list % sizeof(uint64_t) != 0) {
        return SVSM_ERR_INVALID_PARAMETER;
    }
    result = of_status(guest_read(&head, list, sizeof(head)));
    if (result != SVSM_SUCCESS) {
        return result;
    }
    if (!pvalidate_head_ok(list, &head)) {
        return SVSM_ERR_INVALID_PARAMETER;
    }
    at = (struct progress){.next = head.next};
    while (at.next < head.count && result == SVSM_SUCCESS) {
        result = some(list, head.count, &at);
    }
    if (at.revoked) {
        snp_flush_guests();
    }
    if (result == SVSM_ERR_BUSY && at.next != head.next) {
        result = SVSM_ERR_INCOMPLETE; /* "busy" says that nothing was done */
    }
    if (at.next != head.next && guest_write(list + offsetof(struct svsm_page_list, next), &at.next,
                                            sizeof(at.next)) != OK) {
        return SVSM_ERR_INVALID_ADDRESS;
    }
    return result;
}
