/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: the list of PVALIDATE, byte for byte what a guest would write, anywhere in a page.
 * Nothing but `next` and pages that entries name may change, and what is answered has to fit what
 * was done.
 */
#include "fuzz.h"
#include <fixture.h>

#define LIST_PAGE PAGE(81)

static struct fake_snp_page before[FAKE_SNP_PAGES];

static void remember(void)
{
    for (unsigned i = 0; i < FAKE_SNP_PAGES; i++) {
        before[i] = *fake_snp_page(PAGE(i));
    }
}

/* Is the page named by an entry that was done, or by the one that failed? */
static bool named(unsigned page, const uint64_t *entries, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        uint64_t first = entries[i] / SNP_SIZE_4K;
        uint64_t pages = (entries[i] & 3) == SNP_PAGE_2M ? 512 : 1;
        if (page >= first && page - first < pages) {
            return true;
        }
    }
    return false;
}

static void expect_others_unchanged(const uint64_t *entries, unsigned count)
{
    for (unsigned i = 0; i < FAKE_SNP_PAGES; i++) {
        const struct fake_snp_page *now = fake_snp_page(PAGE(i));
        bool same = now->validated == before[i].validated && now->vmsa == before[i].vmsa &&
                    memcmp(now->perms, before[i].perms, sizeof(now->perms)) == 0;
        require(same || named(i, entries, count), "a page that nobody named");
    }
}

/* What the last done entry about a page asked for is what it is now. */
static void expect_done(const uint64_t *entries, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        uint64_t gpa = entries[i] & SVSM_ENTRY_GPA;
        bool last = true;
        for (unsigned later = i + 1; later <= to; later++) {
            last = last && !named((unsigned)(gpa / SNP_SIZE_4K), entries + later, 1);
        }
        require(!last || fake_snp_page(gpa)->validated == ((entries[i] & 4) != 0),
                "an entry that is not done");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint64_t entries[513];
    struct svsm_page_list head = {0, 0, 0};
    struct input in = {data, data + size};
    uint64_t offset = input_number(&in, 2) & 0xfff;
    uint64_t list = LIST_PAGE + ((offset & 0x800) != 0 ? offset & 0xff8 : offset & 0x7f8);
    size_t room = LIST_PAGE + SNP_SIZE_4K - list;
    size_t bytes = (size_t)(in.end - in.at);

    fixture_boot();
    if (size > 0 && (data[0] & 0x80) != 0) {
        fake_snp_smash(LARGE);
    }
    if (size > 1 && (data[0] & 0x40) != 0) {
        list += data[1] & 7;
        room = LIST_PAGE + SNP_SIZE_4K - list;
    }
    bytes = bytes < room ? bytes : room;
    fake_snp_poke(list, in.at, bytes);
    memset(entries, 0, sizeof(entries));
    memcpy(&head, in.at, bytes < sizeof(head) ? bytes : sizeof(head));
    if (bytes > sizeof(head)) {
        memcpy(entries, in.at + sizeof(head), bytes - sizeof(head));
    }
    remember();
    uint32_t result = fixture_core(0, SVSM_CORE_PVALIDATE, list, 0, 0);
    bool well_formed = list % 8 == 0 && head.next < head.count &&
                       (uint64_t)head.count * 8 + 8 <= room && room >= 8;

    require(well_formed || result == SVSM_ERR_INVALID_PARAMETER, "a list that is none");
    if (!well_formed) {
        expect_others_unchanged(NULL, 0);
        return 0;
    }
    if (fake_snp_page(LIST_PAGE)->validated) {
        uint16_t next = fixture_next(list);
        require(next >= head.next && next <= head.count, "`next` goes forward, to the end");
        require((next == head.count) == (result == SVSM_SUCCESS), "done is done");
        require(result != SVSM_ERR_INCOMPLETE || next >= head.next + 2,
                "incomplete without reason");
        expect_others_unchanged(entries + head.next, next - head.next + 1u);
        expect_done(entries, head.next, next);
    } else {
        require(result == SVSM_ERR_INVALID_ADDRESS, "a list that rescinded itself");
    }
    require(fixture_check() == NULL, "table and machine");
    return 0;
}
