/* SPDX-License-Identifier: MIT */
/* PVALIDATE: entries that are refused. Those before them are done, `next` says which one it was. */
#include "protocol.h"

#define MARK UINT64_C(0x4444444444444444)

/* As the second of three entries; the first and third rescind and validate. */
static void refused(uint64_t want, uint64_t entry, const char *name, unsigned number)
{
    *word_at(PAGE_TEST(10)) = MARK;
    *word_at(PAGE_TEST(11)) = MARK;
    list_begin(PAGE_LIST, 4, 1);
    list_put(PAGE_LIST, 0, ENTRY_RESCIND(PAGE_TEST(11)));
    list_put(PAGE_LIST, 1, ENTRY_VALIDATE(PAGE_TEST(10)) | SVSM_ENTRY_IGNORE_CF);
    list_put(PAGE_LIST, 2, entry);
    list_put(PAGE_LIST, 3, ENTRY_RESCIND(PAGE_TEST(11)));
    call_refused(want, svsm_call_rax(0, SVSM_CORE_PVALIDATE), PAGE_LIST, 2, 3, "entry/%s-%u", name,
                 number);
    check(list_next(PAGE_LIST), 2, "entry/%s-%u-next", name, number);
    check(*word_at(PAGE_TEST(11)), MARK, "entry/%s-%u-others", name, number);
}

static void test_bits(void)
{
    for (unsigned bit = 4; bit < 12; bit++) {
        refused(SVSM_ERR_INVALID_PARAMETER, ENTRY_RESCIND(PAGE_TEST(12)) | UINT64_C(1) << bit,
                "reserved-bit", bit);
    }
    refused(SVSM_ERR_INVALID_PARAMETER, ENTRY_VALIDATE(PAGE_TEST(12)) | 2, "size", 2);
    refused(SVSM_ERR_INVALID_PARAMETER, ENTRY_VALIDATE(PAGE_TEST(12)) | 3, "size", 3);
    for (unsigned bit = 12; bit < 21; bit++) {
        refused(SVSM_ERR_INVALID_PARAMETER, LARGE_2 | UINT64_C(1) << bit | ENTRY_2M,
                "large-misaligned-bit", bit);
    }
}

static void test_places(void)
{
    for (unsigned i = 0; i < PLACES - PLACES_NOT_VALIDATED; i++) {
        refused(SVSM_ERR_INVALID_ADDRESS, ENTRY_VALIDATE(place(i).gpa), place(i).name, 0);
        refused(SVSM_ERR_INVALID_ADDRESS, ENTRY_RESCIND(place(i).gpa), place(i).name, 1);
        refused(SVSM_ERR_INVALID_ADDRESS, ENTRY_VALIDATE(place(i).gpa) | SVSM_ENTRY_IGNORE_CF,
                place(i).name, 2);
    }
    uint64_t area = (uint64_t)call_area();
    refused(SVSM_ERR_INVALID_ADDRESS, ENTRY_RESCIND(area), "calling-area", 1);
    refused(SVSM_ERR_INVALID_ADDRESS, (area & ~(SNP_SIZE_2M - 1)) | ENTRY_2M,
            "large-with-calling-area", 1);
    refused(SVSM_ERR_INVALID_ADDRESS, (svsm_start() & ~(SNP_SIZE_2M - 1)) | ENTRY_2M,
            "large-with-svsm", 1);
    refused(SVSM_ERR_INVALID_ADDRESS, ((svsm_end() - 1) & ~(SNP_SIZE_2M - 1)) | ENTRY_2M,
            "large-with-svsm-end", 1);
    refused(SVSM_ERR_INVALID_ADDRESS, (memory_end - SNP_SIZE_2M + SNP_SIZE_2M) | ENTRY_2M,
            "large-behind-memory", 1);
    refused(SVSM_ERR_INVALID_ADDRESS, ~(SNP_SIZE_2M - 1) | ENTRY_2M, "large-last-of-all", 1);
}

static void test_states(void)
{
    uint64_t page = PAGE_TEST(12);

    refused(SVSM_ERR_CORE_UNCHANGED, ENTRY_VALIDATE(page), "validated-already", 0);
    check(list_one(ENTRY_RESCIND(page)), SVSM_SUCCESS, "entry/rescind");
    refused(SVSM_ERR_CORE_UNCHANGED, ENTRY_RESCIND(page), "rescinded-already", 0);
    check(list_one(ENTRY_RESCIND(page) | SVSM_ENTRY_IGNORE_CF), SVSM_SUCCESS,
          "entry/rescinded-already-ignored");
    check(list_one(ENTRY_VALIDATE(page)), SVSM_SUCCESS, "entry/validate");
    check(list_one(ENTRY_VALIDATE(page) | SVSM_ENTRY_IGNORE_CF), SVSM_SUCCESS,
          "entry/validated-already-ignored");
    check(memory_read(page).happened, false, "entry/validated-already-readable");
}

/* A page with the list itself: what comes back is an answer, and the page can be had again. */
static void test_own_list(void)
{
    list_begin(PAGE_LIST_2, 2, 0);
    list_put(PAGE_LIST_2, 0, ENTRY_RESCIND(PAGE_LIST_2));
    list_put(PAGE_LIST_2, 1, ENTRY_RESCIND(PAGE_TEST(13)));
    uint64_t answer = list_call(PAGE_LIST_2);
    check(answer == SVSM_SUCCESS || answer == SVSM_ERR_INVALID_ADDRESS, true, "entry/own-list");
    check(list_one(ENTRY_VALIDATE(PAGE_LIST_2) | SVSM_ENTRY_IGNORE_CF), SVSM_SUCCESS,
          "entry/own-list-validate");
    check(list_one(ENTRY_VALIDATE(PAGE_TEST(13)) | SVSM_ENTRY_IGNORE_CF), SVSM_SUCCESS,
          "entry/own-list-other");
    check(memory_read(PAGE_LIST_2).happened, false, "entry/own-list-readable");
    check(memory_read(PAGE_TEST(13)).happened, false, "entry/own-list-other-readable");
}

void test_entry(void)
{
    test_bits();
    test_places();
    test_states();
    test_own_list();
}
