/* SPDX-License-Identifier: MIT */
/* Events of the GHCB page: inputs, results, effects and errors of each, by profile. */
#include "ghcb_fixture.h"
#include <string.h>
#include <svsm/abi/snp.h>
#include <svsm/abi/vmexit.h>

#define STRICT LAUNCH_STRICT
#define KVM LAUNCH_UPSTREAM_6_12
#define PLANES LAUNCH_PLANES
#define OFFSET(member) offsetof(struct ghcb, member)
#define SCRATCH (GHCB_GPA + 0x800)
#define GP UINT64_C(0x80000b0d)
#define UD UINT64_C(0x80000306)
#define RAX_IN UINT64_C(0x1122334455667788)

/* Which inputs are given: letters of "abcdlxys" for RAX, RBX, RCX, RDX, CPL, XCR0, XSS, SCRATCH. */
static void give(const char *what, uint64_t rax, uint64_t rcx, uint64_t scratch)
{
    static const struct {
        char letter;
        size_t offset;
        uint64_t value;
    } others[] = {
        {'b', OFFSET(rbx), 2},
        {'d', OFFSET(rdx), UINT64_C(0xffffffff00000009)},
        {'l', 0xc8, 0},
        {'x', OFFSET(xcr0), 7},
        {'y', OFFSET(xss), 0x800},
    };

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (strchr(what, others[i].letter)) {
            fixture_set(others[i].offset, others[i].value);
        }
    }
    if (strchr(what, 'a')) {
        fixture_set(OFFSET(rax), rax);
    }
    if (strchr(what, 'c')) {
        fixture_set(OFFSET(rcx), rcx);
    }
    if (strchr(what, 's')) {
        fixture_set(OFFSET(sw_scratch), scratch);
    }
}

struct page_case {
    enum launch_profile profile;
    uint64_t code, info1, info2;
    const char *given;
    uint64_t rax, rcx;
    uint64_t out1, out2;
    unsigned rule;
    const char *returned; /* letters as above, of RAX to RDX, for a strict host */
    const char *journal;
};

#define NOTHING 0, 0

static const struct page_case cases[] = {
    /* Instructions. */
    {STRICT, 0x27, 0, 0, "", NOTHING, 0, 0, 0, "a", ""},
    {STRICT, 0x37, 0, 0, "a", 0x455, 0, 0, 0, 0, "", ""},
    {STRICT, 0x37, 0, 0, "", NOTHING, 2, 4, RULE_GHCB_MISSING_INPUT, "", ""},
    {STRICT, 0x6e, 0, 0, "", NOTHING, 0, 0, 0, "ad", ""},
    {STRICT, 0x87, 0, 0, "", NOTHING, 0, 0, 0, "acd", "rdmsr c0000103"},
    {STRICT, 0x6f, 0, 0, "c", NOTHING, 1, GP, RULE_GHCB_EXCEPTION, "", ""},
    {STRICT, 0x6f, 0, 0, "", NOTHING, 2, 4, RULE_GHCB_MISSING_INPUT, "", ""},
    {STRICT, 0x72, 0, 0, "ac", 0x8000001f, 3, 0, 0, 0, "abcd", "cpuid 8000001f/3 xcr0=1 xss=0"},
    {STRICT, 0x72, 0, 0, "acxy", 0xd, 1, 0, 0, 0, "abcd", "cpuid d/1 xcr0=7 xss=800"},
    {STRICT, 0x72, 0, 0, "ac", 0xd, 1, 2, 4, RULE_GHCB_MISSING_INPUT, "", ""},
    {KVM, 0x72, 0, 0, "ac", 0xd, 0, 2, 4, RULE_GHCB_MISSING_INPUT, "", ""},
    {STRICT, 0x72, 0, 0, "a", 1, 0, 2, 4, RULE_GHCB_MISSING_INPUT, "", ""},
    {STRICT, 0x76, 0, 0, "", NOTHING, 0, 0, 0, "", ""},
    {STRICT, 0x89, 0, 0, "", NOTHING, 0, 0, 0, "", ""},
    {STRICT, 0x89, 1, 0, "", NOTHING, 2, 5, RULE_GHCB_RESERVED, "", ""},
    {STRICT, 0x89, 0, 1, "", NOTHING, 2, 5, RULE_GHCB_RESERVED, "", ""},
    {KVM, 0x89, 1, 1, "", NOTHING, 0, 0, 0, "", ""},
    {STRICT, 0x8a, 0, 0, "acd", NOTHING, 0, 0, 0, "", ""},
    {STRICT, 0x8a, 0, 0, "ac", NOTHING, 2, 4, RULE_GHCB_MISSING_INPUT, "", ""},
    {STRICT, 0x8b, 0, 0, "ac", NOTHING, 0, 0, 0, "", ""},
    {STRICT, 0x81, 0, 0, "al", NOTHING, 0, 0, 0, "a", ""},
    {STRICT, 0x81, 0, 0, "a", NOTHING, 2, 4, RULE_GHCB_MISSING_INPUT, "", ""},
    /* Ports. */
    {STRICT, 0x7b, 0x3f80010, 0, "a", RAX_IN, 0, 0, 0, 0, "", "out 3f8/1 88"},
    {STRICT, 0x7b, 0x3f80020, 0, "a", RAX_IN, 0, 0, 0, 0, "", "out 3f8/2 7788"},
    {STRICT, 0x7b, 0xcfc0040, 0, "a", RAX_IN, 0, 0, 0, 0, "", "out cfc/4 55667788"},
    {STRICT, 0x7b, 0x3f80010, 0, "", NOTHING, 2, 4, RULE_GHCB_MISSING_INPUT, "", ""},
    {STRICT, 0x7b, 0x3f80011, 0, "", NOTHING, 0, 0, 0, "a", "in 3f8/1"},
    {STRICT, 0x7b, 0x3f80005, 1, "s", NOTHING, 2, 5, RULE_GHCB_IO_SIZE, "", ""},
    {STRICT, 0x7b, 0x3f80030, 0, "a", NOTHING, 2, 5, RULE_GHCB_IO_SIZE, "", ""},
    {STRICT, 0x7b, 0x3f80010, 1, "a", NOTHING, 2, 5, RULE_GHCB_RESERVED, "", ""},
    {STRICT, 0x7b, 0x3f80012, 0, "a", NOTHING, 2, 5, RULE_GHCB_RESERVED, "", ""},
    {STRICT, 0x7b, 0x3f82010, 0, "a", NOTHING, 2, 5, RULE_GHCB_RESERVED, "", ""},
    {STRICT, 0x7b, UINT64_C(0x103f80014), 1, "s", NOTHING, 2, 5, RULE_GHCB_RESERVED, "", ""},
    {KVM, 0x7b, UINT64_C(0x103f82012), 1, "a", RAX_IN, 0, 0, 0, 0, "", "out 3f8/1 88"},
    {KVM, 0x7b, 0x3f80000, 1, "a", NOTHING, 0, 0, 0, "", ""},
    {STRICT, 0x7b, 0x3f80014, 2, "", NOTHING, 2, 4, RULE_GHCB_MISSING_INPUT, "", ""},
    {STRICT, 0x7b, 0x3f80014, 3, "s", NOTHING, 0, 0, 0, "",
     "out 3f8/1 c0; out 3f8/1 c1; out 3f8/1 c2"},
    {STRICT, 0x7b, 0x3f80024, 2, "s", NOTHING, 0, 0, 0, "", "out 3f8/2 c1c0; out 3f8/2 c3c2"},
    {STRICT, 0x7b, 0x3f80014, 0, "s", NOTHING, 0, 0, 0, "", ""},
    {STRICT, 0x7b, 0x3f80014, 2033, "s", NOTHING, 2, 3, RULE_GHCB_SCRATCH, "", ""},
    {STRICT, 0x7b, 0x3f80044, 509, "s", NOTHING, 2, 3, RULE_GHCB_SCRATCH, "", ""},
    {STRICT, 0x7b, 0x3f80014, UINT64_C(0x80000000), "s", NOTHING, 2, 3, RULE_GHCB_SCRATCH, "", ""},
    {KVM, 0x7b, 0x3f80014, UINT64_C(0x7fffffff), "s", NOTHING, 2, 3, RULE_GHCB_SCRATCH, "", ""},
    /* MSRs. */
    {STRICT, 0x7c, 0, 0, "c", 0, 0x10, 0, 0, 0, "ad", "rdmsr 10"},
    {STRICT, 0x7c, 1, 0, "acd", RAX_IN, 0x10, 0, 0, 0, "", "wrmsr 10 955667788"},
    {STRICT, 0x7c, 1, 0, "ac", RAX_IN, 0x10, 2, 4, RULE_GHCB_MISSING_INPUT, "", ""},
    {STRICT, 0x7c, 1, 0, "cd", RAX_IN, 0x10, 2, 4, RULE_GHCB_MISSING_INPUT, "", ""},
    {STRICT, 0x7c, 0, 0, "", NOTHING, 2, 4, RULE_GHCB_MISSING_INPUT, "", ""},
    {STRICT, 0x7c, 2, 0, "acd", RAX_IN, 0x10, 2, 5, RULE_GHCB_RESERVED, "", ""},
    {KVM, 0x7c, 2, 0, "acd", RAX_IN, 0x10, 0, 0, 0, "", "wrmsr 10 955667788"},
    /* MMIO. */
    {STRICT, 0x80000001, 0xfed00000, 4, "s", NOTHING, 0, 0, 0, "", "load fed00000/4"},
    {STRICT, 0x80000002, 0xfed00000, 8, "s", NOTHING, 0, 0, 0, "", "store fed00000/8 c0..c7"},
    {STRICT, 0x80000001, 0xfed00000, 0, "s", NOTHING, 0, 0, 0, "", ""},
    {STRICT, 0x80000001, 0xfed00000, 9, "s", NOTHING, 2, 5, RULE_GHCB_MMIO_SIZE, "", ""},
    {STRICT, 0x80000002, 0xfed00000, 9, "s", NOTHING, 2, 5, RULE_GHCB_MMIO_SIZE, "", ""},
    {STRICT, 0x80000001, 0xfed00000, 3, "s", NOTHING, 2, 5, RULE_GHCB_MMIO_SIZE, "", ""},
    {STRICT, 0x80000002, 0xfed00000, 5, "s", NOTHING, 2, 5, RULE_GHCB_MMIO_SIZE, "", ""},
    {STRICT, 0x80000001, 0xfed00000, 6, "s", NOTHING, 2, 5, RULE_GHCB_MMIO_SIZE, "", ""},
    {STRICT, 0x80000002, 0xfed00000, 7, "s", NOTHING, 2, 5, RULE_GHCB_MMIO_SIZE, "", ""},
    {KVM, 0x80000002, 0xfed00000, 7, "s", NOTHING, 0, 0, 0, "", "store fed00000/7 c0..c6"},
    {STRICT, 0x80000001, 0xfed00000, 2, "s", NOTHING, 0, 0, 0, "", "load fed00000/2"},
    {STRICT, 0x80000001, 0xfed00000, 1, "s", NOTHING, 0, 0, 0, "", "load fed00000/1"},
    {STRICT, 0x80000001, 0xfed00000, 4, "", NOTHING, 2, 4, RULE_GHCB_MISSING_INPUT, "", ""},
    {STRICT, 0x80000001, UINT64_C(1) << 47 | 0xfed00000, 4, "s", NOTHING, 2, 5,
     RULE_GHCB_MMIO_ADDRESS, "", ""},
    /* Small ones. */
    {STRICT, 0x80000003, 0, 0, "", NOTHING, 0, 0, 0, "", "nmi"},
    {STRICT, 0x80000005, 1, 0, "", NOTHING, 0, 0, 0, "", ""},
    {STRICT, 0x80000005, 0, 0x9000, "", NOTHING, 2, 5, RULE_GHCB_JUMP_TABLE, "", ""},
    {STRICT, 0x80000015, 0x500, 0, "", NOTHING, 0, 0, 0, "", "ipi 500"},
    {KVM, 0x80000015, 0x500, 0, "", NOTHING, 2, 6, RULE_GHCB_EVENT, "", ""},
    {STRICT, 0x8000fffd, 0, 0, "", NOTHING, 0, 0x37, 0, "", ""},
    {KVM, 0x8000fffd, 0, 0, "", NOTHING, 0, 3, 0, "", ""},
    /* No such event, or not here. */
    {STRICT, 0x26, 0, 0, "", NOTHING, 2, 6, RULE_GHCB_EVENT, "", ""},
    {STRICT, 0x403, 0, 0, "", NOTHING, 2, 6, RULE_GHCB_EVENT, "", ""},
    {STRICT, 0x80000016, 0, 0, "", NOTHING, 2, 6, RULE_GHCB_EVENT, "", ""},
    {STRICT, 0x80000019, 0, 0, "", NOTHING, 2, 6, RULE_GHCB_EVENT, "", ""},
    {STRICT, 0x8000001a, 0, 0, "ab", NOTHING, 2, 6, RULE_GHCB_EVENT, "", ""},
    {STRICT, 0x8000001b, 0, 0, "", NOTHING, 2, 6, RULE_GHCB_EVENT, "", ""},
    {STRICT, 0x8000001c, 0, 0, "", NOTHING, 2, 6, RULE_GHCB_EVENT, "", ""},
    {STRICT, 0x8000001d, 0, 0, "", NOTHING, 2, 6, RULE_GHCB_EVENT, "", ""},
    {STRICT, 0x80000020, 0, 0, "", NOTHING, 2, 6, RULE_GHCB_EVENT, "", ""},
    {STRICT, UINT64_C(0x100000072), 0, 0, "ac", NOTHING, 2, 6, RULE_GHCB_EVENT, "", ""},
    {KVM, 0x80000014, 2, 0, "", NOTHING, 2, 6, RULE_GHCB_EVENT, "", ""},
    {KVM, 0x80000017, 0, 0, "a", NOTHING, 2, 6, RULE_GHCB_EVENT, "", ""},
    {KVM, 0x80000018, 2, 0, "", NOTHING, 2, 6, RULE_GHCB_EVENT, "", ""},
};

/* What comes back with a valid bit: a strict host returns what the event returns, KVM all four. */
static void expect_returned(size_t i, const struct page_case *c)
{
    static const struct {
        char letter;
        size_t offset;
    } registers[] = {
        {'a', OFFSET(rax)}, {'b', OFFSET(rbx)}, {'c', OFFSET(rcx)}, {'d', OFFSET(rdx)}};

    for (size_t k = 0; k < 4; k++) {
        bool want = c->profile != STRICT || strchr(c->returned, registers[k].letter);
        if (fixture_valid(registers[k].offset) != want) {
            fail_msg("case %zu: register %c", i, registers[k].letter);
        }
    }
    assert_false(fixture_valid(OFFSET(sw_exitcode)));
    assert_false(fixture_valid(OFFSET(sw_scratch)));
    assert_false(fixture_valid(OFFSET(xcr0)));
}

static void test_events(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct page_case *c = &cases[i];
        fixture_start(c->profile);
        for (unsigned k = 0; k < 64; k++) {
            fixture.page->shared_buffer[k] = (uint8_t)(0xc0 + k);
        }
        fixture_event(c->code, c->info1, c->info2);
        give(c->given, c->rax, c->rcx, SCRATCH);
        struct ghcb_outcome got = fixture_exit();
        if (got.action != GHCB_RESUME || got.rule != c->rule ||
            fixture_get(OFFSET(sw_exitinfo1)) != c->out1 ||
            fixture_get(OFFSET(sw_exitinfo2)) != c->out2 ||
            strcmp(fixture.journal, c->journal) != 0) {
            fail_msg("case %zu: action %d rule %u info %llx %llx, %s", i, (int)got.action, got.rule,
                     (unsigned long long)fixture_get(OFFSET(sw_exitinfo1)),
                     (unsigned long long)fixture_get(OFFSET(sw_exitinfo2)), fixture.journal);
        }
        assert_true(fixture_valid(OFFSET(sw_exitinfo1)));
        assert_true(fixture_valid(OFFSET(sw_exitinfo2)));
        expect_returned(i, c);
    }
}

/* One event in a fresh machine. */
static struct ghcb_outcome ask(enum launch_profile profile, uint64_t code, uint64_t info1,
                               uint64_t info2, const char *given, uint64_t rax, uint64_t rcx)
{
    fixture_start(profile);
    fixture_event(code, info1, info2);
    give(given, rax, rcx, SCRATCH);
    return fixture_exit();
}

static void test_values(void **unused)
{
    (void)unused;
    ask(STRICT, 0x72, 0, 0, "ac", 0, 0);
    assert_int_equal(fixture_get(OFFSET(rax)), 0xa);
    assert_int_equal(fixture_get(OFFSET(rbx)), 0xb);
    assert_int_equal(fixture_get(OFFSET(rcx)), 0xc);
    assert_int_equal(fixture_get(OFFSET(rdx)), 0xd);
    ask(STRICT, 0x6e, 0, 0, "", 0, 0);
    assert_int_equal(fixture_get(OFFSET(rax)), 0x89abcdef);
    assert_int_equal(fixture_get(OFFSET(rdx)), 0x01234567);
    ask(STRICT, 0x87, 0, 0, "", 0, 0);
    assert_int_equal(fixture_get(OFFSET(rcx)), 0x55667788);
    ask(STRICT, 0x7c, 0, 0, "c", 0, 0x10);
    assert_int_equal(fixture_get(OFFSET(rax)), 0x55667788);
    assert_int_equal(fixture_get(OFFSET(rdx)), 0x11223344);
    ask(STRICT, 0x81, 0, 0, "al", 0, 0);
    assert_int_equal(fixture_get(OFFSET(rax)), (uint64_t)-1000);
    fixture_start(STRICT);
    fixture_event(0x81, 0, 0);
    give("a", 0, 0, 0);
    fixture_set(0xc8, UINT64_C(3) << 24); /* CPL 3 */
    fixture_exit();
    assert_int_equal(fixture_get(OFFSET(rax)), (uint64_t)-1);
}

/* IN of less than 32 bits leaves the rest of RAX; 32 bits clear it. */
static void test_port_in(void **unused)
{
    (void)unused;
    ask(STRICT, 0x7b, 0x3f80011, 0, "a", RAX_IN, 0);
    assert_int_equal(fixture_get(OFFSET(rax)), UINT64_C(0x11223344556677d4));
    ask(STRICT, 0x7b, 0x3f80021, 0, "a", RAX_IN, 0);
    assert_int_equal(fixture_get(OFFSET(rax)), UINT64_C(0x112233445566c3d4));
    ask(STRICT, 0x7b, 0x3f80041, 0, "a", RAX_IN, 0);
    assert_int_equal(fixture_get(OFFSET(rax)), UINT64_C(0xa1b2c3d4));
    ask(STRICT, 0x7b, 0x3f80025, 3, "s", 0, 0); /* string */
    assert_memory_equal(fixture.page->shared_buffer, "\xd4\xc3\xd4\xc3\xd4\xc3\0\0", 8);
    ask(KVM, 0x80000001, 0xfed00000, 3, "s", 0, 0);
    assert_memory_equal(fixture.page->shared_buffer, "\x10\x11\x12\0", 4);
}

static void test_dr7_is_kept(void **unused)
{
    (void)unused;
    ask(STRICT, 0x27, 0, 0, "", 0, 0);
    assert_int_equal(fixture_get(OFFSET(rax)), 0x400);
    ask(STRICT, 0x37, 0, 0, "a", 0x455, 0);
    fixture_event(0x27, 0, 0);
    fixture_exit();
    assert_int_equal(fixture_get(OFFSET(rax)), 0x455);
}

/* What a device says to an access becomes the answer. */
static void test_device_results(void **unused)
{
    (void)unused;
    static const struct {
        uint64_t code, info1, info2;
    } accesses[] = {{0x7b, 0x3f80011, 0},  {0x7b, 0x3f80010, 0},
                    {0x7b, 0x3f80014, 2},  {0x7c, 0, 0},
                    {0x7c, 1, 0},          {0x80000001, 0xfed00000, 4},
                    {0x80000015, 0x41, 0}, {0x80000002, 0xfed00000, 4}};
    static const struct {
        enum ghcb_io io;
        uint64_t out1, out2;
        unsigned rule;
    } results[] = {{GHCB_IO_GP, 1, GP, RULE_GHCB_EXCEPTION},
                   {GHCB_IO_UD, 1, UD, RULE_GHCB_EXCEPTION},
                   {GHCB_IO_FAIL, 2, 5, RULE_GHCB_REFUSED}};

    for (size_t i = 0; i < sizeof(accesses) / sizeof(accesses[0]); i++) {
        for (size_t k = 0; k < sizeof(results) / sizeof(results[0]); k++) {
            fixture_start(STRICT);
            fixture.io = results[k].io;
            fixture_event(accesses[i].code, accesses[i].info1, accesses[i].info2);
            give("acds", 1, 2, SCRATCH);
            struct ghcb_outcome got = fixture_exit();
            assert_null(strchr(fixture.journal, ';')); /* a string ends at its first failure */
            fixture_expect(got, results[k].out1, results[k].out2, results[k].rule, fixture.journal);
            assert_false(fixture_valid(OFFSET(rax)));
            assert_int_equal(fixture.page->shared_buffer[0], 0);
        }
    }
}

static void test_words(void **unused)
{
    (void)unused;
    static const size_t words[] = {OFFSET(sw_exitcode), OFFSET(sw_exitinfo1), OFFSET(sw_exitinfo2)};

    for (size_t i = 0; i < 3; i++) {
        fixture_start(STRICT);
        fixture_event(0x8000fffd, 0, 0);
        unsigned bit = ghcb_valid_bit(words[i]);
        fixture.page->valid_bitmap[bit / 8] &= (uint8_t) ~(1u << bit % 8);
        fixture_expect(fixture_exit(), 2, 4, RULE_GHCB_MISSING_INPUT, "");
    }
    fixture_start(STRICT);
    fixture_event(0x8000fffd, 0, 0);
    fixture.page->usage = 1;
    fixture_expect(fixture_exit(), 2, 2, RULE_GHCB_USAGE, "");
}

static void test_version(void **unused)
{
    (void)unused;
    for (unsigned version = 0; version < 4; version++) {
        bool good = version <= 2; /* 0: stock OVMF's first */
        fixture_start(STRICT);
        fixture_event(0x89, 0, 0);
        fixture.page->protocol_version = (uint16_t)version;
        fixture_expect(fixture_exit(), good ? 0 : 2, good ? 0 : 2, good ? 0 : RULE_GHCB_VERSION,
                       "");
    }
    fixture_start(KVM);
    fixture_event(0x89, 0, 0);
    fixture.page->protocol_version = 77; /* KVM does not look */
    fixture_expect(fixture_exit(), 0, 0, 0, "");
}

static void test_scratch(void **unused)
{
    (void)unused;
    static const struct {
        uint64_t scratch;
        bool good;
    } places[] = {
        {SCRATCH, true},
        {SCRATCH + 2032 - 4, true},
        {SCRATCH + 2032 - 3, false},
        {SCRATCH - 1, false},
        {GHCB_GPA, false},
        {GHCB_GPA + 0xff0, false},
        {GHCB_GPA + 0x1000, false},
        {SHARED_GPA, false},
        {0, false},
        {UINT64_MAX, false},
        {UINT64_MAX - 3, false},
    };

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        fixture_start(STRICT);
        fixture_event(0x80000001, 0xfed00000, 4);
        give("s", 0, 0, places[i].scratch);
        if (places[i].good) {
            fixture_expect(fixture_exit(), 0, 0, 0, "load fed00000/4");
        } else {
            fixture_expect(fixture_exit(), 2, 3, RULE_GHCB_SCRATCH, "");
        }
    }
}

/* A string that fills the buffer, and one of nothing at its end. */
static void test_string_limits(void **unused)
{
    (void)unused;
    assert_int_equal(ask(STRICT, 0x7b, 0x3f80015, 2032, "s", 0, 0).rule, 0);
    assert_int_equal(fixture.page->shared_buffer[2031], 0xd4);
    assert_int_equal(fixture.page->reserved_ff0[0], 0);
    fixture_start(STRICT);
    fixture_event(0x7b, 0x3f80015, 0);
    give("s", 0, 0, SCRATCH + 2032);
    fixture_expect(fixture_exit(), 0, 0, 0, "");
}

static void expect_stop(struct ghcb_outcome got, enum ghcb_action action, unsigned rule)
{
    assert_int_equal(got.action, action);
    assert_int_equal(got.rule, rule);
    assert_string_equal(fixture.journal, "");
}

static void test_no_page(void **unused)
{
    (void)unused;
    static const enum launch_profile profiles[] = {STRICT, KVM, PLANES};

    for (size_t i = 0; i < 3; i++) {
        enum ghcb_action action = profiles[i] == STRICT ? GHCB_STOPPED : GHCB_RESUME;
        fixture_start(profiles[i]);
        fixture_event(0x89, 0, 0);
        fixture.state.registered = SHARED_GPA;
        expect_stop(fixture_exit(), GHCB_STOPPED, RULE_GHCB_REGISTERED);
        fixture.state.registered = GHCB_UNREGISTERED;
        expect_stop(fixture_exit(), GHCB_STOPPED, RULE_GHCB_REGISTERED);
        fixture.state.msr = fixture.state.registered = PRIVATE_GPA;
        expect_stop(fixture_exit(), action, RULE_GHCB_PAGE);
        fixture.state.msr = 0;
        expect_stop(fixture_exit(), action, RULE_GHCB_PAGE);
    }
}

static void test_ends(void **unused)
{
    (void)unused;
    struct ghcb_outcome got = ask(STRICT, 0x8000fffe, 0x0a2, 0x55, "", 0, 0);
    expect_stop(got, GHCB_TERMINATED, 0);
    assert_false(fixture_valid(OFFSET(sw_exitinfo1))); /* no answer */
    assert_int_equal(got.term_set, 2);
    assert_int_equal(got.term_reason, 0x0a);
    assert_int_equal(got.detail, 0x55);
    got = ask(KVM, 0x8000ffff, 0x72, 0, "", 0, 0);
    expect_stop(got, GHCB_STOPPED, RULE_GHCB_UNSUPPORTED);
    assert_false(fixture_valid(OFFSET(sw_exitinfo1)));
    assert_int_equal(got.detail, 0x72);
    expect_stop(ask(KVM, 0x7b, 0x3f80014, UINT64_C(0x80000000), "s", 0, 0), GHCB_STOPPED,
                RULE_GHCB_IO_COUNT);
}

static void test_trace(void **unused)
{
    (void)unused;
    struct ghcb_ops silent = fixture_ops;

    ask(STRICT, 0x72, 0, 0, "ac", 0, 0);
    assert_string_equal(fixture.notes, "CPUID answer ");
    ask(STRICT, 0x72, 0, 0, "a", 0, 0);
    assert_string_equal(fixture.notes, "CPUID ghcb-missing-input ");
    ask(STRICT, 0x80000019, 0, 0, "", 0, 0);
    assert_string_equal(fixture.notes, "unknown ghcb-event ");
    ask(STRICT, 0x80000018, 1, 0, "", 0, 0);
    assert_string_equal(fixture.notes, "run-vmpl answer ");
    fixture.state.msr = 0x080;
    fixture_exit();
    assert_string_equal(fixture.notes, "hypervisor-features ");
    fixture.state.msr = 0x003;
    fixture_exit();
    assert_string_equal(fixture.notes, "unknown ");
    silent.note = NULL;
    fixture.state.msr = 0x080;
    ghcb_vmgexit(&fixture.state, &fixture.config, &silent, &fixture, 0);
    assert_int_equal(fixture.state.msr, 0x37081);
}

static void test_names(void **unused)
{
    (void)unused;
    assert_string_equal(ghcb_event_name(0x80000010), "page-state-change");
    assert_string_equal(ghcb_event_name(0x72), "CPUID");
    assert_string_equal(ghcb_event_name(0x78), "HLT");
    assert_null(ghcb_event_name(0x80000019));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_events, fixture_end),
        cmocka_unit_test_teardown(test_values, fixture_end),
        cmocka_unit_test_teardown(test_port_in, fixture_end),
        cmocka_unit_test_teardown(test_dr7_is_kept, fixture_end),
        cmocka_unit_test_teardown(test_device_results, fixture_end),
        cmocka_unit_test_teardown(test_words, fixture_end),
        cmocka_unit_test_teardown(test_version, fixture_end),
        cmocka_unit_test_teardown(test_scratch, fixture_end),
        cmocka_unit_test_teardown(test_string_limits, fixture_end),
        cmocka_unit_test_teardown(test_no_page, fixture_end),
        cmocka_unit_test_teardown(test_ends, fixture_end),
        cmocka_unit_test_teardown(test_trace, fixture_end),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
