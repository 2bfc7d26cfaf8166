/* SPDX-License-Identifier: MIT */
/* PVALIDATE: what becomes of pages. */
/* SAFETY: a test guest; what it reads, writes and runs is memory of its own. */
#include "protocol.h"

#define MARK UINT64_C(0x5555555555555555)
#define CODE_RETURN 0xc3u
#define PAGE_A PAGE_TEST(16)
#define PAGE_B PAGE_TEST(17)

static void run(uint64_t code)
{
    ((void (*)(void))code)();
}

static void write_word(uint64_t gpa)
{
    *word_at(gpa) = MARK;
}

/* Read, write, execute. */
static void usable(uint64_t page, const char *name)
{
    check_fault(memory_read(page), NO_FAULT, 0, "pages/%s-readable", name);
    check_fault(probe(write_word, page), NO_FAULT, 0, "pages/%s-writable", name);
    *word_at(page + 8) = CODE_RETURN;
    check_fault(probe(run, page + 8), NO_FAULT, 0, "pages/%s-executable", name);
}

static void gone(uint64_t page, const char *name)
{
    check_fault(memory_read(page), SNP_VECTOR_VC, VMEXIT_PAGE_NOT_VALIDATED, "pages/%s-unreadable",
                name);
    check_fault(probe(write_word, page), SNP_VECTOR_VC, VMEXIT_PAGE_NOT_VALIDATED,
                "pages/%s-unwritable", name);
    check_fault(probe(run, page + 8), SNP_VECTOR_VC, VMEXIT_PAGE_NOT_VALIDATED,
                "pages/%s-not-executable", name);
}

static void test_cycle(void)
{
    usable(PAGE_A, "at-start");
    memory_fill(PAGE_A, MARK, PAGE_SIZE);
    memory_fill(PAGE_B, MARK, PAGE_SIZE);
    check(list_one(ENTRY_RESCIND(PAGE_A)), SVSM_SUCCESS, "pages/rescind");
    gone(PAGE_A, "rescinded");
    check(memory_differs(PAGE_B, MARK, PAGE_SIZE), 0, "pages/neighbour-untouched");
    check(list_one(ENTRY_VALIDATE(PAGE_A)), SVSM_SUCCESS, "pages/validate");
    check(memory_differs(PAGE_A, 0, PAGE_SIZE), 0, "pages/validated-is-cleared");
    usable(PAGE_A, "validated");
    check(memory_differs(PAGE_B, MARK, PAGE_SIZE), 0, "pages/neighbour-untouched-again");
}

/* To the host and back: the host's bytes are not what the guest gets. */
static void test_shared(void)
{
    check(list_one(ENTRY_RESCIND(PAGE_A)), SVSM_SUCCESS, "pages/rescind-for-host");
    check(page_to(PAGE_A, GHCB_MSR_PSC_SHARED), true, "pages/to-host");
    memory_fill(SHARED + PAGE_A, MARK, PAGE_SIZE);
    check(page_to(PAGE_A, GHCB_MSR_PSC_PRIVATE), true, "pages/from-host");
    gone(PAGE_A, "from-host");
    check(list_one(ENTRY_VALIDATE(PAGE_A)), SVSM_SUCCESS, "pages/validate-from-host");
    check(memory_differs(PAGE_A, 0, PAGE_SIZE), 0, "pages/from-host-is-cleared");
    usable(PAGE_A, "from-host-validated");
}

/* Twice in one list: in order. */
static void test_order(void)
{
    memory_fill(PAGE_A, MARK, PAGE_SIZE);
    list_begin(PAGE_LIST, 3, 0);
    list_put(PAGE_LIST, 0, ENTRY_RESCIND(PAGE_A));
    list_put(PAGE_LIST, 1, ENTRY_VALIDATE(PAGE_A));
    list_put(PAGE_LIST, 2, ENTRY_VALIDATE(PAGE_A));
    check(list_call(PAGE_LIST), SVSM_ERR_CORE_UNCHANGED, "pages/thrice-in-a-list");
    check(list_next(PAGE_LIST), 2, "pages/thrice-in-a-list-next");
    check(memory_differs(PAGE_A, 0, PAGE_SIZE), 0, "pages/thrice-in-a-list-cleared");
}

/* The ends of memory above the SVSM are the guest's, too. */
static void test_above(void)
{
    const uint64_t above = (svsm_end() + SNP_SIZE_2M - 1) & ~(SNP_SIZE_2M - 1);
    const uint64_t pages[] = {svsm_start() - PAGE_SIZE, above, memory_end - PAGE_SIZE};
    static const char *const names[] = {"below-svsm", "above-svsm", "last-of-memory"};

    for (unsigned i = 0; i < ARRAY_COUNT(pages); i++) {
        memory_fill(pages[i], MARK, PAGE_SIZE);
        check(list_one(ENTRY_RESCIND(pages[i])), SVSM_SUCCESS, "pages/%s-rescind", names[i]);
        gone(pages[i], names[i]);
        check(list_one(ENTRY_VALIDATE(pages[i])), SVSM_SUCCESS, "pages/%s-validate", names[i]);
        check(memory_differs(pages[i], 0, PAGE_SIZE), 0, "pages/%s-is-cleared", names[i]);
        usable(pages[i], names[i]);
    }
}

void test_pages(void)
{
    test_cycle();
    test_shared();
    test_order();
    test_above();
}
