/* SPDX-License-Identifier: MIT */
/* PVALIDATE: each result that the protocol knows, what it leaves behind, and a host that meddles.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "fixture.h"

#define ADD SVSM_ENTRY_VALIDATE
#define ANY SVSM_ENTRY_IGNORE_CF
#define BIG ((uint64_t)SNP_PAGE_2M)
#define FREE PAGE(5) /* not validated */
#define HELD PAGE(100)

static int setup(void **unused)
{
    (void)unused;
    fixture_boot();
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    fake_snp_check();
    assert_null(fake_snp_breach());
    return 0;
}

static bool writable(uint64_t gpa)
{
    return fake_snp_guest_write(0, gpa, "x", 1);
}

static void expect_ready(uint64_t gpa)
{
    assert_int_equal(fake_snp_page(gpa)->validated, true);
    assert_int_equal(fake_snp_page(gpa)->perms[2], SNP_PERM_ALL);
    assert_int_equal(fake_snp_page(gpa)->perms[1], 0);
    assert_int_equal(fake_snp_page(gpa)->perms[3], 0);
    assert_int_equal(fake_snp_peek(gpa + 77), 0);
}

static void expect_gone(uint64_t gpa)
{
    assert_int_equal(fake_snp_page(gpa)->perms[2], 0);
    assert_int_equal(fake_snp_page(gpa)->perms[3], 0);
    assert_false(writable(gpa));
}

static void validates(void **unused)
{
    (void)unused;
    assert_int_equal(fixture_pvalidate(FREE | ADD), SVSM_SUCCESS);
    expect_ready(FREE);
    assert_int_equal(fixture_next(LIST), 1);
    expect_gone(FREE + PAGE(1));
}

static void validates_large(void **unused)
{
    (void)unused;
    assert_int_equal(fixture_pvalidate(LARGE | ADD | BIG), SVSM_SUCCESS);
    expect_ready(LARGE);
    expect_ready(HOLE - PAGE(1));
    assert_true(fake_snp_page(LARGE)->large);
    assert_int_equal(fake_snp_count(FAKE_SNP_CLEAR),
                     fake_snp_count(FAKE_SNP_PVALIDATE)); /* one each */
}

static void rescinds(void **unused)
{
    unsigned flushes = fake_snp_count(FAKE_SNP_FLUSH);

    (void)unused;
    assert_true(writable(HELD));
    fake_snp_page(HELD)->perms[3] = SNP_PERM_READ; /* VMPL2 passed that on */
    assert_int_equal(fixture_pvalidate(HELD), SVSM_SUCCESS);
    assert_int_equal(fake_snp_page(HELD)->validated, false);
    expect_gone(HELD); /* not even through the TLB */
    assert_int_equal(fake_snp_count(FAKE_SNP_FLUSH), flushes + 1);
    assert_int_equal(fixture_next(LIST), 1);
}

static void rescinds_large(void **unused)
{
    (void)unused;
    assert_int_equal(fixture_pvalidate(LARGE | ADD | BIG), SVSM_SUCCESS);
    assert_int_equal(fixture_pvalidate(LARGE | BIG), SVSM_SUCCESS);
    expect_gone(LARGE);
    expect_gone(HOLE - PAGE(1));
    assert_int_equal(fixture_pvalidate(LARGE | ADD | BIG), SVSM_SUCCESS);
}

static void clears_again(void **unused)
{
    (void)unused;
    fake_snp_poke(HELD, "left", 4);
    assert_int_equal(fixture_pvalidate(HELD), SVSM_SUCCESS);
    fake_snp_poke(HELD, "host", 4);
    assert_int_equal(fixture_pvalidate(HELD | ADD), SVSM_SUCCESS);
    assert_int_equal(fake_snp_peek(HELD), 0);
    expect_ready(HELD);
}

static void unchanged(void **unused)
{
    (void)unused;
    assert_int_equal(fixture_pvalidate(HELD | ADD), SVSM_ERR_CORE_UNCHANGED);
    assert_int_equal(fixture_next(LIST), 0);
    assert_true(writable(HELD));
    assert_int_equal(fake_snp_peek(HELD), 'x'); /* not cleared */
    assert_int_equal(fixture_pvalidate(FREE), SVSM_ERR_CORE_UNCHANGED);
    expect_gone(FREE);
}

static void unchanged_ignored(void **unused)
{
    (void)unused;
    assert_true(writable(HELD));
    assert_int_equal(fixture_pvalidate(HELD | ADD | ANY), SVSM_SUCCESS);
    expect_ready(HELD);
    assert_int_equal(fake_snp_peek(HELD), 0);
    assert_int_equal(fixture_pvalidate(FREE | ANY), SVSM_SUCCESS);
    expect_gone(FREE);
    assert_int_equal(fixture_pvalidate(FREE | ADD | ANY), SVSM_SUCCESS);
    expect_ready(FREE);
}

/* Addresses that a list, or an entry of it, must not have, and what bits. */
static void bad_entries(void **unused)
{
    static const struct {
        uint64_t entry;
        uint32_t result;
    } cases[] = {
        {FREE | ADD | 0x10, SVSM_ERR_INVALID_PARAMETER},
        {FREE | ADD | 0x800, SVSM_ERR_INVALID_PARAMETER},
        {FREE | ADD | 2, SVSM_ERR_INVALID_PARAMETER},
        {FREE | ADD | 3, SVSM_ERR_INVALID_PARAMETER},
        {(LARGE + PAGE(1)) | ADD | BIG, SVSM_ERR_INVALID_PARAMETER},
        {(LARGE + PAGE(256)) | ADD | BIG, SVSM_ERR_INVALID_PARAMETER},
        {HOLE | ADD, SVSM_ERR_INVALID_ADDRESS},
        {(HIGH - PAGE(1)) | ADD, SVSM_ERR_INVALID_ADDRESS},
        {END | ADD, SVSM_ERR_INVALID_ADDRESS},
        {HOLE | ADD | BIG, SVSM_ERR_INVALID_ADDRESS}, /* the hole, and beyond the end */
        {SNP_IMAGE_BASE | ADD, SVSM_ERR_INVALID_ADDRESS},
        {SNP_IMAGE_BASE | ADD | BIG, SVSM_ERR_INVALID_ADDRESS},
        {SNP_IMAGE_GUEST_VMSA, SVSM_ERR_INVALID_ADDRESS},
        {FIRST_CA, SVSM_ERR_INVALID_ADDRESS}, /* in use */
        {FIRST_CA | ADD | ANY, SVSM_ERR_INVALID_ADDRESS},
        {LOW | BIG, SVSM_ERR_INVALID_ADDRESS}, /* a calling area is in it */
        {(~UINT64_C(0) & SVSM_ENTRY_GPA) | ADD, SVSM_ERR_INVALID_ADDRESS},
        {(~UINT64_C(0x1fffff)) | ADD | BIG, SVSM_ERR_INVALID_ADDRESS},
        {(UINT64_C(1) << 51) | FREE | ADD, SVSM_ERR_INVALID_ADDRESS}, /* with a C-bit */
    };

    (void)unused;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        unsigned done = fake_snp_count(FAKE_SNP_PVALIDATE) + fake_snp_count(FAKE_SNP_ADJUST);
        assert_int_equal(fixture_pvalidate(cases[i].entry), cases[i].result);
        assert_int_equal(fixture_next(LIST), 0);
        assert_int_equal(fake_snp_count(FAKE_SNP_PVALIDATE) + fake_snp_count(FAKE_SNP_ADJUST),
                         done);
    }
}

static void bad_lists(void **unused)
{
    static const struct {
        uint64_t at;
        uint16_t count, next;
        uint32_t result;
    } cases[] = {
        {LIST, 0, 0, SVSM_ERR_INVALID_PARAMETER},
        {LIST, 1, 1, SVSM_ERR_INVALID_PARAMETER},
        {LIST, 1, 0xffff, SVSM_ERR_INVALID_PARAMETER},
        {LIST, 512, 0, SVSM_ERR_INVALID_PARAMETER},
        {LIST, 0xffff, 0, SVSM_ERR_INVALID_PARAMETER},
        {LIST + 8, 511, 0, SVSM_ERR_INVALID_PARAMETER},
        {LIST + 0xff8, 1, 0, SVSM_ERR_INVALID_PARAMETER},
        {LIST + 0xff0, 2, 0, SVSM_ERR_INVALID_PARAMETER},
        {LIST + 4, 1, 0, SVSM_ERR_INVALID_PARAMETER},
        {LIST + 1, 1, 0, SVSM_ERR_INVALID_PARAMETER},
        {FREE, 1, 0, SVSM_ERR_INVALID_ADDRESS},
        {HOLE, 1, 0, SVSM_ERR_INVALID_ADDRESS},
        {SNP_IMAGE_BASE, 1, 0, SVSM_ERR_INVALID_ADDRESS},
        {~UINT64_C(7), 1, 0, SVSM_ERR_INVALID_ADDRESS},
        {END, 1, 0, SVSM_ERR_INVALID_ADDRESS},
    };

    (void)unused;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct svsm_page_list head = {cases[i].count, cases[i].next, 0};
        if (fake_snp_page(cases[i].at) != NULL && cases[i].at % SNP_SIZE_4K <= 0xff8) {
            fake_snp_poke(cases[i].at, &head, sizeof(head));
        }
        assert_int_equal(fixture_core(0, SVSM_CORE_PVALIDATE, cases[i].at, 0, 0), cases[i].result);
    }
    assert_int_equal(fake_snp_count(FAKE_SNP_FLUSH), 0);
}

static void longest_list(void **unused)
{
    uint64_t entries[511];

    (void)unused;
    for (size_t i = 0; i < 511; i++) {
        entries[i] = (LARGE + PAGE(i)) | ADD;
    }
    fixture_list(LIST, 511, 0, entries);
    assert_int_equal(fixture_core(0, SVSM_CORE_PVALIDATE, LIST, 0, 0), SVSM_SUCCESS);
    assert_int_equal(fixture_next(LIST), 511);
    expect_ready(LARGE + PAGE(510));
    expect_gone(LARGE + PAGE(511));
}

/* In the last place where a list fits; and one that begins in the middle of itself. */
static void short_lists(void **unused)
{
    static const uint64_t one = FREE | ADD;
    static const uint64_t two[] = {1, FREE + PAGE(1) + ADD}; /* the first is not looked at */

    (void)unused;
    fixture_list(LIST + 0xff0, 1, 0, &one);
    assert_int_equal(fixture_core(0, SVSM_CORE_PVALIDATE, LIST + 0xff0, 0, 0), SVSM_SUCCESS);
    assert_int_equal(fixture_next(LIST + 0xff0), 1);
    expect_ready(FREE);
    fixture_list(LIST, 2, 1, two);
    assert_int_equal(fixture_core(0, SVSM_CORE_PVALIDATE, LIST, 0, 0), SVSM_SUCCESS);
    expect_ready(FREE + PAGE(1));
}

/* Entries before the bad one are done and stay so; the list goes on where it stopped. */
static void resumes(void **unused)
{
    uint64_t entries[] = {FREE | ADD, (FREE + PAGE(1)) | ADD, HELD | ADD, (FREE + PAGE(2)) | ADD};

    (void)unused;
    fixture_list(LIST, 4, 0, entries);
    assert_int_equal(fixture_core(0, SVSM_CORE_PVALIDATE, LIST, 0, 0), SVSM_ERR_CORE_UNCHANGED);
    assert_int_equal(fixture_next(LIST), 2);
    expect_ready(FREE + PAGE(1));
    expect_gone(FREE + PAGE(2));
    fixture_list(LIST, 4, 3, entries);
    assert_int_equal(fixture_core(0, SVSM_CORE_PVALIDATE, LIST, 0, 0), SVSM_SUCCESS);
    assert_int_equal(fixture_next(LIST), 4);
    expect_ready(FREE + PAGE(2));
}

/* Small pages behind a large entry: the guest has to split it. */
static void size_mismatch(void **unused)
{
    (void)unused;
    fake_snp_smash(LARGE);
    assert_int_equal(fixture_pvalidate(LARGE | ADD | BIG), 0x80001006);
    assert_int_equal(fixture_next(LIST), 0);
    expect_gone(LARGE);
    assert_int_equal(fixture_pvalidate(LARGE | ADD), SVSM_SUCCESS);
    /* Some of it is validated: it cannot be one page. */
    assert_int_equal(fixture_pvalidate(LARGE | ADD | BIG), 0x80001006);
    assert_int_equal(fixture_pvalidate(LARGE | BIG), 0x80001006);
    expect_ready(LARGE);
}

static void small_in_large(void **unused)
{
    (void)unused;
    assert_int_equal(fixture_pvalidate(LARGE | ADD | BIG), SVSM_SUCCESS);
    assert_int_equal(fixture_pvalidate((LARGE + PAGE(3))), SVSM_SUCCESS);
    expect_gone(LARGE + PAGE(3));
    expect_ready(LARGE + PAGE(4));
}

static void incomplete(void **unused)
{
    static const uint64_t entries[] = {LARGE | ADD | BIG, LARGE | BIG, LARGE | ADD | BIG,
                                       LARGE | BIG, LARGE | ADD | BIG};

    (void)unused;
    fixture_list(LIST, 5, 0, entries);
    assert_int_equal(fixture_core(0, SVSM_CORE_PVALIDATE, LIST, 0, 0), SVSM_ERR_INCOMPLETE);
    assert_int_equal(fixture_next(LIST), 2);
    assert_int_equal(fixture_core(0, SVSM_CORE_PVALIDATE, LIST, 0, 0), SVSM_ERR_INCOMPLETE);
    assert_int_equal(fixture_next(LIST), 4);
    assert_int_equal(fixture_core(0, SVSM_CORE_PVALIDATE, LIST, 0, 0), SVSM_SUCCESS);
    expect_ready(LARGE);
}

/* Each instruction fails in each way at each place: the code, and never a right left. */
static void instruction_fails(void **unused)
{
    static const struct {
        uint32_t eax, result;
    } codes[] = {{1, 0x80001001},  {2, 0x80001002},  {3, 0x80001003},
                 {15, 0x8000100f}, {16, 0x80001011}, {SNP_GONE, SVSM_ERR_INVALID_ADDRESS}};

    (void)unused;
    for (size_t i = 0; i < ARRAY_COUNT(codes); i++) {
        fake_snp_fail(FAKE_SNP_PVALIDATE, 0, codes[i].eax);
        assert_int_equal(fixture_pvalidate(FREE | ADD), codes[i].result);
        expect_gone(FREE);
        fake_snp_fail(FAKE_SNP_ADJUST, 0, codes[i].eax);
        assert_int_equal(fixture_pvalidate(FREE | ADD), codes[i].result);
        expect_gone(FREE);
        assert_int_equal(fake_snp_page(FREE)->validated, false);
        fake_snp_fail(FAKE_SNP_ADJUST, i % 2, codes[i].eax);
        assert_int_equal(fixture_pvalidate(HELD), codes[i].result);
        assert_int_equal(fake_snp_page(HELD)->validated, true);
        fake_snp_fail(FAKE_SNP_PVALIDATE, 0, codes[i].eax);
        assert_int_equal(fixture_pvalidate(HELD), codes[i].result);
        assert_int_equal(fake_snp_page(HELD)->validated, true);
        assert_false(writable(HELD));
    }
    assert_int_equal(fixture_pvalidate(HELD), SVSM_SUCCESS);
    assert_int_equal(fixture_pvalidate(FREE | ADD), SVSM_SUCCESS);
}

static void clear_fails(void **unused)
{
    (void)unused;
    fake_snp_fail(FAKE_SNP_CLEAR, 0, SNP_GONE);
    assert_int_equal(fixture_pvalidate(FREE | ADD), SVSM_ERR_INVALID_ADDRESS);
    expect_gone(FREE);
    assert_int_equal(fake_snp_page(FREE)->validated, false);
    fake_snp_fail(FAKE_SNP_CLEAR, 0, SNP_GONE);
    assert_int_equal(fixture_pvalidate(HELD | ADD | ANY), SVSM_ERR_INVALID_ADDRESS);
    expect_gone(HELD);
    assert_int_equal(fixture_pvalidate(HELD | ADD), SVSM_SUCCESS);
}

/* The list is where the host takes pages: no crash, the result, and what was done stays done. */
static void list_goes_away(void **unused)
{
    (void)unused;
    for (unsigned n = 0; n < 2; n++) {
        fixture_boot();
        fake_snp_fail(FAKE_SNP_READ, n, 1);
        assert_int_equal(fixture_pvalidate(FREE | ADD), SVSM_ERR_INVALID_ADDRESS);
        expect_gone(FREE);
    }
    fake_snp_fail(FAKE_SNP_WRITE, 0, 1);
    assert_int_equal(fixture_pvalidate(FREE | ADD), SVSM_ERR_INVALID_ADDRESS);
    expect_ready(FREE);
    /* It names itself. */
    assert_int_equal(fixture_pvalidate(LIST), SVSM_ERR_INVALID_ADDRESS);
    expect_gone(LIST);
}

/* Nothing leads anywhere from such a page, and nothing is done to it: which page that would be is
 * the host's choice. */
static void expect_dead(uint64_t gpa)
{
    static const uint64_t ways[] = {0, ADD, ANY, ADD | ANY};
    uint8_t byte = 0;

    for (size_t i = 0; i < 2 * ARRAY_COUNT(ways); i++) {
        unsigned done = fake_snp_count(FAKE_SNP_PVALIDATE) + fake_snp_count(FAKE_SNP_ADJUST);
        assert_int_equal(fixture_pvalidate(gpa | ways[i / 2]), SVSM_ERR_INVALID_ADDRESS);
        assert_int_equal(fixture_pvalidate((gpa & ~(SNP_SIZE_2M - 1)) | ways[i / 2] | BIG),
                         SVSM_ERR_INVALID_ADDRESS);
        assert_int_equal(fixture_create(0, 1, gpa, PAGE(71)), SVSM_ERR_INVALID_ADDRESS);
        assert_int_equal(fixture_core(0, SVSM_CORE_DELETE_VCPU, gpa, 0, 0),
                         SVSM_ERR_INVALID_PARAMETER);
        assert_int_equal(fixture_core(0, SVSM_CORE_REMAP_CA, gpa, 0, 0), SVSM_ERR_INVALID_ADDRESS);
        assert_int_equal(fixture_core(0, SVSM_CORE_PVALIDATE, gpa, 0, 0), SVSM_ERR_INVALID_ADDRESS);
        assert_int_equal(guest_read(&byte, gpa, 1), ERR_ADDRESS);
        assert_int_equal(guest_write(gpa, &byte, 1), ERR_ADDRESS);
        assert_int_equal(fake_snp_count(FAKE_SNP_PVALIDATE) + fake_snp_count(FAKE_SNP_ADJUST),
                         done);
        fake_snp_exchange(gpa);
    }
}

/* Two pages for one address: the host puts another one there, and the guest is to accept it. */
static void exchanged(void **unused)
{
    (void)unused;
    fake_snp_exchange(HELD);
    assert_int_equal(fixture_pvalidate(HELD | ADD | ANY), SVSM_ERR_CORE_UNEXPECTED);
    expect_gone(HELD);
    expect_dead(HELD);
}

/* A new page that cannot be cleared, or not granted, cannot be taken back either, in each way. */
static void not_taken_back(void **unused)
{
    static const struct {
        enum fake_snp_op op;
        unsigned n;
    } cases[] = {
        {FAKE_SNP_ADJUST, 0}, {FAKE_SNP_ADJUST, 1}, {FAKE_SNP_PVALIDATE, 1}, {FAKE_SNP_OPS, 0}};

    (void)unused;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        fixture_boot();
        fake_snp_fail(FAKE_SNP_CLEAR, 0, SNP_GONE);
        if (cases[i].op != FAKE_SNP_OPS) {
            fake_snp_fail(cases[i].op, cases[i].n, SNP_FAIL_INUSE);
        }
        assert_int_equal(fixture_pvalidate(FREE | ADD), SVSM_ERR_INVALID_ADDRESS);
        expect_gone(FREE);
        if (cases[i].op != FAKE_SNP_OPS) {
            expect_dead(FREE);
        } else {
            assert_int_equal(fixture_pvalidate(FREE | ADD), SVSM_SUCCESS);
        }
        assert_int_equal(fixture_pvalidate((FREE + PAGE(1)) | ADD), SVSM_SUCCESS);
    }
}

/* All of a large page is lost with it. */
static void not_taken_back_large(void **unused)
{
    (void)unused;
    fake_snp_fail(FAKE_SNP_CLEAR, 0, SNP_GONE);
    fake_snp_fail(FAKE_SNP_PVALIDATE, 1, SNP_FAIL_SIZEMISMATCH);
    assert_int_equal(fixture_pvalidate(LARGE | ADD | BIG), SVSM_ERR_INVALID_ADDRESS);
    expect_dead(LARGE);
    expect_dead(HOLE - PAGE(1));
}

static uint64_t meddled;
static enum fake_snp_op meddle_at;

static void exchange_once(enum fake_snp_op op, uint64_t gpa)
{
    if (op == meddle_at && gpa == meddled) {
        fake_snp_hook = NULL;
        fake_snp_exchange(gpa);
    }
}

static void take_once(enum fake_snp_op op, uint64_t gpa)
{
    if (op == meddle_at && gpa == meddled) {
        fake_snp_hook = NULL;
        fake_snp_take(gpa);
        fake_snp_give(gpa);
    }
}

/* The host moves between any two instructions: the guest never sees what was not cleared. */
static void host_between(void **unused)
{
    void (*const hooks[])(enum fake_snp_op, uint64_t) = {exchange_once, take_once};
    static const uint64_t entries[] = {FREE | ADD, HELD, HELD | ADD | ANY};

    (void)unused;
    for (size_t i = 0; i < 2 * 3 * FAKE_SNP_OPS; i++) {
        uint64_t entry = entries[i / 2 % 3];
        fixture_boot();
        meddle_at = (enum fake_snp_op)(i / 6);
        meddled = entry & SVSM_ENTRY_GPA;
        fake_snp_hook = hooks[i % 2];
        (void)fixture_pvalidate(entry);
        fake_snp_hook = NULL;
        fake_snp_check();
        assert_null(fake_snp_breach());
        fake_snp_exchange(meddled);
        fake_snp_check();
        assert_null(fake_snp_breach());
    }
}

/*
 * A host that has two pages for an address and puts either there before any operation, over calls
 * of a guest that works together with it: some of all the orders of both that there are. What must
 * never happen the fake machine knows: two validated pages at an address that is still used, a page
 * granted that was not cleared, a save area that is another than was looked at.
 */
#define SWAPS 9u
#ifndef ORDERS_STEP
#define ORDERS_STEP 23u
#endif
static unsigned swaps;

static void exchange_by_pattern(enum fake_snp_op op, uint64_t gpa)
{
    if (gpa == meddled && op != FAKE_SNP_MAP && !fake_snp_page(gpa)->vmsa) {
        if ((swaps & 1) != 0) {
            fake_snp_exchange(gpa);
        }
        swaps >>= 1;
    }
}

static void make_area(void)
{
    struct vmsa vmsa = {
        .vmpl = SNP_IMAGE_GUEST_VMPL, .efer = SNP_EFER_SVME, .sev_features = FEATURES};

    (void)fake_snp_guest_write(1, meddled, &vmsa, sizeof(vmsa));
    (void)fixture_create(0, 1, meddled, PAGE(71));
}

/* Two bits for each of three calls, one for the state before them. */
static void host_in_many_orders(void **unused)
{
    static const uint64_t ways[] = {0, ADD, ADD | ANY};

    (void)unused;
    launch.ram_count = 2;
    launch.ram[1].size = HELD + PAGE(1) - VALID;
    for (unsigned i = 0; i < 1u << (SWAPS + 7); i += ORDERS_STEP) {
        unsigned calls = i >> SWAPS;
        fixture_start();
        meddled = (calls & 1) != 0 ? FREE : HELD;
        swaps = i & ((1u << SWAPS) - 1);
        fake_snp_hook = exchange_by_pattern;
        calls >>= 1;
        for (unsigned n = 0; n < 3; n++, calls >>= 2) {
            if ((calls & 3) < ARRAY_COUNT(ways)) {
                (void)fixture_pvalidate(meddled | ways[calls & 3]);
            } else {
                make_area();
            }
        }
        fake_snp_hook = NULL;
        fake_snp_check();
        assert_null(fake_snp_breach());
    }
}

/* The CPU knows a page as validated that we do not: the guest gets it only if it does not mind, and
 * then it is cleared. If it does mind the page is taken back, so that no second one joins it. */
static void validated_behind_our_back(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < 3; i++) {
        fixture_boot();
        fake_snp_launch(FREE, "measured", 8);
        fake_snp_page(FREE)->perms[3] = SNP_PERM_READ;
        if (i == 0) {
            assert_int_equal(fixture_pvalidate(FREE | ADD | ANY), SVSM_SUCCESS);
            expect_ready(FREE);
            continue;
        }
        if (i == 2) {
            fake_snp_fail(FAKE_SNP_PVALIDATE, 1, SNP_FAIL_INUSE);
        }
        assert_int_equal(fixture_pvalidate(FREE | ADD), SVSM_ERR_CORE_UNCHANGED);
        expect_gone(FREE);
        if (i == 2) {
            expect_dead(FREE);
            continue;
        }
        fake_snp_exchange(FREE);
        assert_int_equal(fixture_pvalidate(FREE | ADD), SVSM_SUCCESS);
        expect_ready(FREE);
    }
}

/* While we rescind it the host puts another page there. */
static void rescinded_another(void **unused)
{
    (void)unused;
    meddle_at = FAKE_SNP_PVALIDATE;
    meddled = HELD;
    fake_snp_hook = exchange_once;
    assert_int_equal(fixture_pvalidate(HELD | ANY), SVSM_ERR_CORE_UNCHANGED);
    fake_snp_exchange(HELD);
    assert_int_equal(fixture_pvalidate(HELD | ADD), SVSM_ERR_CORE_UNCHANGED); /* still held */
    assert_int_equal(fixture_pvalidate(HELD), SVSM_SUCCESS);
}

/* RAM that ends inside 2 MiB. */
static void large_at_the_end(void **unused)
{
    (void)unused;
    launch.ram[2].size = PAGE(188);
    fixture_start();
    assert_int_equal(fixture_pvalidate(LARGE | ADD | BIG), SVSM_ERR_INVALID_ADDRESS);
    assert_int_equal(fixture_pvalidate((LARGE + PAGE(187)) | ADD), SVSM_SUCCESS);
    assert_int_equal(fixture_pvalidate((LARGE + PAGE(188)) | ADD), SVSM_ERR_INVALID_ADDRESS);
}

/* Another vCPU holds the page, or the list. */
static void claim_elsewhere(enum fake_snp_op op, uint64_t gpa)
{
    if (op == meddle_at && gpa == meddled) {
        uint64_t entry = gpa | ANY;
        fake_snp_hook = NULL;
        fixture_list(PAGE(90), 1, 0, &entry);
        assert_int_equal(fixture_core(1, SVSM_CORE_PVALIDATE, PAGE(90), 0, 0), SVSM_ERR_BUSY);
    }
}

static void busy(void **unused)
{
    static const uint64_t entries[] = {FREE | ADD, FREE | ADD};

    (void)unused;
    fixture_area(PAGE(70));
    assert_int_equal(fixture_create(0, 1, PAGE(70), PAGE(71)), SVSM_SUCCESS);
    meddle_at = FAKE_SNP_CLEAR;
    meddled = FREE;
    fake_snp_hook = claim_elsewhere;
    fixture_list(LIST, 1, 0, entries);
    assert_int_equal(fixture_core(0, SVSM_CORE_PVALIDATE, LIST, 0, 0), SVSM_SUCCESS);
    assert_null(fake_snp_hook);
    /* The list's page is pinned while it is read. */
    meddle_at = FAKE_SNP_READ;
    meddled = LIST;
    fake_snp_hook = claim_elsewhere;
    assert_int_equal(fixture_pvalidate((FREE + PAGE(1)) | ADD), SVSM_SUCCESS);
    assert_null(fake_snp_hook);
    assert_int_equal(fixture_next(PAGE(90)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(validates, setup, teardown),
        cmocka_unit_test_setup_teardown(validates_large, setup, teardown),
        cmocka_unit_test_setup_teardown(rescinds, setup, teardown),
        cmocka_unit_test_setup_teardown(rescinds_large, setup, teardown),
        cmocka_unit_test_setup_teardown(clears_again, setup, teardown),
        cmocka_unit_test_setup_teardown(unchanged, setup, teardown),
        cmocka_unit_test_setup_teardown(unchanged_ignored, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_entries, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_lists, setup, teardown),
        cmocka_unit_test_setup_teardown(longest_list, setup, teardown),
        cmocka_unit_test_setup_teardown(short_lists, setup, teardown),
        cmocka_unit_test_setup_teardown(resumes, setup, teardown),
        cmocka_unit_test_setup_teardown(size_mismatch, setup, teardown),
        cmocka_unit_test_setup_teardown(small_in_large, setup, teardown),
        cmocka_unit_test_setup_teardown(incomplete, setup, teardown),
        cmocka_unit_test_setup_teardown(instruction_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(clear_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(list_goes_away, setup, teardown),
        cmocka_unit_test_setup_teardown(exchanged, setup, teardown),
        cmocka_unit_test_setup_teardown(not_taken_back, setup, teardown),
        cmocka_unit_test_setup_teardown(not_taken_back_large, setup, teardown),
        cmocka_unit_test_setup_teardown(host_between, setup, teardown),
        cmocka_unit_test_setup_teardown(host_in_many_orders, setup, teardown),
        cmocka_unit_test_setup_teardown(validated_behind_our_back, setup, teardown),
        cmocka_unit_test_setup_teardown(rescinded_another, setup, teardown),
        cmocka_unit_test_setup_teardown(large_at_the_end, setup, teardown),
        cmocka_unit_test_setup_teardown(busy, setup, teardown),
    };

    return cmocka_run_group_tests_name("guest-pvalidate", tests, NULL, NULL);
}
