/* SPDX-License-Identifier: MIT */
/* Events about vCPUs, and guest requests: what each host checks, does and answers. */
#include "ghcb_fixture.h"
#include <string.h>
#include <svsm/abi/psp.h>
#include <svsm/abi/psp_messages.h>
#include <svsm/abi/snp.h>

#define STRICT LAUNCH_STRICT
#define KVM LAUNCH_UPSTREAM_6_12
#define PLANES LAUNCH_PLANES
#define OFFSET(member) offsetof(struct ghcb, member)
#define REQUEST_GPA SHARED_GPA
#define RESPONSE_GPA (SHARED_GPA + 0x1000)
#define TABLE_GPA (SHARED_GPA + 0x2000)

static struct ghcb_outcome ask(uint64_t code, uint64_t info1, uint64_t info2)
{
    fixture_event(code, info1, info2);
    return fixture_exit();
}

static struct ghcb_outcome ask_with_rax(uint64_t code, uint64_t info1, uint64_t info2, uint64_t rax)
{
    fixture_event(code, info1, info2);
    fixture_set(OFFSET(rax), rax);
    return fixture_exit();
}

struct creation_case {
    enum launch_profile profile;
    uint64_t info1, vmsa, features;
    unsigned rule;
    const char *journal;
};

static const struct creation_case creations[] = {
    {STRICT, UINT64_C(0x300020001), VMSA_GPA, 1, 0, "ap 3.2 request=1 vmsa=203000 features=1"},
    {STRICT, UINT64_C(0x100000000), VMSA_GPA, 1, 0, "ap 1.0 request=0 vmsa=203000 features=1"},
    {STRICT, UINT64_C(0x100010002), 0x1, 0, 0,
     "ap 1.1 request=2 vmsa=1 features=0"}, /* nothing is looked at */
    {STRICT, UINT64_C(0x100000003), VMSA_GPA, 1, RULE_AP_REQUEST, ""},
    {STRICT, UINT64_C(0x100000101), VMSA_GPA, 1, RULE_AP_REQUEST, ""},
    {STRICT, UINT64_C(0x100100001), VMSA_GPA, 1, RULE_AP_REQUEST, ""}, /* bit 20 */
    {STRICT, UINT64_C(0x100040001), VMSA_GPA, 1, RULE_AP_LEVEL, ""},
    {STRICT, UINT64_C(0x400000001), VMSA_GPA, 1, RULE_AP_APIC_ID, ""},
    {STRICT, UINT64_C(0x400000002), VMSA_GPA, 1, RULE_AP_APIC_ID, ""},
    {STRICT, UINT64_C(0x100000001), VMSA_GPA + 8, 1, RULE_AP_VMSA, ""},
    {STRICT, UINT64_C(0x100000001), VMSA_GPA | UINT64_C(1) << 47, 1, RULE_AP_VMSA, ""},
    {STRICT, UINT64_C(0x100000001), 0x200000, 1, RULE_AP_VMSA_2M, ""},
    {STRICT, UINT64_C(0x100000001), VMSA_GPA, 0, RULE_AP_FEATURES, ""},
    {STRICT, UINT64_C(0x100000001), VMSA_GPA, 0x21, RULE_AP_FEATURES, ""},
    {STRICT, UINT64_C(0x100000001), VMSA_GPA, 0x9, RULE_AP_FEATURES, ""},
    {KVM, UINT64_C(0x300000002), VMSA_GPA, 1, 0, "ap 3.0 request=2 vmsa=203000 features=1"},
    {KVM, UINT64_C(0x300000001), VMSA_GPA, 0x21, 0, "ap 3.0 request=1 vmsa=203000 features=21"},
    {KVM, UINT64_C(0x300020001), VMSA_GPA, 1, RULE_AP_REQUEST, ""}, /* it compares all 32 bits */
    {KVM, UINT64_C(0x300020002), VMSA_GPA, 1, RULE_AP_REQUEST, ""},
    {KVM, UINT64_C(0x300000001), VMSA_GPA, 0x9, RULE_AP_FEATURES, ""},
    {KVM, UINT64_C(0x300000001), VMSA_GPA, 0x11, RULE_AP_FEATURES, ""},
    {KVM, UINT64_C(0x300000001), 0x200000, 1, RULE_AP_VMSA_2M, ""},
    {KVM, UINT64_C(0x900000001), VMSA_GPA, 1, RULE_AP_APIC_ID, ""},
    {PLANES, UINT64_C(0x300010000), VMSA_GPA, 1, 0, "ap 3.1 request=0 vmsa=203000 features=1"},
    {PLANES, UINT64_C(0x300010000), VMSA_GPA, 0x801, RULE_AP_FEATURES, ""},
};

static void test_creation(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof(creations) / sizeof(creations[0]); i++) {
        const struct creation_case *c = &creations[i];
        fixture_start(c->profile);
        struct ghcb_outcome got = ask_with_rax(0x80000013, c->info1, c->vmsa, c->features);
        if (got.rule != c->rule || strcmp(fixture.journal, c->journal) != 0) {
            fail_msg("case %zu: rule %u, %s", i, got.rule, fixture.journal);
        }
        fixture_expect(got, c->rule ? 2 : 0, c->rule ? 5 : 0, c->rule, c->journal);
    }
}

static void test_creation_more(void **unused)
{
    (void)unused;
    fixture_start(STRICT);
    fixture_expect(ask(0x80000013, UINT64_C(0x100000001), VMSA_GPA), 2, 4, RULE_GHCB_MISSING_INPUT,
                   "");
    fixture_expect(ask(0x80000013, UINT64_C(0x100000002), VMSA_GPA), 0, 0, 0,
                   "ap 1.0 request=2 vmsa=203000 features=0");
    fixture.create_refused = true;
    fixture_expect(ask_with_rax(0x80000013, UINT64_C(0x100000001), VMSA_GPA, 1), 2, 5,
                   RULE_AP_REFUSED, "ap 1.0 request=1 vmsa=203000 features=1");
    /* VMPL0 is created from VMPL0. */
    fixture.create_refused = false;
    fixture_event(0x80000013, UINT64_C(0x100000001), VMSA_GPA);
    fixture_set(OFFSET(rax), 1);
    fixture.journal[0] = 0;
    fixture_expect(ghcb_vmgexit(&fixture.state, &fixture.config, &fixture_ops, &fixture, 2), 2, 5,
                   RULE_AP_LEVEL_0, "");
    /* #HV only where there are doorbells; other levels only where there are several. */
    fixture.config.vm_features |= SNP_FEATURE_RESTRICTED_INJECTION;
    fixture_expect(ask_with_rax(0x80000013, UINT64_C(0x100000001), VMSA_GPA, 9), 0, 0, 0,
                   "ap 1.0 request=1 vmsa=203000 features=9");
    fixture.config.hv_features = GHCB_HV_SNP | GHCB_HV_AP_CREATION;
    fixture_expect(ask_with_rax(0x80000013, UINT64_C(0x100000001), VMSA_GPA, 9), 2, 5,
                   RULE_AP_FEATURES, "");
    fixture_expect(ask_with_rax(0x80000013, UINT64_C(0x100010001), VMSA_GPA, 1), 2, 5,
                   RULE_AP_LEVEL, "");
    fixture.config.hv_features = GHCB_HV_SNP;
    fixture_expect(ask_with_rax(0x80000013, UINT64_C(0x100000001), VMSA_GPA, 1), 2, 6,
                   RULE_GHCB_EVENT, "");
}

static void test_doorbell(void **unused)
{
    (void)unused;
    const uint64_t none = UINT64_MAX;

    fixture_start(STRICT);
    fixture_expect(ask(0x80000014, 0, 0), 0, none, 0, "");
    fixture_expect(ask(0x80000014, 2, 0), 0, none, 0, "");
    fixture_expect(ask(0x80000014, 1, SHARED_GPA), 0, SHARED_GPA, 0, "");
    assert_int_equal(fixture.state.doorbell, SHARED_GPA);
    fixture_expect(ask(0x80000014, 2, 0), 0, SHARED_GPA, 0, "");
    fixture_expect(ask(0x80000014, 1, SHARED_GPA + 8), 2, 5, RULE_DOORBELL_PAGE, "");
    assert_int_equal(fixture.state.doorbell, none);
    ask(0x80000014, 1, SHARED_GPA);
    fixture_expect(ask(0x80000014, 1, PRIVATE_GPA), 2, 5, RULE_DOORBELL_PAGE, "");
    assert_int_equal(fixture.state.doorbell, none);
    ask(0x80000014, 1, SHARED_GPA);
    fixture_expect(ask(0x80000014, 3, 0), 0, none, 0, "");
    assert_int_equal(fixture.state.doorbell, none);
    fixture_expect(ask(0x80000014, 4, 0), 2, 5, RULE_GHCB_RESERVED, "");
}

static void test_ipi(void **unused)
{
    (void)unused;
    static const uint64_t wrong[] = {0x0f,   0x100,   0x241,    0x341,      0x741,
                                     0x1041, 0x20041, 0x100041, 0x80000041, UINT64_C(0x100002041)};

    fixture_start(STRICT);
    fixture_expect(ask(0x80000015, UINT64_C(0x200000041), 0), 0, 0, 0, "ipi 200000041");
    fixture_expect(ask(0x80000015, 0x400, 0), 0, 0, 0, "ipi 400");
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        fixture_expect(ask(0x80000015, wrong[i], 0), 2, 5, RULE_IPI_COMMAND, "");
    }
    fixture_expect(ask(0x80000015, 0x41, 1), 2, 5, RULE_GHCB_RESERVED, "");
    fixture.config.hv_features &= ~GHCB_HV_RESTRICTED_INJECTION;
    fixture_expect(ask(0x80000015, 0x41, 0), 2, 6, RULE_GHCB_EVENT, "");
    fixture_expect(ask(0x80000014, 0, 0), 2, 6, RULE_GHCB_EVENT, "");
    fixture_start(KVM);
    fixture.config.hv_features |= GHCB_HV_RESTRICTED_INJECTION;
    fixture_expect(ask(0x80000015, 0x41, 0), 2, 6, RULE_GHCB_EVENT, "");
    fixture_expect(ask(0x80000014, 0, 0), 2, 6, RULE_GHCB_EVENT, "");
}

/* Events of extended interrupts, as one SVSM uses them. */
static void test_extended_interrupts(void **unused)
{
    (void)unused;
    static const struct {
        uint64_t code, info1;
        unsigned rule;
        const char *journal;
    } cases[] = {
        {0x8000001b, 0, 0, ""},
        {0x8000001b, 30, RULE_EXTENDED_INPUT, ""},
        {0x8000001b, 0x1ff, RULE_EXTENDED_INPUT, ""},
        {0x8000001b, 255, 0, ""},
        {0x8000001c, 0x24003, 0, "alternate-end 2 tpr=40"},
        {0x8000001c, 0x24004, RULE_EXTENDED_INPUT, ""},
        {0x8000001c, 0x4000, RULE_EXTENDED_INPUT, ""},
        {0x8000001c, 0x44000, RULE_EXTENDED_INPUT, ""},
        {0x8000001c, 0x1024000, RULE_EXTENDED_INPUT, ""},
        {0x8000001d, 0x30041, 0, "eoi 3.41"},
        {0x8000001d, 0x30141, RULE_EXTENDED_INPUT, ""},
        {0x8000001d, 0x41, RULE_EXTENDED_INPUT, ""},
        {0x8000001d, 0x40041, RULE_EXTENDED_INPUT, ""},
    };

    fixture_start(STRICT);
    fixture_expect(ask(0x8000001b, 0, 0), 2, 6, RULE_GHCB_EVENT, "");
    fixture.config.hv_features |= GHCB_HV_EXTENDED_INTERRUPTS;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool good = cases[i].rule == 0;
        fixture_expect(ask(cases[i].code, cases[i].info1, 0), good ? 0 : 2, good ? 0 : 5,
                       cases[i].rule, cases[i].journal);
        fixture_expect(ask(cases[i].code, cases[i].info1, 1), 2, 5, RULE_GHCB_RESERVED, "");
    }
    assert_int_equal(fixture.state.notify, 255);
    fixture.create_refused = true;
    fixture_expect(ask(0x8000001c, 0x10000, 0), 2, 5, RULE_EXTENDED_LEVEL, "alternate-end 1 tpr=0");
    fixture_expect(ask(0x8000001d, 0x10041, 0), 2, 5, RULE_EXTENDED_EOI, "eoi 1.41");
}

static void test_apic_ids(void **unused)
{
    (void)unused;
    static const uint32_t list[] = {4, 0, 1, 2, 3, 0};

    fixture_start(STRICT);
    fixture_expect(ask(0x80000017, 0, 0), 2, 4, RULE_GHCB_MISSING_INPUT, "");
    fixture_expect(ask_with_rax(0x80000017, 0, 0, 0), 0, 0, 0, "");
    assert_int_equal(fixture_get(OFFSET(rax)), 1);
    assert_true(fixture_valid(OFFSET(rax)));
    fixture_expect(ask_with_rax(0x80000017, SHARED_GPA, 0, 3), 0, 0, 0, "");
    assert_int_equal(fixture_get(OFFSET(rax)), 3);
    assert_memory_equal(fixture.shared[0], list, sizeof(list));
    fixture_expect(ask_with_rax(0x80000017, SHARED_GPA + 4, 0, 1), 2, 5, RULE_APIC_IDS_BUFFER, "");
    fixture_expect(ask_with_rax(0x80000017, PRIVATE_GPA, 0, 1), 2, 5, RULE_APIC_IDS_BUFFER, "");
    fixture.config.vcpus = 1024; /* 4100 bytes */
    ask_with_rax(0x80000017, SHARED_GPA, 0, 1);
    assert_int_equal(fixture_get(OFFSET(rax)), 2);
    ask_with_rax(0x80000017, SHARED_GPA, 0, 2);
    assert_int_equal(*(uint32_t *)(void *)fixture.shared[1], 1023);
    fixture_expect(
        ask_with_rax(0x80000017, SHARED_GPA + (SHARED_PAGES - 1) * UINT64_C(0x1000), 0, 2), 2, 5,
        RULE_APIC_IDS_BUFFER, "");
}

static void test_run(void **unused)
{
    (void)unused;
    fixture_start(STRICT);
    for (uint64_t level = 0; level < 4; level++) {
        struct ghcb_outcome got = ask(0x80000018, level, 0);
        assert_int_equal(got.action, GHCB_RUN_VMPL);
        assert_int_equal(got.target, level);
        assert_int_equal(got.rule, RULE_RUN_VMPL);
        assert_int_equal(fixture_get(OFFSET(sw_exitinfo1)), 0);
        assert_int_equal(fixture_get(OFFSET(sw_exitinfo2)), 0);
        assert_true(fixture_valid(OFFSET(sw_exitinfo1)));
    }
    fixture_expect(ask(0x80000018, 4, 0), 2, 5, RULE_RUN_VMPL, "");
    fixture_expect(ask(0x80000018, UINT64_C(0x100000001), 0), 2, 5, RULE_RUN_VMPL, "");
}

static void test_hold(void **unused)
{
    (void)unused;
    fixture_start(STRICT);
    assert_int_equal(ask(0x80000004, 0, 0).action, GHCB_HOLD);
    assert_int_equal(fixture_get(OFFSET(sw_exitinfo2)), 0);
    assert_true(fixture_valid(OFFSET(sw_exitinfo2)));
    ghcb_wake(&fixture.state, &fixture_ops, &fixture, false);
    assert_int_equal(fixture_get(OFFSET(sw_exitinfo2)), 0);
    ask(0x80000004, 0, 0);
    ghcb_wake(&fixture.state, &fixture_ops, &fixture, true);
    assert_int_equal(fixture_get(OFFSET(sw_exitinfo2)), 1);
    assert_false(fixture.state.held);
    ask(0x80000004, 0, 0);
    fixture.state.msr = PRIVATE_GPA; /* the page is gone: nothing to write to */
    ghcb_wake(&fixture.state, &fixture_ops, &fixture, true);
    assert_int_equal(fixture_get(OFFSET(sw_exitinfo2)), 0);
}

static struct ghcb_outcome extended(uint64_t rax, uint64_t rbx)
{
    fixture_event(0x80000012, REQUEST_GPA, RESPONSE_GPA);
    fixture_set(OFFSET(rax), rax);
    fixture_set(OFFSET(rbx), rbx);
    return fixture_exit();
}

static void message(uint8_t type)
{
    memset(fixture.shared[0], 0xee, 4096);
    fixture.shared[0][offsetof(struct psp_msg_header, msg_type)] = type;
}

static void test_request(void **unused)
{
    (void)unused;
    fixture_start(STRICT);
    message(PSP_MSG_KEY_REQ);
    fixture_expect(ask(0x80000011, REQUEST_GPA, RESPONSE_GPA), 0, 0, 0, "request ee");
    assert_int_equal(fixture.shared[1][4095], 0x77);
    fixture.firmware = 0x17;
    fixture_expect(ask(0x80000011, REQUEST_GPA, RESPONSE_GPA), 0, 0x17, 0, "request ee");
    fixture.vmm = 2;
    fixture_expect(ask(0x80000011, REQUEST_GPA, RESPONSE_GPA), 0, UINT64_C(0x200000017), 0,
                   "request ee");
    for (uint64_t code = 0x80000011; code <= 0x80000012; code++) {
        static const uint64_t wrong[][2] = {{REQUEST_GPA, REQUEST_GPA},
                                            {REQUEST_GPA + 8, RESPONSE_GPA},
                                            {REQUEST_GPA, RESPONSE_GPA + 1}};
        for (size_t i = 0; i < 3; i++) {
            fixture_event(code, wrong[i][0], wrong[i][1]);
            fixture_set(OFFSET(rax), TABLE_GPA);
            fixture_set(OFFSET(rbx), 1);
            fixture_expect(fixture_exit(), 2, 4, RULE_REQUEST_PAGES, "");
        }
    }
    fixture_expect(ask(0x80000011, REQUEST_GPA, PRIVATE_GPA), 2, 5, RULE_REQUEST_SHARED, "");
    fixture_expect(ask(0x80000011, PRIVATE_GPA, RESPONSE_GPA), 2, 5, RULE_REQUEST_SHARED, "");
    fixture_start(KVM);
    struct ghcb_outcome got = ask(0x80000011, REQUEST_GPA, PRIVATE_GPA);
    assert_int_equal(got.action, GHCB_STOPPED);
    assert_int_equal(got.rule, RULE_REQUEST_SHARED);
}

static void test_extended(void **unused)
{
    (void)unused;
    fixture_start(STRICT);
    message(PSP_MSG_REPORT_REQ);
    fixture_expect(ask(0x80000012, REQUEST_GPA, RESPONSE_GPA), 2, 4, RULE_GHCB_MISSING_INPUT, "");
    fixture_expect(ask_with_rax(0x80000012, REQUEST_GPA, RESPONSE_GPA, TABLE_GPA), 2, 4,
                   RULE_GHCB_MISSING_INPUT, "");
    fixture_expect(extended(TABLE_GPA, 0), 0, 0, 0, "request ee"); /* there are none */
    fixture.certificates = 2;
    fixture_expect(extended(TABLE_GPA, 1), 0, UINT64_C(0x100000000), 0, "");
    assert_int_equal(fixture_get(OFFSET(rbx)), 2);
    assert_true(fixture_valid(OFFSET(rbx)));
    fixture_expect(extended(TABLE_GPA, 2), 0, 0, 0, "request ee");
    assert_int_equal(fixture.shared[2][0], 0x90);
    assert_int_equal(fixture.shared[3][4095], 0x91);
    fixture_expect(extended(TABLE_GPA + 1, 2), 2, 5, RULE_REQUEST_TABLE, "");
    fixture_expect(extended(TABLE_GPA + 0x1000, 2), 2, 5, RULE_REQUEST_SHARED, "");
    message(PSP_MSG_KEY_REQ); /* no report, no certificates */
    fixture_expect(extended(TABLE_GPA + 1, 0), 0, 0, 0, "request ee");
}

/* A host that says nothing, and one that says wrong things of the size of its certificates. */
static void test_lying_host(void **unused)
{
    (void)unused;
    fixture_start(STRICT);
    message(PSP_MSG_REPORT_REQ);
    memset(fixture.shared[1], 0x11, 4096);
    fixture.silent = true;
    fixture_expect(ask(0x80000011, REQUEST_GPA, RESPONSE_GPA), 0, 0, 0, "request ee");
    assert_int_equal(fixture.shared[1][0], 0x11);
    fixture.silent = false;
    fixture.certificates = 1;
    fixture.said = UINT64_C(1) << 40;
    fixture_expect(extended(TABLE_GPA, 1), 0, UINT64_C(0x100000000), 0, "");
    assert_int_equal(fixture_get(OFFSET(rbx)), UINT64_C(1) << 40);
    assert_int_equal(fixture.shared[2][0], 0);
    fixture_expect(extended(TABLE_GPA, UINT64_MAX), 0, 0, 0, "request ee"); /* writes what it has */
    assert_int_equal(fixture.shared[2][0], 0x90);
    assert_int_equal(fixture.shared[3][0], 0);
    fixture.certificates = 2;
    fixture.said = 1;
    fixture_expect(extended(TABLE_GPA, 1), 0, 0, 0, "request ee"); /* and no more than it says */
    assert_int_equal(fixture.shared[3][0], 0);
}

/* Another vCPU makes pages private while the firmware is at work: nothing is written to them. */
static void test_meanwhile(void **unused)
{
    (void)unused;
    static const enum launch_profile profiles[] = {STRICT, KVM};

    for (size_t i = 0; i < 2; i++) {
        fixture_start(profiles[i]);
        message(PSP_MSG_KEY_REQ);
        memset(fixture.shared[1], 0x11, 4096);
        fixture.goes = RESPONSE_GPA;
        struct ghcb_outcome got = ask(0x80000011, REQUEST_GPA, RESPONSE_GPA);
        assert_int_equal(got.action, profiles[i] == STRICT ? GHCB_RESUME : GHCB_STOPPED);
        assert_int_equal(got.rule, RULE_REQUEST_SHARED);
        assert_int_equal(fixture.shared[1][0], 0x11);
        fixture_start(profiles[i]);
        message(PSP_MSG_KEY_REQ);
        fixture.goes = GHCB_GPA;
        got = ask(0x80000011, REQUEST_GPA, RESPONSE_GPA);
        assert_int_equal(got.action, GHCB_STOPPED);
        assert_int_equal(got.rule, RULE_GHCB_PAGE);
        assert_false(fixture_valid(OFFSET(sw_exitinfo1)));
    }
    static const uint64_t goes[] = {REQUEST_GPA, RESPONSE_GPA, TABLE_GPA + 0x1000};
    for (size_t i = 0; i < 3; i++) { /* with the certificates, before the request */
        fixture_start(STRICT);
        message(PSP_MSG_REPORT_REQ);
        fixture.certificates = 2;
        fixture.goes = goes[i];
        fixture_expect(extended(TABLE_GPA, 2), 2, 5, RULE_REQUEST_SHARED, "");
        assert_int_equal(fixture.shared[2][0], i == 2 ? 0 : 0x90);
    }
    fixture_start(STRICT);
    message(PSP_MSG_REPORT_REQ);
    fixture.certificates = 2;
    fixture.goes = GHCB_GPA;
    struct ghcb_outcome got = extended(TABLE_GPA, 2);
    assert_int_equal(got.action, GHCB_STOPPED);
    assert_int_equal(got.rule, RULE_GHCB_PAGE);
}

/* KVM 6.12: a table that ends at once, and registers that need not be valid. */
static void test_extended_kvm(void **unused)
{
    (void)unused;
    fixture_start(KVM);
    fixture.certificates = 2;
    message(PSP_MSG_REPORT_REQ);
    memset(fixture.shared[2], 0xff, 4096);
    fixture_expect(extended(TABLE_GPA, 0), 0, 0, 0, "request ee");
    assert_int_equal(fixture.shared[2][0], 0xff);
    fixture_expect(extended(TABLE_GPA, 1), 0, 0, 0, "request ee");
    assert_int_equal(fixture.shared[2][23], 0);
    assert_int_equal(fixture.shared[2][24], 0xff);
    fixture_expect(extended(TABLE_GPA + 8, 1), 2, 5, RULE_REQUEST_TABLE, "");
    fixture_expect(ask(0x80000012, REQUEST_GPA, RESPONSE_GPA), 0, 0, 0, "request ee");
    struct ghcb_outcome got = extended(PRIVATE_GPA, 1);
    assert_int_equal(got.action, GHCB_STOPPED);
    assert_int_equal(got.rule, RULE_REQUEST_SHARED);
}

/* What a profile offers when the machine does not say otherwise. */
static void test_features(void **unused)
{
    (void)unused;
    static const struct {
        enum launch_profile profile;
        uint64_t features;
    } defaults[] = {{STRICT, 0x33}, {KVM, 0x03}, {PLANES, 0x33}};

    for (size_t i = 0; i < 3; i++) {
        fixture_start(defaults[i].profile);
        fixture.config.hv_features = 0;
        fixture_expect(ask(0x8000fffd, 0, 0), 0, defaults[i].features, 0, "");
        fixture.config.vm_features |= SNP_FEATURE_RESTRICTED_INJECTION;
        uint64_t restricted = defaults[i].profile == KVM ? 0 : 4;
        fixture_expect(ask(0x8000fffd, 0, 0), 0, defaults[i].features | restricted, 0, "");
        fixture.config.vm_features |= SNP_FEATURE_ALTERNATE_INJECTION;
        restricted |= defaults[i].profile == KVM ? 0 : 0x200;
        fixture_expect(ask(0x8000fffd, 0, 0), 0, defaults[i].features | restricted, 0, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_creation, fixture_end),
        cmocka_unit_test_teardown(test_creation_more, fixture_end),
        cmocka_unit_test_teardown(test_doorbell, fixture_end),
        cmocka_unit_test_teardown(test_ipi, fixture_end),
        cmocka_unit_test_teardown(test_extended_interrupts, fixture_end),
        cmocka_unit_test_teardown(test_apic_ids, fixture_end),
        cmocka_unit_test_teardown(test_run, fixture_end),
        cmocka_unit_test_teardown(test_hold, fixture_end),
        cmocka_unit_test_teardown(test_request, fixture_end),
        cmocka_unit_test_teardown(test_extended, fixture_end),
        cmocka_unit_test_teardown(test_extended_kvm, fixture_end),
        cmocka_unit_test_teardown(test_lying_host, fixture_end),
        cmocka_unit_test_teardown(test_meanwhile, fixture_end),
        cmocka_unit_test_teardown(test_features, fixture_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
