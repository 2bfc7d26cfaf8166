/* SPDX-License-Identifier: MIT */
/* The MSR protocol: each request with its response, by profile. */
#include "ghcb_fixture.h"
#include <snp/stop.h>
#include <string.h>
#include <svsm/abi/snp.h>

#define ERROR_53 (UINT64_C(0x80000000) << 32)

struct msr_case {
    enum launch_profile profile;
    uint64_t request, response;
    enum ghcb_action action;
    unsigned rule;
    const char *journal;
};

#define STRICT LAUNCH_STRICT
#define KVM LAUNCH_UPSTREAM_6_12
#define PLANES LAUNCH_PLANES

/* Values are those of the fact sheets, as numbers: they do not come from the encoders under test.
 */
static const struct msr_case cases[] = {
    {STRICT, 0x002, UINT64_C(0x000200012f000001), GHCB_RESUME, 0, ""},
    {KVM, 0x5002, UINT64_C(0x000200012f000001), GHCB_RESUME, 0, ""},
    {STRICT, UINT64_C(0x8000001f40000004), UINT64_C(0x0000000b40000005), GHCB_RESUME, 0,
     "cpuid 8000001f/0 xcr0=1 xss=0"},
    {STRICT, UINT64_C(0x0000000000000004), UINT64_C(0x0000000a00000005), GHCB_RESUME, 0,
     "cpuid 0/0 xcr0=1 xss=0"},
    {STRICT, UINT64_C(0x0000000d80000004), UINT64_C(0x0000000c80000005), GHCB_RESUME, 0,
     "cpuid d/0 xcr0=1 xss=0"},
    {STRICT, UINT64_C(0x00000001c0000004), UINT64_C(0x0000000dc0000005), GHCB_RESUME, 0,
     "cpuid 1/0 xcr0=1 xss=0"},
    {STRICT, 0x006, 0x007, GHCB_HOLD, 0, ""},
    {STRICT, 0x010, UINT64_C(0xfffffffffffff011), GHCB_RESUME, 0, ""},
    {STRICT, 0x12345012, 0x12345013, GHCB_RESUME, 0, ""},
    {STRICT, 0x012, 0x013, GHCB_RESUME, 0, ""},
    {STRICT, UINT64_C(1) << 47 | 0x12345012, UINT64_C(0xfffffffffffff013), GHCB_RESUME,
     RULE_MSR_REGISTER, ""},
    {STRICT, UINT64_C(1) << 52 | 0x012, UINT64_C(0xfffffffffffff013), GHCB_RESUME,
     RULE_MSR_REGISTER, ""},
    {KVM, UINT64_C(1) << 47 | 0x12345012, UINT64_C(1) << 47 | 0x12345013, GHCB_RESUME, 0, ""},
    {STRICT, UINT64_C(0x0010000080000014), 0x015, GHCB_RESUME, 0, "private 80000000"},
    {STRICT, UINT64_C(0x0020000080000014), 0x015, GHCB_RESUME, 0, "shared 80000000"},
    {STRICT, UINT64_C(0x0010000066000014), ERROR_53 | 0x015, GHCB_RESUME, RULE_PSC_REFUSED, ""},
    {STRICT, UINT64_C(0x0030000080000014), ERROR_53 | 0x015, GHCB_RESUME, RULE_PSC_OPERATION, ""},
    {KVM, UINT64_C(0x0000000080000014), ERROR_53 | 0x015, GHCB_RESUME, RULE_PSC_OPERATION, ""},
    {STRICT, UINT64_C(0x0000000200000016), 0x017, GHCB_RUN_VMPL, RULE_RUN_VMPL, ""},
    {PLANES, UINT64_C(0x0000000000000016), 0x017, GHCB_RUN_VMPL, RULE_RUN_VMPL, ""},
    {STRICT, UINT64_C(0x0000000400000016), UINT64_C(0x100000017), GHCB_RESUME, RULE_RUN_VMPL, ""},
    {KVM, UINT64_C(0x0000000200000016), UINT64_C(0x0000000200000016), GHCB_RESUME, RULE_MSR_UNKNOWN,
     ""},
    {STRICT, 0x080, 0x37081, GHCB_RESUME, 0, ""},
    {KVM, 0x080, 0x3081, GHCB_RESUME, 0, ""},
    {STRICT, 0x31100, 0x31100, GHCB_TERMINATED, 0, ""},
    /* What is no request stays. */
    {STRICT, 0x003, 0x003, GHCB_RESUME, RULE_MSR_UNKNOWN, ""},
    {STRICT, 0x001, 0x001, GHCB_RESUME, RULE_MSR_UNKNOWN, ""},
    {KVM, 0xf00, 0xf00, GHCB_RESUME, RULE_MSR_UNKNOWN, ""},
    /* Reserved bits. */
    {STRICT, 0x5002, 0x5002, GHCB_STOPPED, RULE_MSR_RESERVED, ""},
    {STRICT, UINT64_C(0x0000000100001004), UINT64_C(0x0000000100001004), GHCB_STOPPED,
     RULE_MSR_RESERVED, ""},
    {STRICT, UINT64_C(0x0110000080000014), UINT64_C(0x0110000080000014), GHCB_STOPPED,
     RULE_MSR_RESERVED, ""},
    {STRICT, UINT64_C(0x0000000200001016), UINT64_C(0x0000000200001016), GHCB_STOPPED,
     RULE_MSR_RESERVED, ""},
    {STRICT, UINT64_C(0x0000010200000016), UINT64_C(0x0000010200000016), GHCB_STOPPED,
     RULE_MSR_RESERVED, ""},
    {STRICT, 0x1000100, 0x1000100, GHCB_STOPPED, RULE_MSR_RESERVED, ""},
    {STRICT, 0x1080, 0x1080, GHCB_STOPPED, RULE_MSR_RESERVED, ""},
};

static void test_requests(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct msr_case *c = &cases[i];
        fixture_start(c->profile);
        fixture.refused_gpa = 0x66000000;
        fixture.state.msr = c->request;
        struct ghcb_outcome got = fixture_exit();
        if (fixture.state.msr != c->response || got.action != c->action || got.rule != c->rule ||
            strcmp(fixture.journal, c->journal) != 0) {
            fail_msg("case %zu: %llx action %d rule %u, %s", i,
                     (unsigned long long)fixture.state.msr, (int)got.action, got.rule,
                     fixture.journal);
        }
    }
}

static void test_reset(void **unused)
{
    (void)unused;
    fixture_start(STRICT);
    ghcb_reset(&fixture.state, &fixture.config);
    assert_int_equal(fixture.state.msr, UINT64_C(0x000200012f000001));
    assert_int_equal(fixture.state.registered, GHCB_UNREGISTERED);
    assert_int_equal(fixture.state.doorbell, GHCB_DOORBELL_NONE);
    assert_false(fixture.state.held);
}

static void test_register(void **unused)
{
    (void)unused;
    fixture_start(STRICT);
    fixture.state.msr = 0x12345012;
    fixture_exit();
    assert_int_equal(fixture.state.registered, 0x12345000);
    fixture.state.msr = UINT64_C(1) << 47 | 0x54321012; /* refused: the old one stays */
    fixture_exit();
    assert_int_equal(fixture.state.registered, 0x12345000);
    fixture.state.msr = 0x012;
    fixture_exit();
    assert_int_equal(fixture.state.registered, GHCB_UNREGISTERED);
}

static void test_targets(void **unused)
{
    (void)unused;
    fixture_start(STRICT);
    fixture.state.msr = UINT64_C(0x0000000300000016);
    assert_int_equal(fixture_exit().target, 3);
    fixture.state.msr = 0x0a2100 | 0x100;
    struct ghcb_outcome got = fixture_exit();
    assert_int_equal(got.term_set, 2);
    assert_int_equal(got.term_reason, 0x0a);
}

static void test_hold(void **unused)
{
    (void)unused;
    fixture_start(STRICT);
    fixture.state.msr = 0x006;
    fixture_exit();
    assert_true(fixture.state.held);
    ghcb_wake(&fixture.state, &fixture_ops, &fixture, false);
    assert_int_equal(fixture.state.msr, 0x007);
    ghcb_wake(&fixture.state, &fixture_ops, &fixture, true); /* it does not wait any more */
    assert_int_equal(fixture.state.msr, 0x007);
    fixture.state.msr = 0x006;
    fixture_exit();
    ghcb_wake(&fixture.state, &fixture_ops, &fixture, true);
    assert_int_equal(fixture.state.msr, 0x1007);
    assert_false(fixture.state.held);
}

static void test_names(void **unused)
{
    (void)unused;
    assert_string_equal(ghcb_msr_name(0x004), "cpuid");
    assert_string_equal(ghcb_msr_name(0x100), "terminate");
    assert_null(ghcb_msr_name(0x003));
    assert_string_equal(ghcb_termination_name(1, 2), "PVALIDATE");
    assert_string_equal(ghcb_termination_name(0, 1), "no common version of the GHCB protocol");
    assert_null(ghcb_termination_name(1, 99));
    assert_null(ghcb_termination_name(0, 0x100));
    assert_null(ghcb_termination_name(0, 0x102)); /* not set 1, reason 2 */
    assert_null(ghcb_termination_name(6, 0));
    for (unsigned reason = SNP_STOP_DONE; reason <= SNP_STOP_CLOCK; reason++) {
        bool used = reason != 9;
        assert_int_equal(ghcb_termination_name(SNP_STOP_SET, reason) != NULL, used);
    }
    assert_null(ghcb_termination_name(SNP_STOP_SET, SNP_STOP_CLOCK + 1));
    assert_non_null(strstr(ghcb_termination_name(SNP_STOP_SET, SNP_STOP_DONE), "no guest"));
    assert_non_null(strstr(ghcb_termination_name(SNP_STOP_SET, SNP_STOP_CPUID), "CPUID page"));
    assert_non_null(strstr(ghcb_termination_name(SNP_STOP_SET, SNP_STOP_RING0), "ring 0"));
    assert_non_null(strstr(ghcb_termination_name(SNP_STOP_SET, SNP_STOP_STATUS), "SEV_STATUS"));
    assert_non_null(strstr(ghcb_termination_name(SNP_STOP_SET, SNP_STOP_LAUNCH), "launch page"));
    assert_non_null(strstr(ghcb_termination_name(SNP_STOP_SET, SNP_STOP_PROTOCOL), "protocol 2"));
    assert_non_null(strstr(ghcb_termination_name(SNP_STOP_SET, SNP_STOP_FEATURE), "a feature"));
    assert_non_null(strstr(ghcb_termination_name(SNP_STOP_SET, SNP_STOP_GHCB), "the GHCB"));
    assert_non_null(strstr(ghcb_termination_name(SNP_STOP_SET, SNP_STOP_ANSWER), "an answer"));
    assert_non_null(strstr(ghcb_termination_name(SNP_STOP_SET, SNP_STOP_MEMORY), "memory"));
    assert_non_null(strstr(ghcb_termination_name(SNP_STOP_SET, SNP_STOP_VCPU), "vCPU"));
    assert_non_null(strstr(ghcb_termination_name(SNP_STOP_SET, SNP_STOP_CLOCK), "TSC_INFO"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_requests, fixture_end),
        cmocka_unit_test_teardown(test_reset, fixture_end),
        cmocka_unit_test_teardown(test_register, fixture_end),
        cmocka_unit_test_teardown(test_targets, fixture_end),
        cmocka_unit_test_teardown(test_hold, fixture_end),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
