/* SPDX-License-Identifier: MIT */
/* What makes VMRUN refuse a save area, one fault at a time; classes and names of exits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <rules.h>
#include <svsm/abi/snp.h>
#include <svsm/abi/vmexit.h>
#include <vmsa_check.h>

#define ASID 3u
#define MARKED (RMP_ASSIGNED | RMP_VALIDATED | RMP_VMSA)
#define CR0_RUNS UINT64_C(0x80010033)
#define EFER_RUNS UINT64_C(0x1d01)

static struct vmsa vmsa;
static struct rmp_entry entry;
static const struct vmsa_limits limits = {
    .allowed_features = SNP_FEATURE_ALLOWED_VALID | SNP_FEATURE_SNP |
                        SNP_FEATURE_ALTERNATE_INJECTION | SNP_FEATURE_RESTRICTED_INJECTION |
                        SNP_FEATURE_SECURE_AVIC | SNP_FEATURE_DEBUG_SWAP | SNP_FEATURE_SECURE_TSC,
    .tsc_scale = UINT64_C(3) << 32,
    .tsc_offset = 77,
    .asid = ASID,
    .phys_bits = 48};

/* A level in 64-bit mode, as an SVSM sets it up. */
static int setup(void **unused)
{
    (void)unused;
    memset(&vmsa, 0, sizeof(vmsa));
    vmsa.efer = EFER_RUNS;
    vmsa.cr0 = CR0_RUNS;
    vmsa.cr4 = 0x20;
    vmsa.cr3 = UINT64_C(0x800000001000);
    vmsa.cs.attrib = VMSA_RESET_CODE_ATTRIB | VMSA_ATTRIB_L;
    vmsa.dr6 = VMSA_RESET_DR6;
    vmsa.dr7 = VMSA_RESET_DR7;
    vmsa.xcr0 = 7;
    vmsa.sev_features = SNP_FEATURE_SNP;
    vmsa.vmpl = 2;
    entry = (struct rmp_entry){.asid = ASID, .flags = MARKED, .perms = {SNP_PERM_ALL}};
    return 0;
}

static void expect(unsigned rule)
{
    unsigned got = vmsa_check(&vmsa, &entry, 2, &limits);
    if (got != rule) {
        fail_msg("rule %u instead of %u", got, rule);
    }
}

static void test_runs(void **unused)
{
    (void)unused;
    expect(RULE_NONE);
    vmsa.sev_features |= SNP_FEATURE_ALTERNATE_INJECTION | SNP_FEATURE_DEBUG_SWAP;
    expect(RULE_NONE);
    entry.flags |= RMP_IMMUTABLE; /* not VMRUN's business */
    expect(RULE_NONE);
}

static void test_tsc(void **unused)
{
    (void)unused;
    expect(RULE_NONE); /* without the feature neither is looked at */
    vmsa.sev_features |= SNP_FEATURE_SECURE_TSC;
    expect(RULE_VMSA_TSC);
    vmsa.guest_tsc_scale = limits.tsc_scale;
    expect(RULE_VMSA_TSC);
    vmsa.guest_tsc_offset = limits.tsc_offset;
    expect(RULE_NONE);
    vmsa.guest_tsc_scale = 0;
    expect(RULE_VMSA_TSC);
}

/* What KVM and QEMU measure, and what a CPU is at INIT. */
static void test_reset_states_run(void **unused)
{
    (void)unused;
    vmsa.efer = VMSA_RESET_EFER;
    vmsa.cr3 = 0;
    vmsa.cs.attrib = VMSA_RESET_CODE_ATTRIB;
    vmsa.xcr0 = VMSA_RESET_XCR0;
    vmsa.cr0 = VMSA_RESET_CR0_KVM;
    vmsa.cr4 = VMSA_RESET_CR4_KVM;
    expect(RULE_NONE);
    vmsa.cr0 = CR0_RUNS; /* paging of 32 bits, without long mode and PAE */
    vmsa.cr4 = 0;
    expect(RULE_NONE);
    vmsa.cr3 = UINT64_C(1) << 60; /* of which nothing above bit 31 counts there */
    expect(RULE_NONE);
    vmsa.cr3 = 0;
    vmsa.cr0 = VMSA_RESET_CR0;
    vmsa.cr4 = 0;
    expect(RULE_NONE);
}

static void test_page(void **unused)
{
    (void)unused;
    static const uint8_t missing[] = {RMP_ASSIGNED, RMP_VALIDATED, RMP_VMSA};

    for (size_t i = 0; i < sizeof(missing); i++) {
        entry.flags = (uint8_t)(MARKED & ~missing[i]);
        expect(RULE_VMSA_PAGE);
    }
    entry.flags = MARKED;
    entry.asid++;
    expect(RULE_VMSA_PAGE);
    entry.asid--;
    entry.flags = MARKED | RMP_LARGE;
    expect(RULE_VMSA_LARGE);
    entry.flags = MARKED | RMP_IN_USE;
    expect(RULE_VMSA_IN_USE);
    assert_int_equal(vmsa_check(&vmsa, NULL, 2, &limits), RULE_VMSA_PAGE);
}

static void test_level(void **unused)
{
    (void)unused;
    assert_int_equal(vmsa_check(&vmsa, &entry, 1, &limits), RULE_VMSA_LEVEL);
    vmsa.vmpl = 4;
    assert_int_equal(vmsa_check(&vmsa, &entry, 4, &limits), RULE_VMSA_LEVEL);
}

static void test_features(void **unused)
{
    (void)unused;
    static const struct {
        uint64_t features, vintr;
        unsigned rule;
    } features[] = {
        {0, 0, RULE_VMSA_SNP},
        {SNP_FEATURE_DEBUG_SWAP, 0, RULE_VMSA_SNP},
        {SNP_FEATURE_SNP | SNP_FEATURE_VTOM, 0, RULE_VMSA_FEATURES},
        {SNP_FEATURE_SNP | SNP_FEATURE_ALLOWED_VALID, 0, RULE_VMSA_FEATURES},
        {SNP_FEATURE_SNP | SNP_FEATURE_ALTERNATE_INJECTION | SNP_FEATURE_RESTRICTED_INJECTION, 0,
         RULE_VMSA_INJECTION},
        {SNP_FEATURE_SNP | SNP_FEATURE_ALTERNATE_INJECTION | SNP_FEATURE_SECURE_AVIC, 0,
         RULE_VMSA_INJECTION},
        {SNP_FEATURE_SNP | SNP_FEATURE_SECURE_AVIC, 0, RULE_NONE},
        {SNP_FEATURE_SNP | SNP_FEATURE_ALTERNATE_INJECTION, VMSA_VINTR_GUEST_BUSY, RULE_VMSA_BUSY},
        {SNP_FEATURE_SNP, VMSA_VINTR_GUEST_BUSY, RULE_NONE},
    };

    for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
        vmsa.sev_features = features[i].features;
        vmsa.vintr_ctrl = features[i].vintr;
        expect(features[i].rule);
    }
}

struct register_case {
    size_t offset; /* of a member of 8 bytes */
    uint64_t value;
    unsigned rule;
};

static const struct register_case registers[] = {
    {offsetof(struct vmsa, efer), EFER_RUNS & ~SNP_EFER_SVME, RULE_VMSA_SVME},
    {offsetof(struct vmsa, efer), 0, RULE_VMSA_SVME},
    {offsetof(struct vmsa, efer), EFER_RUNS | 2, RULE_VMSA_EFER},
    {offsetof(struct vmsa, efer), EFER_RUNS | UINT64_C(1) << 32, RULE_VMSA_EFER},
    {offsetof(struct vmsa, cr4), 0, RULE_VMSA_EFER}, /* long mode without PAE */
    {offsetof(struct vmsa, cr0), CR0_RUNS & ~UINT64_C(1), RULE_VMSA_EFER}, /* without PE */
    {offsetof(struct vmsa, cr0), CR0_RUNS | UINT64_C(1) << 29, RULE_VMSA_CR0},
    {offsetof(struct vmsa, cr0), CR0_RUNS | UINT64_C(3) << 29, RULE_NONE},
    {offsetof(struct vmsa, cr0), CR0_RUNS | UINT64_C(1) << 32, RULE_VMSA_CR0},
    {offsetof(struct vmsa, cr3), UINT64_C(1) << 47, RULE_NONE},
    {offsetof(struct vmsa, cr3), UINT64_C(1) << 48, RULE_VMSA_CR3},
    {offsetof(struct vmsa, cr4), 0x20 | UINT64_C(1) << 13, RULE_VMSA_CR4},
    {offsetof(struct vmsa, cr4), 0x20 | UINT64_C(1) << 40, RULE_VMSA_CR4},
    {offsetof(struct vmsa, cr4), 0x20 | UINT64_C(1) << 12, RULE_VMSA_CR4}, /* LA57 */
    {offsetof(struct vmsa, cr4), 0x20 | UINT64_C(1) << 23, RULE_NONE},     /* CET with WP */
    {offsetof(struct vmsa, dr6), UINT64_C(1) << 32, RULE_VMSA_DR},
    {offsetof(struct vmsa, dr7), UINT64_C(1) << 63, RULE_VMSA_DR},
    {offsetof(struct vmsa, xcr0), 0, RULE_VMSA_XCR0},
    {offsetof(struct vmsa, xcr0), 6, RULE_VMSA_XCR0},
    {offsetof(struct vmsa, xcr0), 5, RULE_VMSA_XCR0},
    {offsetof(struct vmsa, xcr0), 3, RULE_NONE},
};

static void test_registers(void **unused)
{
    for (size_t i = 0; i < sizeof(registers) / sizeof(registers[0]); i++) {
        setup(unused);
        memcpy((uint8_t *)&vmsa + registers[i].offset, &registers[i].value, 8);
        unsigned got = vmsa_check(&vmsa, &entry, 2, &limits);
        if (got != registers[i].rule) {
            fail_msg("case %zu: rule %u", i, got);
        }
    }
    setup(unused);
    struct vmsa_limits five = limits;
    five.la57 = true;
    vmsa.cr4 |= UINT64_C(1) << 12;
    assert_int_equal(vmsa_check(&vmsa, &entry, 2, &five), RULE_NONE);
    setup(unused);
    vmsa.cs.attrib |= VMSA_ATTRIB_DB;
    expect(RULE_VMSA_EFER);
    setup(unused);
    vmsa.cr0 &= ~(UINT64_C(1) << 16);
    vmsa.cr4 |= UINT64_C(1) << 23;
    expect(RULE_VMSA_CET);
}

static void test_exit_class(void **unused)
{
    (void)unused;
    static const uint64_t automatic[] = {0x52,
                                         0x60,
                                         0x61,
                                         0x62,
                                         0x63,
                                         0x64,
                                         0x77,
                                         0x78,
                                         0x7f,
                                         0x8f,
                                         0x90,
                                         0x94,
                                         0x9f,
                                         0xa5,
                                         0xa6,
                                         0x400,
                                         0x401,
                                         0x402,
                                         0x403,
                                         0x406,
                                         VMEXIT_INVALID,
                                         VMEXIT_BUSY,
                                         VMEXIT_IDLE_REQUIRED,
                                         VMEXIT_INVALID_PMC};
    static const uint64_t raised[] = {0x00, 0x14, 0x27, 0x37, 0x41, 0x46, 0x51, 0x53, 0x5d, 0x65,
                                      0x6e, 0x6f, 0x72, 0x76, 0x79, 0x7b, 0x7c, 0x7d, 0x80, 0x81,
                                      0x87, 0x89, 0x8a, 0x8b, 0x8e, 0xa0, 0xa4, 0x404};

    for (size_t i = 0; i < sizeof(automatic) / sizeof(automatic[0]); i++) {
        assert_int_equal(exit_class(automatic[i], SNP_FEATURE_SNP), EXIT_AUTOMATIC);
    }
    for (size_t i = 0; i < sizeof(raised) / sizeof(raised[0]); i++) {
        assert_int_equal(exit_class(raised[i], SNP_FEATURE_SNP), EXIT_VC);
        assert_int_equal(exit_class(raised[i], SNP_FEATURE_SNP | SNP_FEATURE_REFLECT_VC),
                         EXIT_AUTOMATIC);
    }
}

static void test_exit_name(void **unused)
{
    (void)unused;
    assert_string_equal(exit_name(VMEXIT_CR_READ + 15), "CR15_READ");
    assert_string_equal(exit_name(VMEXIT_DR7_WRITE), "DR7_WRITE");
    assert_string_equal(exit_name(VMEXIT_EXCEPTION + 31), "EXCP31");
    assert_string_equal(exit_name(VMEXIT_INTR), "INTR");
    assert_string_equal(exit_name(VMEXIT_CPUID), "CPUID");
    assert_string_equal(exit_name(VMEXIT_EFER_WRITE_TRAP), "EFER_WRITE_TRAP");
    assert_string_equal(exit_name(VMEXIT_CR_WRITE_TRAP + 8), "CR8_WRITE_TRAP");
    assert_string_equal(exit_name(VMEXIT_IDLE_HLT), "IDLE_HLT");
    assert_string_equal(exit_name(VMEXIT_VMGEXIT), "VMGEXIT");
    assert_string_equal(exit_name(VMEXIT_INVALID), "INVALID");
    assert_null(exit_name(VMEXIT_IDLE_HLT + 1));
    assert_null(exit_name(0x405));
}

/* What a more privileged level may write into a save area with Alternate Injection. */
static void test_alternate(void **unused)
{
    (void)unused;
    const struct {
        uint64_t vintr, event;
        unsigned rule;
    } areas[] = {
        {0, 0, 0},
        {UINT64_C(0x000000ff001f07ff), 0, 0},
        {UINT64_C(0x0000010000000000), 0, RULE_VMSA_VINTR},
        {0x800, 0, RULE_VMSA_VINTR},
        {0x1000, 0, RULE_VMSA_VINTR},
        {0x200000, 0, RULE_VMSA_VINTR},
        {0x4000000, 0, RULE_VMSA_VINTR},
        {UINT64_C(1) << 63, 0, RULE_VMSA_BUSY},
        {0, UINT64_C(0x7fffffff), 0}, /* not valid */
        {0, UINT64_C(0x800000ff), 0},
        {0, UINT64_C(0x80000202), 0},
        {0, UINT64_C(0x1880000b0d), 0},
        {0, UINT64_C(0x80000480), 0},
        {0, UINT64_C(0x80000302), RULE_VMSA_EVENT_INJ},
        {0, UINT64_C(0x80000320), RULE_VMSA_EVENT_INJ},
        {0, UINT64_C(0x80000140), RULE_VMSA_EVENT_INJ},
        {0, UINT64_C(0x80001040), RULE_VMSA_EVENT_INJ},
    };

    for (size_t i = 0; i < sizeof(areas) / sizeof(areas[0]); i++) {
        setup(NULL);
        vmsa.vintr_ctrl = areas[i].vintr;
        vmsa.event_inj = areas[i].event;
        expect(0); /* without it nobody looks */
        vmsa.sev_features |= SNP_FEATURE_ALTERNATE_INJECTION;
        expect(areas[i].rule);
    }
}

/* With Restricted Injection only #HV may be injected; what is not valid is no event. */
static void test_event(void **unused)
{
    (void)unused;
    const struct {
        uint64_t event;
        unsigned rule;
    } events[] = {
        {0, 0},
        {0x31c, 0},
        {UINT64_C(0x8000031c), 0},
        {UINT64_C(0x8000041c), RULE_VMSA_EVENT},
        {UINT64_C(0x8000001c), RULE_VMSA_EVENT},
        {UINT64_C(0x80000b1c), RULE_VMSA_EVENT},
        {UINT64_C(0x80000b1d), RULE_VMSA_EVENT},
        {UINT64_C(0x80000202), RULE_VMSA_EVENT},
        {UINT64_C(0x80000040), RULE_VMSA_EVENT},
    };

    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        setup(NULL);
        assert_int_equal(vmsa_check_event(&vmsa, events[i].event), 0);
        vmsa.sev_features |= SNP_FEATURE_RESTRICTED_INJECTION;
        assert_int_equal(vmsa_check_event(&vmsa, events[i].event), events[i].rule);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_runs, setup),
        cmocka_unit_test_setup(test_reset_states_run, setup),
        cmocka_unit_test_setup(test_tsc, setup),
        cmocka_unit_test_setup(test_page, setup),
        cmocka_unit_test_setup(test_level, setup),
        cmocka_unit_test_setup(test_features, setup),
        cmocka_unit_test(test_registers),
        cmocka_unit_test(test_exit_class),
        cmocka_unit_test(test_exit_name),
        cmocka_unit_test(test_event),
        cmocka_unit_test(test_alternate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
