/* SPDX-License-Identifier: MIT */
/* The RMP: every verdict of an access, and every code of what hosts and firmware do to an entry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <rmp.h>
#include <rules.h>

#define FIRST 512u
#define COUNT 1536u /* two frames of 2 MiB that are whole, and a third */
#define FRAME 600u
#define LARGE 1024u
#define GPA UINT64_C(0x258000)
#define LARGE_GPA UINT64_C(0x40000000)
#define ASID 5u

static struct rmp_entry entries[COUNT];
static struct rmp rmp;
static const uint8_t no_perms[3];

static int setup(void **unused)
{
    (void)unused;
    memset(entries, 0xa5, sizeof(entries)); /* rmp_init() must not depend on what was there */
    rmp_init(&rmp, entries, FIRST, COUNT);
    return 0;
}

static struct snp_rmp_state state(uint64_t gpa, uint8_t size, uint8_t immutable)
{
    return (struct snp_rmp_state){
        .gpa = gpa, .assigned = 1, .page_size = size, .immutable = immutable, .asid = ASID};
}

static uint32_t update(uint64_t frame, uint64_t gpa, uint8_t size, uint8_t immutable)
{
    const struct snp_rmp_state s = state(gpa, size, immutable);
    return rmp_update(&rmp, frame, &s);
}

static void launch(uint64_t frame, uint64_t gpa, uint8_t size, bool vmsa, const uint8_t perms[3])
{
    assert_int_equal(update(frame, gpa, size, 1), SNP_SUCCESS);
    assert_int_equal(rmp_launch(&rmp, frame, vmsa, perms), SNP_SUCCESS);
}

static void test_init(void **unused)
{
    (void)unused;
    assert_null(rmp_entry_of(&rmp, FIRST - 1));
    assert_ptr_equal(rmp_entry_of(&rmp, FIRST), entries);
    assert_ptr_equal(rmp_entry_of(&rmp, FIRST + COUNT - 1), entries + COUNT - 1);
    assert_null(rmp_entry_of(&rmp, FIRST + COUNT));
    assert_null(rmp_entry_of(&rmp, RMP_NO_FRAME));
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(entries[i].flags, 0);
        assert_int_equal(entries[i].asid, 0);
    }
}

#define OWN (RMP_ASSIGNED | RMP_VALIDATED)
#define R SNP_PERM_READ
#define W SNP_PERM_WRITE
#define XU SNP_PERM_EXEC_USER
#define XS SNP_PERM_EXEC_SUPERVISOR

enum odd { AS_IS, OTHER_ASID, OTHER_GPA, NO_FRAME, OUTSIDE };

/* How: private or shared, what (read, write, fetch as supervisor, fetch as user), VMPL. */
struct access_case {
    uint8_t flags, perms; /* of the entry, perms of VMPL1 */
    const char *how;
    enum odd odd;
    enum rmp_verdict verdict;
    unsigned rule;
};

static const struct access_case cases[] = {
    {OWN, 0, "pr0", AS_IS, RMP_OK, RULE_NONE},
    {OWN, 0, "pw0", AS_IS, RMP_OK, RULE_NONE},
    {OWN, 0, "px0", AS_IS, RMP_OK, RULE_NONE},
    {OWN | RMP_LARGE, 0, "pr0", AS_IS, RMP_OK, RULE_NONE},
    {OWN, 0, "pr0", NO_FRAME, RMP_OWNERSHIP, RULE_PRIVATE_NO_MEMORY},
    {OWN, 0, "pr0", OUTSIDE, RMP_OWNERSHIP, RULE_PRIVATE_OWNERSHIP},
    {0, 0, "pr0", AS_IS, RMP_OWNERSHIP, RULE_PRIVATE_OWNERSHIP},
    {OWN, 0, "pr0", OTHER_ASID, RMP_OWNERSHIP, RULE_PRIVATE_OWNERSHIP},
    {OWN, 0, "pr0", OTHER_GPA, RMP_OWNERSHIP, RULE_PRIVATE_OWNERSHIP},
    {RMP_ASSIGNED | RMP_IMMUTABLE, 0, "pr0", AS_IS, RMP_OWNERSHIP, RULE_PRIVATE_IMMUTABLE},
    {RMP_ASSIGNED, 0, "pr0", AS_IS, RMP_NOT_VALIDATED, RULE_VALIDATED},
    /* The order: owner, validation, level, VMSA. */
    {RMP_ASSIGNED, 0, "pr0", OTHER_ASID, RMP_OWNERSHIP, RULE_PRIVATE_OWNERSHIP},
    {RMP_ASSIGNED, 0, "pr2", AS_IS, RMP_NOT_VALIDATED, RULE_VALIDATED},
    {OWN | RMP_VMSA, R, "pw1", AS_IS, RMP_VMPL_DENIED, RULE_VMPL_PERMISSION},
    /* Levels. */
    {OWN, R, "pr1", AS_IS, RMP_OK, RULE_NONE},
    {OWN, 0, "pr1", AS_IS, RMP_VMPL_DENIED, RULE_VMPL_PERMISSION},
    {OWN, R, "pr2", AS_IS, RMP_VMPL_DENIED, RULE_VMPL_PERMISSION},
    {OWN, R | XU | XS, "pw1", AS_IS, RMP_VMPL_DENIED, RULE_VMPL_PERMISSION},
    {OWN, R | W, "pw1", AS_IS, RMP_OK, RULE_NONE},
    {OWN, R | XU, "pu1", AS_IS, RMP_OK, RULE_NONE},
    {OWN, R | XU, "px1", AS_IS, RMP_VMPL_DENIED, RULE_VMPL_PERMISSION},
    {OWN, R | XS, "pu1", AS_IS, RMP_VMPL_DENIED, RULE_VMPL_PERMISSION},
    {OWN, R | XS, "px1", AS_IS, RMP_OK, RULE_NONE},
    {OWN, W, "pw1", AS_IS, RMP_VMPL_DENIED, RULE_VMPL_READ},
    {OWN, XS, "px1", AS_IS, RMP_VMPL_DENIED, RULE_VMPL_READ},
    /* Save areas. */
    {OWN | RMP_VMSA | RMP_IN_USE, 0, "pr0", AS_IS, RMP_OK, RULE_NONE},
    {OWN | RMP_VMSA, 0, "pw0", AS_IS, RMP_OK, RULE_NONE},
    {OWN | RMP_VMSA | RMP_IN_USE, 0, "pw0", AS_IS, RMP_VMSA_WRITE, RULE_VMSA_WRITE_RUNNING},
    {OWN | RMP_VMSA, R | W, "pr1", AS_IS, RMP_OK, RULE_NONE},
    {OWN | RMP_VMSA, R | W, "pw1", AS_IS, RMP_VMSA_WRITE, RULE_VMSA_WRITE_LOWER},
    /* Shared. */
    {0, 0, "sr0", AS_IS, RMP_OK, RULE_NONE},
    {0, 0, "sw3", AS_IS, RMP_OK, RULE_NONE},
    {0, 0, "sr0", NO_FRAME, RMP_MMIO, RULE_SHARED_NO_MEMORY},
    {0, 0, "sr0", OUTSIDE, RMP_OK, RULE_NONE},
    {OWN, 0, "sr0", AS_IS, RMP_SHARED, RULE_SHARED_ASSIGNED},
    {RMP_ASSIGNED, 0, "sr0", AS_IS, RMP_SHARED, RULE_SHARED_ASSIGNED},
    {OWN, 0, "sr0", OTHER_ASID, RMP_SHARED, RULE_SHARED_ASSIGNED},
    {0, 0, "sx0", AS_IS, RMP_OWNERSHIP, RULE_PRIVATE_OWNERSHIP}, /* a fetch is private */
};

static struct rmp_entry entry_with(uint8_t flags, uint8_t perms)
{
    return (struct rmp_entry){
        .gpa = GPA, .asid = ASID, .flags = flags, .perms = {SNP_PERM_ALL, perms, 0, 0}};
}

static struct rmp_access access_for(const char *how, enum odd odd)
{
    struct rmp_access access = {.gpa = GPA + 0x123, .frame = FRAME, .asid = ASID};

    access.private = how[0] == 'p';
    access.write = how[1] == 'w';
    access.fetch = how[1] == 'x' || how[1] == 'u';
    access.user = how[1] == 'u';
    access.vmpl = (uint8_t)(how[2] - '0');
    access.asid += odd == OTHER_ASID;
    access.gpa += odd == OTHER_GPA ? SNP_SIZE_4K : 0;
    if (odd == NO_FRAME || odd == OUTSIDE) {
        access.frame = odd == OUTSIDE ? FIRST + COUNT : RMP_NO_FRAME;
    }
    return access;
}

static void test_access(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct rmp_access access = access_for(cases[i].how, cases[i].odd);
        unsigned rule = ~0u;

        *rmp_entry_of(&rmp, FRAME) = entry_with(cases[i].flags, cases[i].perms);
        enum rmp_verdict verdict = rmp_access(&rmp, &access, &rule);
        if (verdict != cases[i].verdict || rule != cases[i].rule) {
            fail_msg("case %zu, %s: verdict %d rule %u", i, cases[i].how, (int)verdict, rule);
        }
    }
}

struct rights_case {
    uint8_t flags, perms, vmpl, want;
    bool private;
};

static void test_rights(void **unused)
{
    (void)unused;
    static const struct rights_case rights[] = {
        {OWN, 0, 0, SNP_PERM_ALL, true},
        {OWN, 0, 1, 0, true},
        {OWN, R, 1, R, true},
        {OWN, R | W | XU, 1, R | W | XU, true},
        {OWN, W | XU | XS, 1, 0, true}, /* no table can hold these without read */
        {RMP_ASSIGNED, R, 1, 0, true},
        {RMP_ASSIGNED | RMP_IMMUTABLE, 0, 0, 0, true},
        {0, 0, 0, 0, true},
        {OWN | RMP_VMSA, R | W, 1, R, true},
        {OWN | RMP_VMSA, 0, 0, SNP_PERM_ALL, true},
        {OWN | RMP_VMSA | RMP_IN_USE, 0, 0, R | XU | XS, true},
        {0, 0, 3, R | W, false},
        {OWN, R | W, 1, 0, false},
    };

    for (size_t i = 0; i < sizeof(rights) / sizeof(rights[0]); i++) {
        const struct rights_case *c = &rights[i];
        *rmp_entry_of(&rmp, FRAME) = entry_with(c->flags, c->perms);
        uint8_t got = rmp_rights(&rmp, GPA, FRAME, ASID, c->vmpl, c->private);
        if (got != c->want) {
            fail_msg("case %zu: %#x", i, got);
        }
    }
    assert_int_equal(rmp_rights(&rmp, GPA, RMP_NO_FRAME, ASID, 0, false), 0);
    assert_int_equal(rmp_rights(&rmp, GPA, FIRST - 1, ASID, 0, true), 0);
}

static void test_update_input(void **unused)
{
    (void)unused;
    static const struct {
        uint64_t frame;
        struct snp_rmp_state state;
    } bad[] = {
        {FIRST - 1, {.gpa = GPA, .assigned = 1, .asid = ASID}},
        {FIRST + COUNT, {.gpa = GPA, .assigned = 1, .asid = ASID}},
        {FRAME, {.gpa = GPA + 1, .assigned = 1, .asid = ASID}},
        {FRAME, {.gpa = GPA, .assigned = 2, .asid = ASID}},
        {FRAME, {.gpa = GPA, .assigned = 1, .page_size = 2, .asid = ASID}},
        {FRAME, {.gpa = GPA, .assigned = 1, .immutable = 2, .asid = ASID}},
        {FRAME, {.gpa = GPA, .assigned = 1, .reserved_00b = 1, .asid = ASID}},
        {FRAME, {.gpa = GPA, .assigned = 1, .asid = 0x400}},
        {FRAME, {.asid = ASID}},
        {FRAME, {.immutable = 1}},
        {LARGE, {.gpa = GPA, .assigned = 1, .page_size = 1, .asid = ASID}},
        {LARGE + 1, {.gpa = LARGE_GPA, .assigned = 1, .page_size = 1, .asid = ASID}},
        {2048, {.gpa = LARGE_GPA, .assigned = 1, .page_size = 1, .asid = ASID}},
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(rmp_update(&rmp, bad[i].frame, &bad[i].state), SNP_FAIL_INPUT);
    }
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(entries[i].flags, 0);
    }
}

static void test_update_keeps(void **unused)
{
    (void)unused;
    static const uint8_t perms[3] = {R, W, XU};
    const struct snp_rmp_state elsewhere = state(GPA + 0x1000, SNP_PAGE_4K, 0);
    const struct snp_rmp_state shared = {.gpa = 0};
    struct rmp_entry *entry = rmp_entry_of(&rmp, FRAME);

    launch(FRAME, GPA, SNP_PAGE_4K, true, perms);
    assert_int_equal(entry->flags, OWN | RMP_VMSA);
    assert_memory_equal(entry->perms + 1, perms, 3);
    assert_int_equal(entry->perms[0], SNP_PERM_ALL);

    /* A neighbour that cannot change does not matter. */
    rmp_entry_of(&rmp, FRAME + 1)->flags = RMP_ASSIGNED | RMP_IMMUTABLE;
    /* Again what it is: nothing is lost. Anything else: all is lost. */
    assert_int_equal(update(FRAME, GPA, SNP_PAGE_4K, 0), SNP_SUCCESS);
    assert_int_equal(entry->flags, OWN | RMP_VMSA);
    assert_memory_equal(entry->perms + 1, perms, 3);
    assert_int_equal(rmp_update(&rmp, FRAME, &elsewhere), SNP_SUCCESS);
    assert_int_equal(entry->flags, RMP_ASSIGNED);
    assert_int_equal(entry->gpa, GPA + 0x1000);
    assert_memory_equal(entry->perms + 1, no_perms, 3);
    assert_int_equal(rmp_update(&rmp, FRAME, &shared), SNP_SUCCESS);
    launch(FRAME, GPA, SNP_PAGE_4K, true, perms);
    struct snp_rmp_state other = state(GPA, SNP_PAGE_4K, 0);
    other.asid = SNP_RMP_RAW_ASID_MASK; /* the highest that there is */
    assert_int_equal(rmp_update(&rmp, FRAME, &other), SNP_SUCCESS);
    assert_int_equal(entry->flags, RMP_ASSIGNED);
    assert_int_equal(entry->asid, other.asid);
    assert_int_equal(rmp_update(&rmp, FRAME, &shared), SNP_SUCCESS);
    assert_int_equal(entry->flags, 0);
    assert_int_equal(entry->asid, 0);
    assert_int_equal(entry->perms[0], 0);
}

static void test_update_refused(void **unused)
{
    (void)unused;
    const struct snp_rmp_state shared = {.gpa = 0};

    assert_int_equal(update(FRAME, GPA, SNP_PAGE_4K, 1), SNP_SUCCESS);
    assert_int_equal(rmp_update(&rmp, FRAME, &shared), SNP_FAIL_PERMISSION);
    assert_int_equal(rmp_launch(&rmp, FRAME, true, no_perms), SNP_SUCCESS);
    rmp_entry_of(&rmp, FRAME)->flags |= RMP_IN_USE;
    assert_int_equal(rmp_update(&rmp, FRAME, &shared), SNP_FAIL_INUSE);
    rmp_entry_of(&rmp, FRAME)->flags &= (uint8_t)~RMP_IN_USE;
    assert_int_equal(rmp_update(&rmp, FRAME, &shared), SNP_SUCCESS);
}

static void test_update_overlap(void **unused)
{
    (void)unused;
    const struct snp_rmp_state shared = {.gpa = 0};
    const struct snp_rmp_state shared_2m = {.page_size = SNP_PAGE_2M};

    assert_int_equal(update(LARGE + 7, GPA, SNP_PAGE_4K, 0), SNP_SUCCESS);
    assert_int_equal(update(LARGE, LARGE_GPA, SNP_PAGE_2M, 0), SNP_FAIL_OVERLAP);
    assert_int_equal(rmp_entry_of(&rmp, LARGE)->flags, 0);
    assert_int_equal(rmp_update(&rmp, LARGE + 7, &shared), SNP_SUCCESS);
    assert_int_equal(update(LARGE, LARGE_GPA, SNP_PAGE_2M, 0), SNP_SUCCESS);
    assert_int_equal(rmp_entry_of(&rmp, LARGE + 511)->flags, RMP_ASSIGNED | RMP_LARGE);
    assert_int_equal(rmp_entry_of(&rmp, LARGE + 511)->gpa, LARGE_GPA + 511 * 0x1000);
    assert_int_equal(rmp_entry_of(&rmp, LARGE + 512)->flags, 0);
    assert_int_equal(rmp_update(&rmp, LARGE + 7, &shared), SNP_FAIL_OVERLAP);
    assert_int_equal(rmp_update(&rmp, LARGE, &shared), SNP_FAIL_OVERLAP);
    assert_int_equal(rmp_update(&rmp, LARGE, &shared_2m), SNP_SUCCESS);
    assert_int_equal(rmp_entry_of(&rmp, LARGE + 511)->flags, 0);
}

static void test_psmash(void **unused)
{
    (void)unused;
    static const uint8_t perms[3] = {R, 0, W};

    assert_int_equal(rmp_psmash(&rmp, LARGE + 1), SNP_FAIL_INPUT);
    assert_int_equal(rmp_psmash(&rmp, 0), SNP_FAIL_INPUT);
    assert_int_equal(rmp_psmash(&rmp, LARGE), SNP_FAIL_PERMISSION);
    assert_int_equal(update(LARGE, LARGE_GPA, SNP_PAGE_2M, 1), SNP_SUCCESS);
    assert_int_equal(rmp_psmash(&rmp, LARGE), SNP_FAIL_PERMISSION);
    assert_int_equal(rmp_launch(&rmp, LARGE, false, perms), SNP_SUCCESS);
    rmp_entry_of(&rmp, LARGE)->flags |= RMP_IN_USE;
    assert_int_equal(rmp_psmash(&rmp, LARGE), SNP_FAIL_INUSE);
    rmp_entry_of(&rmp, LARGE)->flags = OWN | RMP_LARGE | RMP_VMSA; /* no part is a VMSA */
    rmp_entry_of(&rmp, LARGE + 512)->flags = RMP_LARGE | RMP_VMSA;
    assert_int_equal(rmp_psmash(&rmp, LARGE), SNP_SUCCESS);
    assert_int_equal(rmp_entry_of(&rmp, LARGE + 512)->flags, RMP_LARGE | RMP_VMSA);
    for (uint64_t i = 0; i < 512; i++) {
        const struct rmp_entry *entry = rmp_entry_of(&rmp, LARGE + i);
        assert_int_equal(entry->flags, OWN);
        assert_int_equal(entry->asid, ASID);
        assert_int_equal(entry->gpa, LARGE_GPA + i * 0x1000);
        assert_memory_equal(entry->perms + 1, perms, 3);
    }
    assert_int_equal(rmp_psmash(&rmp, LARGE), SNP_FAIL_PERMISSION);
}

static void test_launch(void **unused)
{
    (void)unused;
    const struct snp_rmp_state firmware = {.assigned = 1, .immutable = 1};

    assert_int_equal(rmp_launch(&rmp, 0, false, no_perms), SNP_FAIL_INPUT);
    assert_int_equal(rmp_launch(&rmp, FRAME, false, no_perms), SNP_FAIL_PERMISSION);
    assert_int_equal(update(FRAME, GPA, SNP_PAGE_4K, 0), SNP_SUCCESS);
    assert_int_equal(rmp_launch(&rmp, FRAME, false, no_perms), SNP_FAIL_PERMISSION);
    assert_int_equal(update(FRAME, GPA, SNP_PAGE_4K, 1), SNP_SUCCESS);
    assert_int_equal(rmp_launch(&rmp, FRAME, false, no_perms), SNP_SUCCESS);
    assert_int_equal(rmp_entry_of(&rmp, FRAME)->flags, OWN);
    assert_int_equal(rmp_launch(&rmp, FRAME, false, no_perms), SNP_FAIL_PERMISSION);
    /* A mark from before, of a page that was rescinded, does not live on. */
    rmp_entry_of(&rmp, FRAME)->flags = RMP_ASSIGNED | RMP_IMMUTABLE | RMP_VMSA;
    assert_int_equal(rmp_launch(&rmp, FRAME, false, no_perms), SNP_SUCCESS);
    assert_int_equal(rmp_entry_of(&rmp, FRAME)->flags, OWN);
    assert_int_equal(rmp_update(&rmp, FRAME + 1, &firmware), SNP_SUCCESS);
    assert_int_equal(rmp_launch(&rmp, FRAME + 1, false, no_perms), SNP_FAIL_PERMISSION);

    assert_int_equal(update(LARGE, LARGE_GPA, SNP_PAGE_2M, 1), SNP_SUCCESS);
    assert_int_equal(rmp_launch(&rmp, LARGE, true, no_perms), SNP_FAIL_INPUT);
    assert_int_equal(rmp_launch(&rmp, LARGE + 1, false, no_perms), SNP_FAIL_INPUT);
    rmp_entry_of(&rmp, LARGE + 512)->flags = RMP_IMMUTABLE;
    assert_int_equal(rmp_launch(&rmp, LARGE, false, no_perms), SNP_SUCCESS);
    assert_int_equal(rmp_entry_of(&rmp, LARGE + 511)->flags, OWN | RMP_LARGE);
    assert_int_equal(rmp_entry_of(&rmp, LARGE + 512)->flags, RMP_IMMUTABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_init, setup),
        cmocka_unit_test_setup(test_access, setup),
        cmocka_unit_test_setup(test_rights, setup),
        cmocka_unit_test_setup(test_update_input, setup),
        cmocka_unit_test_setup(test_update_keeps, setup),
        cmocka_unit_test_setup(test_update_refused, setup),
        cmocka_unit_test_setup(test_update_overlap, setup),
        cmocka_unit_test_setup(test_psmash, setup),
        cmocka_unit_test_setup(test_launch, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
