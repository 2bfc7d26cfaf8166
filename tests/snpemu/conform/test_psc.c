/* SPDX-License-Identifier: MIT */
/* The page state change event: lists, indices, sizes and errors. */
#include "conform.h"
#include <svsm/abi/ghcb_events.h>

#define SCRATCH (PAGE_GHCB + offsetof(struct ghcb, shared_buffer))
#define GFN(page) ((page) >> 12)
#define RUN 40u

static struct ghcb_psc *const list = (struct ghcb_psc *)(SHARED + SCRATCH);

/* What came back: output goes through the same page. */
static struct ghcb_psc after;
static uint64_t status;

static void take(void)
{
    const volatile uint64_t *from = (const volatile uint64_t *)list;
    uint64_t *to = (uint64_t *)&after;

    status = the_ghcb->sw_exitinfo2;
    for (unsigned i = 0; i < sizeof(after) / sizeof(*to); i++) {
        to[i] = from[i];
    }
}

/* A host may come back before it is done; then it is asked again, as often as it goes on. */
static void ask(uint16_t first, uint16_t last)
{
    uint16_t before = first;

    list->header.cur_entry = first;
    list->header.end_entry = last;
    for (;;) {
        GHCB_SET(sw_scratch, SCRATCH);
        ghcb_ask(GHCB_EVENT_PSC, 0, 0);
        take();
        if (status != GHCB_PSC_OK || after.header.cur_entry > last ||
            after.header.cur_entry <= before) {
            return;
        }
        before = after.header.cur_entry;
    }
}

static bool is_private(uint64_t page)
{
    struct insn i = {.rax = page, .rdx = 1};

    insn_pvalidate(&i);
    return i.rax == SNP_SUCCESS;
}

static void many(void)
{
    ghcb_begin();
    for (unsigned i = 0; i < RUN; i++) {
        list->entries[i] = ghcb_psc_entry(GHCB_PSC_PRIVATE, GFN(PAGE(PAGE_FREE + 16 + i)), 0);
    }
    ask(0, RUN - 1);
    check(status, GHCB_PSC_OK, "psc-many");
    check(after.header.cur_entry, RUN, "psc-many-index");
    check(after.header.end_entry, RUN - 1, "psc-many-end-stays");
    check(after.entries[0] & GHCB_PSC_CUR_PAGE, 1, "psc-many-page-counted");
    for (unsigned i = 0; i < RUN; i += 13) {
        check(is_private(PAGE(PAGE_FREE + 16 + i)), true, "psc-many-private-%u", i);
    }
    /* From the middle of a list on. */
    ghcb_begin();
    for (unsigned i = 0; i < RUN; i++) {
        list->entries[i] = ghcb_psc_entry(GHCB_PSC_SHARED, GFN(PAGE(PAGE_FREE + 16 + i)), 0);
    }
    ask(10, RUN - 1);
    check(status, GHCB_PSC_OK, "psc-from-10");
    check(after.header.cur_entry, RUN, "psc-from-10-index");
    check(after.entries[9] & GHCB_PSC_CUR_PAGE, 0, "psc-from-10-leaves-9");
    struct insn i = {.rax = PAGE(PAGE_FREE + 16 + 9), .rdx = 1};
    insn_pvalidate(&i);
    check(i.rax == SNP_SUCCESS, true, "psc-from-10-leaves-page-9");
    for (unsigned n = 0; n < 10; n++) {
        (void)page_to(PAGE(PAGE_FREE + 16 + n), GHCB_MSR_PSC_SHARED);
    }
}

static void headers(void)
{
    static const uint16_t ends[] = {253, 254, 1000, 0x7fff, 0xffff};

    for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        ghcb_begin();
        ask(0, ends[i]);
        check(status, GHCB_PSC_BAD_HEADER, "psc-end-%u", (unsigned)ends[i]);
    }
    ghcb_begin();
    ask(5, 4);
    check(status, GHCB_PSC_OK, "psc-nothing-to-do");
    check(after.header.cur_entry, 5, "psc-nothing-to-do-index");
}

static void entries(void)
{
    uint64_t page = PAGE(PAGE_FREE + 10);

    ghcb_begin();
    list->entries[0] = ghcb_psc_entry(GHCB_PSC_PRIVATE, GFN(LARGE + PAGE_SIZE), GHCB_PSC_2M);
    ask(0, 0);
    check(status, GHCB_PSC_BAD_ENTRY, "psc-2m-unaligned");
    check(after.header.cur_entry, 0, "psc-2m-unaligned-index");
    ghcb_begin();
    list->entries[0] = ghcb_psc_entry(GHCB_PSC_PRIVATE, GFN(page), 0) | 2;
    ask(0, 0);
    check(status, GHCB_PSC_BAD_ENTRY, "psc-more-pages-than-one");
    ghcb_begin();
    list->entries[0] = ghcb_psc_entry(GHCB_PSC_PRIVATE, GFN(LARGE), GHCB_PSC_2M) | 513;
    ask(0, 0);
    check(status, GHCB_PSC_BAD_ENTRY, "psc-more-pages-than-512");
    ghcb_begin();
    list->entries[0] = ghcb_psc_entry(GHCB_PSC_PRIVATE, GFN(page), 0);
    list->entries[1] = ghcb_psc_entry(GHCB_PSC_PRIVATE, NO_GFN, 0);
    list->entries[2] = ghcb_psc_entry(GHCB_PSC_PRIVATE, GFN(page + PAGE_SIZE), 0);
    ask(0, 2);
    check(status != GHCB_PSC_OK, true, "psc-no-memory");
    check(after.header.cur_entry, 1, "psc-no-memory-index");
    check(is_private(page), true, "psc-no-memory-first-is-done");
    page_shared(page);
    /* Splitting and joining are advice. */
    for (unsigned operation = GHCB_PSC_PSMASH; operation <= GHCB_PSC_UNSMASH; operation++) {
        ghcb_begin();
        list->entries[0] = ghcb_psc_entry(operation, GFN(LARGE), GHCB_PSC_2M);
        ask(0, 0);
        check(status, GHCB_PSC_OK, "psc-advice-%u", operation);
        check(after.header.cur_entry, 1, "psc-advice-%u-index", operation);
    }
}

static void large(void)
{
    struct insn i = {.rax = LARGE, .rcx = SNP_PAGE_2M, .rdx = 1};

    (void)large_to(LARGE, GHCB_PSC_SHARED);
    bool good = large_to(LARGE, GHCB_PSC_PRIVATE);
    take();
    check(good, true, "psc-2m");
    check(after.entries[0] & GHCB_PSC_CUR_PAGE, 512, "psc-2m-pages-counted");
    insn_pvalidate(&i);
    check(i.rax, SNP_SUCCESS, "psc-2m-entry-is-2m");
    /* One 4 KiB of it to shared: the rest stays private and validated. */
    i = (struct insn){.rax = LARGE + 9 * PAGE_SIZE, .rdx = 0};
    insn_pvalidate(&i);
    check(i.rax, SNP_SUCCESS, "psc-4k-of-2m-rescind");
    check(page_to(LARGE + 9 * PAGE_SIZE, GHCB_MSR_PSC_SHARED), true, "psc-4k-of-2m-shared");
    i = (struct insn){.rax = LARGE + 10 * PAGE_SIZE, .rdx = 1};
    insn_pvalidate(&i);
    check(i.rax == SNP_SUCCESS && i.cf, true, "psc-4k-of-2m-neighbour-still-validated");
    check(large_to(LARGE, GHCB_PSC_SHARED), true, "psc-2m-shared-again");
}

void test_psc(void)
{
    many();
    headers();
    entries();
    large();
}
