/* SPDX-License-Identifier: MIT */
/* PVALIDATE: pages of 2 MiB, and what guests do where the machine has small ones. */
#include "protocol.h"
#include <svsm/abi/ghcb_events.h>

#define MARK UINT64_C(0x6666666666666666)
#define SIZE_MISMATCH (SVSM_ERR_PROTOCOL_BASE + SNP_FAIL_SIZEMISMATCH)
#define PAGES 512u

/* All small pages of the large one at `base`, in lists of 511. */
static bool small_pages(uint64_t base, uint64_t flags)
{
    bool good = true;

    for (unsigned done = 0; done < PAGES;) {
        unsigned count = PAGES - done < 511 ? PAGES - done : 511;
        for (unsigned i = 0; i < count; i++) {
            list_put(PAGE_LIST, i, (base + (done + i) * PAGE_SIZE) | flags);
        }
        list_begin(PAGE_LIST, count, 0);
        good = list_call(PAGE_LIST) == SVSM_SUCCESS && good;
        done += count;
    }
    return good;
}

/* A large page that is one all over; the host is asked for it, as pages may have been split. */
static bool make_large(uint64_t base)
{
    return small_pages(base, SVSM_ENTRY_IGNORE_CF) && large_to(base, GHCB_PSC_SHARED) &&
           large_to(base, GHCB_PSC_PRIVATE);
}

static void test_whole(uint64_t base)
{
    check(make_large(base), true, "large/made");
    check(list_one(base | SVSM_ENTRY_VALIDATE | ENTRY_2M), SVSM_SUCCESS, "large/validate");
    check(memory_differs(base, 0, SNP_SIZE_2M), 0, "large/validated-is-cleared");
    memory_fill(base, MARK, SNP_SIZE_2M);
    check(list_one(base | SVSM_ENTRY_VALIDATE | ENTRY_2M), SVSM_ERR_CORE_UNCHANGED,
          "large/validated-already");
    check(list_one(base | ENTRY_2M), SVSM_SUCCESS, "large/rescind");
    check_fault(memory_read(base), SNP_VECTOR_VC, VMEXIT_PAGE_NOT_VALIDATED,
                "large/rescinded-first-page");
    check_fault(memory_read(base + SNP_SIZE_2M - 8), SNP_VECTOR_VC, VMEXIT_PAGE_NOT_VALIDATED,
                "large/rescinded-last-page");
    check(list_one(base | ENTRY_2M), SVSM_ERR_CORE_UNCHANGED, "large/rescinded-already");
    check(list_one(base | ENTRY_2M | SVSM_ENTRY_IGNORE_CF), SVSM_SUCCESS,
          "large/rescinded-already-ignored");
    check(list_one(base | SVSM_ENTRY_VALIDATE | ENTRY_2M), SVSM_SUCCESS, "large/validate-again");
    check(memory_differs(base, 0, SNP_SIZE_2M), 0, "large/validated-again-is-cleared");
}

/* A small page out of a large one: the host splits it without a word. */
static void test_split(uint64_t base)
{
    uint64_t inner = base + 7 * PAGE_SIZE;

    memory_fill(base, MARK, SNP_SIZE_2M);
    check(list_one(ENTRY_RESCIND(inner)), SVSM_SUCCESS, "large/small-page-rescind");
    check_fault(memory_read(inner), SNP_VECTOR_VC, VMEXIT_PAGE_NOT_VALIDATED,
                "large/small-page-gone");
    check(memory_differs(base, MARK, 7 * PAGE_SIZE), 0, "large/split-keeps-those-before");
    check(memory_differs(inner + PAGE_SIZE, MARK, 504 * PAGE_SIZE), 0,
          "large/split-keeps-those-behind");
    check(list_one(ENTRY_VALIDATE(inner)), SVSM_SUCCESS, "large/small-page-validate");
    check(memory_differs(inner, 0, PAGE_SIZE), 0, "large/small-page-is-cleared");
}

/* As Linux: it notes the entry, passes it by, and does it in small pages later. */
static void test_mismatch(uint64_t base)
{
    memory_fill(base, MARK, SNP_SIZE_2M);
    list_begin(PAGE_LIST, 3, 0);
    list_put(PAGE_LIST, 0, ENTRY_RESCIND(PAGE_TEST(20)));
    list_put(PAGE_LIST, 1, base | ENTRY_2M);
    list_put(PAGE_LIST, 2, ENTRY_RESCIND(PAGE_TEST(21)));
    check(list_call(PAGE_LIST), SIZE_MISMATCH, "large/mismatch-rescind");
    check(list_next(PAGE_LIST), 1, "large/mismatch-rescind-next");
    check(memory_differs(base, MARK, SNP_SIZE_2M), 0, "large/mismatch-leaves-memory");
    list_begin(PAGE_LIST, 3, 2);
    check(list_call(PAGE_LIST), SVSM_SUCCESS, "large/mismatch-passed-by");
    /* Both are true of small pages that are valid already; what comes first is not said. */
    uint64_t answer = list_one(base | SVSM_ENTRY_VALIDATE | ENTRY_2M);
    check(answer == SIZE_MISMATCH || answer == SVSM_ERR_CORE_UNCHANGED, true,
          "large/mismatch-validate");
    check(small_pages(base, 0), true, "large/mismatch-rescind-small");
    check(list_one(base | SVSM_ENTRY_VALIDATE | ENTRY_2M), SIZE_MISMATCH,
          "large/mismatch-validate-rescinded");
    check_fault(memory_read(base + PAGE_SIZE), SNP_VECTOR_VC, VMEXIT_PAGE_NOT_VALIDATED,
                "large/mismatch-validate-did-nothing");
    check(small_pages(base, SVSM_ENTRY_VALIDATE), true, "large/mismatch-validate-small");
    check(memory_differs(base, 0, SNP_SIZE_2M), 0, "large/mismatch-small-is-cleared");
    check(list_one(ENTRY_VALIDATE(PAGE_TEST(20))), SVSM_SUCCESS, "large/mismatch-restore-first");
    check(list_one(ENTRY_VALIDATE(PAGE_TEST(21))), SVSM_SUCCESS, "large/mismatch-restore-last");
}

void test_large(void)
{
    test_whole(LARGE_2);
    test_split(LARGE_2);
    test_mismatch(LARGE_2);
}
