/* SPDX-License-Identifier: MIT */
/* PVALIDATE, RMPADJUST and RMPQUERY: every outcome and code, and what stays untouched by a refusal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <insn.h>
#include <rules.h>
#include <svsm/abi/vmexit.h>

#define FIRST 512u
#define COUNT 1024u
#define FRAME 1030u
#define LARGE 512u
#define GPA UINT64_C(0x7000)
#define LARGE_GPA UINT64_C(0x40000000)
#define VA UINT64_C(0xffff800000200000)
#define ASID 9u
#define OWN (RMP_ASSIGNED | RMP_VALIDATED)
#define R SNP_PERM_READ
#define W SNP_PERM_WRITE
#define RWX SNP_PERM_ALL
#define VMSA SNP_RMPADJUST_VMSA

static struct rmp_entry entries[COUNT];
static struct rmp rmp;
static const struct insn_cpu vmpl0 = {.features = SNP_FEATURE_SNP, .asid = ASID, .long64 = true};
static const struct insn_page small = {.gpa = GPA + 0x10, .frame = FRAME, .private = true};
static const struct insn_page large = {
    .gpa = LARGE_GPA, .frame = LARGE, .private = true, .large = true};

static int setup(void **unused)
{
    (void)unused;
    rmp_init(&rmp, entries, FIRST, COUNT);
    return 0;
}

static void set_small(uint8_t flags, uint8_t perm1, uint8_t perm2)
{
    *rmp_entry_of(&rmp, FRAME) = (struct rmp_entry){
        .gpa = GPA, .asid = ASID, .flags = flags, .perms = {SNP_PERM_ALL, perm1, perm2, 0}};
}

/* 2 MiB of entries; with RMP_LARGE among the flags they are one. */
static void set_large(uint8_t flags)
{
    for (uint64_t i = 0; i < 512; i++) {
        *rmp_entry_of(&rmp, LARGE + i) = (struct rmp_entry){.gpa = LARGE_GPA + i * SNP_SIZE_4K,
                                                            .asid = ASID,
                                                            .flags = flags,
                                                            .perms = {SNP_PERM_ALL}};
    }
}

static void expect(struct insn_result got, enum insn_outcome outcome, uint32_t eax, unsigned rule)
{
    assert_int_equal(got.outcome, outcome);
    assert_int_equal(got.eax, eax);
    assert_int_equal(got.rule, rule);
    if (outcome != INSN_DONE || eax != SNP_SUCCESS) {
        assert_false(got.changed);
        assert_false(got.cf);
    }
}

static void test_decode(void **unused)
{
    (void)unused;
    static const struct {
        uint8_t bytes[4];
        unsigned count, length;
        enum insn_kind kind;
    } decodes[] = {
        {{0xf2, 0x0f, 0x01, 0xff}, 4, 4, INSN_PVALIDATE},
        {{0xf3, 0x0f, 0x01, 0xfe}, 4, 4, INSN_RMPADJUST},
        {{0xf3, 0x0f, 0x01, 0xfd}, 4, 4, INSN_RMPQUERY},
        {{0xf3, 0x0f, 0x01, 0xd9}, 4, 4, INSN_VMGEXIT},
        {{0xf2, 0x0f, 0x01, 0xd9}, 4, 4, INSN_VMGEXIT},
        {{0xf3, 0x0f, 0x01, 0xff}, 4, 4, INSN_PSMASH},
        {{0xf2, 0x0f, 0x01, 0xfe}, 4, 4, INSN_RMPUPDATE},
        {{0x0f, 0x01, 0xd9, 0xf4}, 4, 3, INSN_VMMCALL},
        {{0x0f, 0x01, 0xd9}, 3, 3, INSN_VMMCALL},
        {{0x0f, 0x01, 0xfe}, 3, 3, INSN_INVLPGB},
        {{0x0f, 0x01, 0xff}, 3, 3, INSN_TLBSYNC},
        {{0x0f, 0x01, 0xfd}, 3, 0, INSN_NONE},       /* RDPRU */
        {{0xf2, 0x0f, 0x01, 0xfd}, 4, 0, INSN_NONE}, /* RMPREAD, a host's */
        {{0x0f, 0x01, 0xd8}, 3, 0, INSN_NONE},       /* VMRUN */
        {{0xf3, 0x0f, 0x01}, 3, 0, INSN_NONE},       /* cut off */
        {{0xf3, 0x0f, 0x02, 0xfe}, 4, 0, INSN_NONE},
        {{0xf3, 0x90, 0x01, 0xfe}, 4, 0, INSN_NONE},
        {{0xf2}, 1, 0, INSN_NONE},
        {{0}, 0, 0, INSN_NONE},
    };

    for (size_t i = 0; i < sizeof(decodes) / sizeof(decodes[0]); i++) {
        unsigned length = 99;
        enum insn_kind kind = insn_decode(decodes[i].bytes, decodes[i].count, &length);
        if (kind != decodes[i].kind || length != decodes[i].length) {
            fail_msg("case %zu: kind %d length %u", i, (int)kind, length);
        }
    }
}

/* What holds for all three before the tables are walked. */
static void test_exceptions(void **unused)
{
    (void)unused;
    struct insn_cpu cpu = vmpl0;

    cpu.long64 = false;
    expect(insn_pvalidate_check(&cpu, VA, 0, 1), INSN_UD, 0, RULE_INSN_SNP);
    cpu.long64 = true;
    cpu.features = 0;
    cpu.cpl = 3; /* #UD goes before #GP */
    expect(insn_rmpadjust_check(&cpu, VA, 0, 1), INSN_UD, 0, RULE_INSN_SNP);
    cpu.features = SNP_FEATURE_SNP;
    expect(insn_pvalidate_check(&cpu, VA, 0, 1), INSN_GP, 0, RULE_INSN_CPL);
    expect(insn_rmpadjust_check(&cpu, VA, 0, 1), INSN_GP, 0, RULE_INSN_CPL);
    expect(insn_rmpquery_check(&cpu, VA, 1), INSN_GP, 0, RULE_INSN_CPL);
    cpu.cpl = 0;
    cpu.vmpl = 1;
    expect(insn_pvalidate_check(&cpu, VA, 0, 1), INSN_GP, 0, RULE_PVALIDATE_VMPL);
    expect(insn_rmpadjust_check(&cpu, VA, 0, 2), INSN_WALK, 0, RULE_NONE);
}

static void test_canonical(void **unused)
{
    (void)unused;
    static const struct {
        uint64_t address;
        bool good48, good57;
    } addresses[] = {
        {0, true, true},
        {UINT64_C(0x00007ffffffff000), true, true},
        {UINT64_C(0x0000800000000000), false, true},
        {UINT64_C(0xffff7ffffffff000), false, true},
        {UINT64_C(0xffff800000000000), true, true},
        {UINT64_C(0x00fffffffffff000), false, true},
        {UINT64_C(0x0100000000000000), false, false},
        {UINT64_C(0xfeffffffffffffff), false, false},
    };

    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        struct insn_cpu cpu = vmpl0;
        for (int la57 = 0; la57 < 2; la57++) {
            cpu.la57 = la57 != 0;
            bool good = la57 ? addresses[i].good57 : addresses[i].good48;
            expect(insn_rmpquery_check(&cpu, addresses[i].address, 1), good ? INSN_WALK : INSN_GP,
                   0, good ? RULE_NONE : RULE_INSN_CANONICAL);
        }
    }
}

static void test_pvalidate_input(void **unused)
{
    (void)unused;
    /* Above bit 0 lies what a compiler left, as in Linux. */
    expect(insn_pvalidate_check(&vmpl0, VA + 0x1000, 0x100, 0x1b400), INSN_WALK, 0, RULE_NONE);
    expect(insn_pvalidate_check(&vmpl0, VA, 0x101, 1), INSN_WALK, 0, RULE_NONE);
    expect(insn_pvalidate_check(&vmpl0, VA + 0x1000, 1, 1), INSN_DONE, SNP_FAIL_INPUT,
           RULE_INSN_ALIGNED);
    expect(insn_pvalidate_check(&vmpl0, VA, 1, 1), INSN_WALK, 0, RULE_NONE);
    expect(insn_pvalidate_check(&vmpl0, VA + 0x1234, 0, 0), INSN_WALK, 0, RULE_NONE);
}

static void test_pvalidate(void **unused)
{
    (void)unused;
    set_small(RMP_ASSIGNED, R, 0);
    struct insn_result result = insn_pvalidate(&rmp, &vmpl0, &small, 0, 1);
    expect(result, INSN_DONE, SNP_SUCCESS, RULE_NONE);
    assert_true(result.changed);
    assert_false(result.cf);
    assert_int_equal(result.pages, 1);
    assert_int_equal(rmp_entry_of(&rmp, FRAME)->flags, OWN);
    assert_int_equal(rmp_entry_of(&rmp, FRAME)->perms[1], R); /* permissions stay */

    result = insn_pvalidate(&rmp, &vmpl0, &small, 0, 1);
    expect(result, INSN_DONE, SNP_SUCCESS, RULE_PVALIDATE_NO_CHANGE);
    assert_true(result.cf);
    assert_false(result.changed);
    assert_true(insn_pvalidate(&rmp, &vmpl0, &small, 0, 0).changed);
    assert_int_equal(rmp_entry_of(&rmp, FRAME)->flags, RMP_ASSIGNED);
    assert_true(insn_pvalidate(&rmp, &vmpl0, &small, 0, 0).cf);
}

static void test_pvalidate_large(void **unused)
{
    (void)unused;
    set_large(RMP_ASSIGNED | RMP_LARGE);
    struct insn_result result = insn_pvalidate(&rmp, &vmpl0, &large, 1, 1);
    expect(result, INSN_DONE, SNP_SUCCESS, RULE_NONE);
    assert_int_equal(result.pages, 512);
    for (uint64_t i = 0; i < 512; i++) {
        assert_int_equal(rmp_entry_of(&rmp, LARGE + i)->flags, OWN | RMP_LARGE);
    }
    assert_int_equal(rmp_entry_of(&rmp, LARGE + 512)->flags, 0);
    assert_true(insn_pvalidate(&rmp, &vmpl0, &large, 1, 1).cf);
}

/* The sizes of request, mapping and entry, for both instructions that change something. */
static void test_sizes(void **unused)
{
    (void)unused;
    struct insn_page page = large;
    uint64_t rdx = snp_rmpadjust(1, R, 0);

    set_large(OWN);
    expect(insn_pvalidate(&rmp, &vmpl0, &page, 1, 0), INSN_DONE, SNP_FAIL_SIZEMISMATCH,
           RULE_INSN_SIZE_LARGE);
    expect(insn_rmpadjust(&rmp, &vmpl0, &page, 1, rdx), INSN_DONE, SNP_FAIL_SIZEMISMATCH,
           RULE_INSN_SIZE_LARGE);
    set_large(OWN | RMP_LARGE);
    struct insn_result result = insn_pvalidate(&rmp, &vmpl0, &page, 0, 0);
    expect(result, INSN_NPF, 0, RULE_INSN_SIZE_SMALL);
    assert_int_equal(result.npf_info, VMEXIT_NPF_RMP | VMEXIT_NPF_SIZEM);
    expect(insn_rmpadjust(&rmp, &vmpl0, &page, 0, rdx), INSN_NPF, 0, RULE_INSN_SIZE_SMALL);
    page.large = false;
    expect(insn_pvalidate(&rmp, &vmpl0, &page, 1, 0), INSN_DONE, SNP_FAIL_SIZEMISMATCH,
           RULE_INSN_MAPPING_SMALL);
    page.large = true;
    page.gpa += SNP_SIZE_4K;
    expect(insn_rmpadjust(&rmp, &vmpl0, &page, 1, rdx), INSN_DONE, SNP_FAIL_INPUT,
           RULE_INSN_ALIGNED);

    /* What the host does about SIZEM; then the small request goes through. */
    assert_int_equal(rmp_psmash(&rmp, LARGE), SNP_SUCCESS);
    page.frame++;
    assert_true(insn_pvalidate(&rmp, &vmpl0, &page, 0, 0).changed);
    assert_int_equal(rmp_entry_of(&rmp, LARGE)->flags, OWN);
    assert_int_equal(rmp_entry_of(&rmp, LARGE + 1)->flags, RMP_ASSIGNED);
}

/* A page that is not the guest's to change. */
static void test_owner(void **unused)
{
    (void)unused;
    static const struct {
        uint8_t flags;
        uint32_t asid;
        uint64_t gpa, frame;
        uint64_t info;
        unsigned rule;
    } refusals[] = {
        {OWN, ASID, GPA, RMP_NO_FRAME, 0, RULE_PRIVATE_NO_MEMORY},
        {OWN, ASID, GPA, FIRST - 1, VMEXIT_NPF_RMP, RULE_PRIVATE_OWNERSHIP},
        {0, 0, 0, FRAME, VMEXIT_NPF_RMP, RULE_PRIVATE_OWNERSHIP},
        {OWN, ASID + 1, GPA, FRAME, VMEXIT_NPF_RMP, RULE_PRIVATE_OWNERSHIP},
        {OWN, ASID, GPA + 0x1000, FRAME, VMEXIT_NPF_RMP, RULE_PRIVATE_OWNERSHIP},
        {RMP_ASSIGNED | RMP_IMMUTABLE, ASID, GPA, FRAME, VMEXIT_NPF_RMP, RULE_PRIVATE_IMMUTABLE},
    };

    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        const struct rmp_entry before = {.gpa = refusals[i].gpa,
                                         .asid = refusals[i].asid,
                                         .flags = refusals[i].flags,
                                         .perms = {SNP_PERM_ALL}};
        struct insn_page page = small;
        page.frame = refusals[i].frame;
        *rmp_entry_of(&rmp, FRAME) = before;
        const struct insn_result results[] = {
            insn_pvalidate(&rmp, &vmpl0, &page, 0, 0),
            insn_rmpadjust(&rmp, &vmpl0, &page, 0, snp_rmpadjust(1, R, 0)),
            insn_rmpquery(&rmp, &vmpl0, &page, 1),
        };
        for (size_t k = 0; k < 3; k++) {
            expect(results[k], INSN_NPF, 0, refusals[i].rule);
            assert_int_equal(results[k].npf_info, refusals[i].info);
        }
        assert_memory_equal(rmp_entry_of(&rmp, FRAME), &before, sizeof(before));
    }
}

static void test_mapped_shared(void **unused)
{
    (void)unused;
    struct insn_page page = small;

    page.private = false;
    set_small(OWN, 0, 0);
    expect(insn_pvalidate(&rmp, &vmpl0, &page, 0, 0), INSN_DONE, SNP_FAIL_INPUT,
           RULE_INSN_MAPPING_SHARED);
    expect(insn_rmpadjust(&rmp, &vmpl0, &page, 0, 1), INSN_DONE, SNP_FAIL_INPUT,
           RULE_INSN_MAPPING_SHARED);
    expect(insn_rmpquery(&rmp, &vmpl0, &page, 1), INSN_DONE, SNP_FAIL_INPUT,
           RULE_INSN_MAPPING_SHARED);
}

static void test_rmpadjust_input(void **unused)
{
    (void)unused;
    static const struct {
        uint8_t vmpl;
        uint64_t rcx, rdx;
        uint32_t eax;
        unsigned rule;
    } inputs[] = {
        {0, 0, 0x0f04, SNP_FAIL_INPUT, RULE_RMPADJUST_INPUT},
        {0, 0, 0x2f01, SNP_FAIL_INPUT, RULE_RMPADJUST_INPUT},
        {0, 0, 0x8f01, SNP_FAIL_INPUT, RULE_RMPADJUST_INPUT},
        {0, 0, 0x20f01, SNP_FAIL_INPUT, RULE_RMPADJUST_INPUT},
        {0, 0, UINT64_C(1) << 63 | 1, SNP_FAIL_INPUT, RULE_RMPADJUST_INPUT},
        {0, 0, 0x1f01, SNP_FAIL_INPUT, RULE_RMPADJUST_SHADOW_STACK},
        {0, 0, 0x0f00, SNP_FAIL_PERMISSION, RULE_RMPADJUST_TARGET},
        {1, 0, 0x0f01, SNP_FAIL_PERMISSION, RULE_RMPADJUST_TARGET},
        {2, 0, 0x0f01, SNP_FAIL_PERMISSION, RULE_RMPADJUST_TARGET},
        {3, 0, 0x0f03, SNP_FAIL_PERMISSION, RULE_RMPADJUST_TARGET},
    };

    for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
        struct insn_cpu cpu = vmpl0;
        cpu.vmpl = inputs[i].vmpl;
        expect(insn_rmpadjust_check(&cpu, VA, inputs[i].rcx, inputs[i].rdx), INSN_DONE,
               inputs[i].eax, inputs[i].rule);
    }
    expect(insn_rmpadjust_check(&vmpl0, VA + 0x1000, 1, 1), INSN_DONE, SNP_FAIL_INPUT,
           RULE_INSN_ALIGNED);
    expect(insn_rmpadjust_check(&vmpl0, VA, 1, 0x10f01), INSN_WALK, 0, RULE_NONE);
    struct insn_cpu sss = vmpl0;
    sss.features |= SNP_FEATURE_VMPL_SSS;
    expect(insn_rmpadjust_check(&sss, VA, 0, 0x1f01), INSN_WALK, 0, RULE_NONE);
}

struct adjust_case {
    uint8_t flags, perm1, perm2; /* of the entry before */
    uint8_t vmpl, target, mask;
    bool vmsa;
    enum insn_outcome outcome;
    uint32_t eax;
    unsigned rule;
    uint8_t flags_after; /* of a success */
};

static const struct adjust_case adjusts[] = {
    {OWN, 0, 0, 0, 1, RWX, false, INSN_DONE, 0, RULE_NONE, OWN},
    {OWN, RWX, 0, 0, 1, R, false, INSN_DONE, 0, RULE_NONE, OWN}, /* replaces, does not add */
    {OWN, 0, 0, 0, 2, R, true, INSN_DONE, 0, RULE_NONE, OWN | RMP_VMSA},
    {OWN | RMP_VMSA, 0, 0, 0, 3, 0, true, INSN_DONE, 0, RULE_NONE, OWN | RMP_VMSA},
    {OWN | RMP_VMSA, 0, 0, 0, 1, 0, false, INSN_DONE, 0, RULE_NONE, OWN},
    {OWN, R | W, 0, 1, 2, R, false, INSN_DONE, 0, RULE_NONE, OWN},
    {OWN, R, 0, 1, 2, R, true, INSN_DONE, 0, RULE_NONE, OWN}, /* bit 16 is VMPL0's */
    {OWN | RMP_VMSA, R, 0, 1, 2, R, false, INSN_DONE, 0, RULE_NONE, OWN | RMP_VMSA},
    {OWN, R, 0, 1, 2, R | W, false, INSN_DONE, SNP_FAIL_PERMISSION, RULE_RMPADJUST_MASK, 0},
    {OWN, RWX, 0, 2, 3, R, false, INSN_DONE, SNP_FAIL_PERMISSION, RULE_RMPADJUST_MASK, 0},
    {OWN, RWX, 0, 2, 3, 0, false, INSN_DONE, 0, RULE_NONE, OWN},
    {OWN, 0, 0, 0, 1, SNP_PERM_SHADOW_STACK, false, INSN_DONE, 0, RULE_NONE, OWN},
    {OWN, RWX, 0, 1, 2, SNP_PERM_SHADOW_STACK, false, INSN_DONE, SNP_FAIL_PERMISSION,
     RULE_RMPADJUST_MASK, 0},
    {RMP_ASSIGNED, 0, 0, 0, 1, R, false, INSN_VC_404, 0, RULE_INSN_VALIDATED, 0},
    {RMP_ASSIGNED, 0, 0, 1, 2, R, false, INSN_VC_404, 0, RULE_INSN_VALIDATED, 0},
    {OWN | RMP_VMSA | RMP_IN_USE, 0, 0, 0, 1, 0, false, INSN_DONE, SNP_FAIL_INUSE,
     RULE_RMPADJUST_IN_USE, 0},
    {OWN | RMP_VMSA | RMP_IN_USE, 0, 0, 0, 1, 0, true, INSN_DONE, 0, RULE_NONE,
     OWN | RMP_VMSA | RMP_IN_USE},
};

static void test_rmpadjust(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof(adjusts) / sizeof(adjusts[0]); i++) {
        const struct adjust_case *c = &adjusts[i];
        struct insn_cpu cpu = vmpl0;
        cpu.vmpl = c->vmpl;
        set_small(c->flags, c->perm1, c->perm2);
        struct rmp_entry want = *rmp_entry_of(&rmp, FRAME);

        struct insn_result result = insn_rmpadjust(
            &rmp, &cpu, &small, 0, snp_rmpadjust(c->target, c->mask, c->vmsa ? VMSA : 0));
        if (result.outcome != c->outcome || result.eax != c->eax || result.rule != c->rule) {
            fail_msg("case %zu: outcome %d eax %u rule %u", i, (int)result.outcome, result.eax,
                     result.rule);
        }
        if (c->outcome == INSN_DONE && c->eax == SNP_SUCCESS) {
            assert_true(result.changed);
            assert_int_equal(result.pages, 1);
            want.perms[c->target] = c->mask;
            want.flags = c->flags_after;
        }
        assert_memory_equal(rmp_entry_of(&rmp, FRAME), &want, sizeof(want));
    }
}

static void test_rmpadjust_large(void **unused)
{
    (void)unused;
    set_large(OWN | RMP_LARGE);
    struct insn_result result = insn_rmpadjust(&rmp, &vmpl0, &large, 1, snp_rmpadjust(3, W, 0));
    expect(result, INSN_DONE, SNP_SUCCESS, RULE_NONE);
    assert_int_equal(result.pages, 512);
    for (uint64_t i = 0; i < 512; i++) {
        assert_int_equal(rmp_entry_of(&rmp, LARGE + i)->perms[3], W);
    }
    assert_int_equal(rmp_entry_of(&rmp, LARGE + 512)->perms[3], 0);
}

static void test_rmpquery(void **unused)
{
    (void)unused;
    struct insn_cpu cpu = vmpl0;

    expect(insn_rmpquery_check(&cpu, VA, 4), INSN_DONE, SNP_FAIL_INPUT, RULE_RMPQUERY_INPUT);
    expect(insn_rmpquery_check(&cpu, VA, 0x101), INSN_DONE, SNP_FAIL_INPUT, RULE_RMPQUERY_INPUT);
    cpu.vmpl = 2;
    expect(insn_rmpquery_check(&cpu, VA, 1), INSN_DONE, SNP_FAIL_PERMISSION, RULE_RMPQUERY_TARGET);
    expect(insn_rmpquery_check(&cpu, VA, 2), INSN_WALK, 0, RULE_NONE);

    set_small(OWN | RMP_VMSA, R | W, 0);
    struct insn_result result = insn_rmpquery(&rmp, &vmpl0, &small, 1);
    expect(result, INSN_DONE, SNP_SUCCESS, RULE_NONE);
    assert_int_equal(result.rdx, snp_rmpadjust(1, R | W, VMSA));
    assert_int_equal(result.rcx, SNP_PAGE_4K);
    assert_false(result.changed);
    set_large(OWN | RMP_LARGE);
    result = insn_rmpquery(&rmp, &vmpl0, &large, 0);
    assert_int_equal(result.rdx, snp_rmpadjust(0, RWX, 0));
    assert_int_equal(result.rcx, SNP_PAGE_2M);
    set_small(RMP_ASSIGNED, 0, 0);
    expect(insn_rmpquery(&rmp, &vmpl0, &small, 1), INSN_VC_404, 0, RULE_INSN_VALIDATED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decode),
        cmocka_unit_test_setup(test_exceptions, setup),
        cmocka_unit_test_setup(test_canonical, setup),
        cmocka_unit_test_setup(test_pvalidate_input, setup),
        cmocka_unit_test_setup(test_pvalidate, setup),
        cmocka_unit_test_setup(test_pvalidate_large, setup),
        cmocka_unit_test_setup(test_sizes, setup),
        cmocka_unit_test_setup(test_owner, setup),
        cmocka_unit_test_setup(test_mapped_shared, setup),
        cmocka_unit_test_setup(test_rmpadjust_input, setup),
        cmocka_unit_test_setup(test_rmpadjust, setup),
        cmocka_unit_test_setup(test_rmpadjust_large, setup),
        cmocka_unit_test_setup(test_rmpquery, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
