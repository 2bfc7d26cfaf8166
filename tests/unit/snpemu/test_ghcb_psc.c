/* SPDX-License-Identifier: MIT */
/* Page state changes: the structure, how far a host gets, and what is wrong with it. */
#include "ghcb_fixture.h"
#include <string.h>
#include <svsm/abi/ghcb_events.h>

#define STRICT LAUNCH_STRICT
#define KVM LAUNCH_UPSTREAM_6_12
#define OFFSET(member) offsetof(struct ghcb, member)
#define SCRATCH (GHCB_GPA + 0x800)
#define BAD_HEADER UINT64_C(0x100000001)
#define BAD_ENTRY UINT64_C(0x100000002)
#define FAILED UINT64_C(0x10000000000)
#define PRIVATE UINT64_C(0x0010000000000000)
#define SHARED UINT64_C(0x0020000000000000)
#define LARGE UINT64_C(0x0100000000000000)
#define STRICT_BATCH 16u

static struct ghcb_psc *psc;

static void start(enum launch_profile profile)
{
    fixture_start(profile);
    psc = (struct ghcb_psc *)(void *)fixture.page->shared_buffer;
}

static struct ghcb_outcome ask_at(uint64_t scratch)
{
    fixture_event(0x80000010, 0, 0);
    fixture_set(OFFSET(sw_scratch), scratch);
    return fixture_exit();
}

/* One entry alone. */
static struct ghcb_outcome ask(enum launch_profile profile, uint64_t entry)
{
    start(profile);
    psc->entries[0] = entry;
    return ask_at(SCRATCH);
}

static void test_pages(void **unused)
{
    (void)unused;
    fixture_expect(ask(STRICT, PRIVATE | 0x80000000), 0, 0, 0, "private 80000000");
    assert_int_equal(psc->entries[0], PRIVATE | 0x80000001);
    assert_int_equal(psc->header.cur_entry, 1);
    assert_int_equal(psc->header.end_entry, 0);
    fixture_expect(ask(STRICT, SHARED | 0x12345000), 0, 0, 0, "shared 12345000");
    /* The number that the fact sheet gives. */
    fixture_expect(ask(STRICT, UINT64_C(0x0110000000200000)), 0, 0, 0, "private2m 200000");
    assert_int_equal(psc->entries[0], UINT64_C(0x0110000000200200));
    fixture_expect(ask(STRICT, PRIVATE | 0x80000001), 0, 0, 0, ""); /* is done already */
    assert_int_equal(psc->header.cur_entry, 1);
    fixture_expect(ask(STRICT, UINT64_C(0x0030000000200000)), 0, 0, 0, "psmash 200000");
    fixture_expect(ask(STRICT, UINT64_C(0x0140000000200000)), 0, 0, 0, "");
    assert_int_equal(psc->entries[0], UINT64_C(0x0140000000200200));
}

/* Where 2 MiB do not go at once, and where some of them are done. */
static void test_parts_of_large(void **unused)
{
    (void)unused;
    start(STRICT);
    fixture.large_refused = true;
    fixture.refused_gpa = 0x203000;
    psc->entries[0] = SHARED | LARGE | 0x200000;
    fixture_expect(ask_at(SCRATCH), 0, FAILED, RULE_PSC_REFUSED,
                   "shared 200000; shared 201000; shared 202000");
    assert_int_equal(psc->entries[0], SHARED | LARGE | 0x200003);
    assert_int_equal(psc->header.cur_entry, 0);
    /* What is left goes on as 4 KiB, although 2 MiB would go. */
    fixture.large_refused = false;
    fixture.refused_gpa = 0x205000;
    fixture_expect(ask_at(SCRATCH), 0, FAILED, RULE_PSC_REFUSED, "shared 203000; shared 204000");
    assert_int_equal(psc->entries[0], SHARED | LARGE | 0x200005);
    fixture.refused_gpa = 0;
    assert_int_equal(ask_at(SCRATCH).rule, 0);
    assert_int_equal(psc->entries[0], SHARED | LARGE | 0x200200);
    assert_int_equal(psc->header.cur_entry, 1);
}

static void test_bad_entries(void **unused)
{
    (void)unused;
    static const struct {
        enum launch_profile profile;
        uint64_t entry;
        unsigned rule;
    } bad[] = {
        {STRICT, PRIVATE | 0x80000002, RULE_PSC_ENTRY},
        {STRICT, PRIVATE | 0x80000fff, RULE_PSC_ENTRY},
        {STRICT, PRIVATE | LARGE | 0x200201, RULE_PSC_ENTRY},
        {STRICT, PRIVATE | LARGE | 0x201000, RULE_PSC_ENTRY},
        {KVM, PRIVATE | LARGE | 0x201000, RULE_PSC_ENTRY},
        {STRICT, 0x80000000, RULE_PSC_OPERATION},
        {STRICT, UINT64_C(0x0050000080000000), RULE_PSC_OPERATION},
        {STRICT, PRIVATE | UINT64_C(1) << 57 | 0x80000000, RULE_PSC_RESERVED},
        {STRICT, PRIVATE | UINT64_C(1) << 63 | 0x80000000, RULE_PSC_RESERVED},
        {STRICT, PRIVATE | GHCB_GPA, RULE_PSC_GHCB},
        {KVM, PRIVATE | GHCB_GPA, RULE_PSC_GHCB},
        {STRICT, PRIVATE | LARGE, RULE_PSC_GHCB}, /* the GHCB lies in these 2 MiB */
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct ghcb_outcome got = ask(bad[i].profile, bad[i].entry);
        if (got.rule != bad[i].rule) {
            fail_msg("case %zu: rule %u", i, got.rule);
        }
        fixture_expect(got, 0, BAD_ENTRY, bad[i].rule, "");
        assert_int_equal(psc->entries[0], bad[i].entry);
        assert_int_equal(psc->header.cur_entry, 0);
    }
    /* KVM takes what it does not know as done; neighbours of the GHCB are free to go. */
    fixture_expect(ask(KVM, UINT64_C(0x0050000080000000)), 0, 0, 0, "");
    fixture_expect(ask(KVM, PRIVATE | UINT64_C(1) << 63 | 0x80000000), 0, 0, 0, "private 80000000");
    fixture_expect(ask(STRICT, PRIVATE | (GHCB_GPA + 0x1000)), 0, 0, 0, "private 11000");
    fixture_expect(ask(STRICT, PRIVATE | (GHCB_GPA - 0x1000)), 0, 0, 0, "private f000");
    fixture_expect(ask(STRICT, SHARED | GHCB_GPA), 0, 0, 0, "shared 10000");
}

static void test_header(void **unused)
{
    (void)unused;
    static const struct {
        uint64_t scratch;
        uint16_t end;
        bool good;
    } headers[] = {
        {SCRATCH, 252, true},
        {SCRATCH, 253, false},
        {SCRATCH, 0xffff, false},
        {SCRATCH + 8, 251, true},
        {SCRATCH + 8, 252, false},
        {SCRATCH + 2032 - 16, 0, true},
        {SCRATCH + 2032 - 16, 1, false},
        {SCRATCH + 2032 - 8, 0, false}, /* room for the header alone */
    };

    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        start(STRICT);
        uint8_t *at = fixture.page->shared_buffer + (headers[i].scratch - SCRATCH);
        memcpy(at, &headers[i].end, 2); /* as the current entry, too: the last one */
        memcpy(at + 2, &headers[i].end, 2);
        if (headers[i].good) {
            uint64_t entry = PRIVATE | 0x80000000;
            memcpy(at + 8 + headers[i].end * 8, &entry, 8);
            fixture_expect(ask_at(headers[i].scratch), 0, 0, 0, "private 80000000");
        } else {
            fixture_expect(ask_at(headers[i].scratch), 0, BAD_HEADER, RULE_PSC_HEADER, "");
        }
    }
    start(STRICT);
    fixture_expect(ask_at(SCRATCH + 2032 - 7), 2, 3, RULE_GHCB_SCRATCH, "");
    fixture_expect(ask_at(GHCB_GPA), 2, 3, RULE_GHCB_SCRATCH, "");
    psc->header.reserved_004 = 1; /* as stock OVMF leaves it */
    psc->entries[0] = PRIVATE | 0x80000000;
    fixture_expect(ask_at(SCRATCH), 0, 0, 0, "private 80000000");
    fixture_event(0x80000010, 0, 0);
    fixture_expect(fixture_exit(), 2, 4, RULE_GHCB_MISSING_INPUT, "");
}

static void fill(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        psc->entries[i] = PRIVATE | (0x80000000 + i * UINT64_C(0x1000));
    }
    psc->header.end_entry = (uint16_t)(count - 1);
}

static void test_partial(void **unused)
{
    (void)unused;
    unsigned calls = 0;

    start(STRICT);
    fill(253);
    for (unsigned before = 0; psc->header.cur_entry <= psc->header.end_entry; calls++) {
        struct ghcb_outcome got = ask_at(SCRATCH);
        assert_int_equal(got.rule, 0);
        assert_int_equal(fixture_get(OFFSET(sw_exitinfo1)), 0);
        assert_int_equal(fixture_get(OFFSET(sw_exitinfo2)), 0);
        assert_in_range(psc->header.cur_entry, before + 1, before + STRICT_BATCH);
        before = psc->header.cur_entry;
    }
    assert_int_equal(psc->header.cur_entry, 253);
    assert_int_equal(calls, 16);
    for (unsigned i = 0; i < 253; i++) {
        assert_int_equal(psc->entries[i] & 0xfff, 1);
    }
    fixture_expect(ask_at(SCRATCH), 0, 0, 0, ""); /* nothing left */
    start(KVM);
    fill(253);
    ask_at(SCRATCH);
    assert_int_equal(psc->header.cur_entry, 253); /* all at once */
}

static void test_failure_in_the_middle(void **unused)
{
    (void)unused;
    start(STRICT);
    fill(5);
    fixture.refused_gpa = 0x80002000;
    fixture_expect(ask_at(SCRATCH), 0, FAILED, RULE_PSC_REFUSED,
                   "private 80000000; private 80001000");
    assert_int_equal(psc->header.cur_entry, 2);
    assert_int_equal(psc->entries[1] & 0xfff, 1);
    assert_int_equal(psc->entries[2] & 0xfff, 0);
    assert_int_equal(psc->entries[3] & 0xfff, 0);
    psc->entries[3] |= 2;
    fixture.refused_gpa = 0;
    fixture_expect(ask_at(SCRATCH), 0, BAD_ENTRY, RULE_PSC_ENTRY, "private 80002000");
    assert_int_equal(psc->header.cur_entry, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_pages, fixture_end),
        cmocka_unit_test_teardown(test_parts_of_large, fixture_end),
        cmocka_unit_test_teardown(test_bad_entries, fixture_end),
        cmocka_unit_test_teardown(test_header, fixture_end),
        cmocka_unit_test_teardown(test_partial, fixture_end),
        cmocka_unit_test_teardown(test_failure_in_the_middle, fixture_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
