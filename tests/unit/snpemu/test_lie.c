/* SPDX-License-Identifier: MIT */
/* Lies: their text, which occurrence they are told at, and what they make of answers. */
#include "ghcb_fixture.h"
#include <ghcb_lie.h>
#include <lie_spec.h>
#include <stdio.h>
#include <string.h>
#include <svsm/abi/vmexit.h>

#define OFFSET(member) offsetof(struct ghcb, member)

static struct ghcb_liar liar;
static uint8_t at_vmpl, at_vcpu;
static const struct lie *effect_of;
static unsigned told_count; /* of answers */

static void where(void *machine, uint8_t *vmpl, uint8_t *vcpu)
{
    assert_ptr_equal(machine, &fixture);
    *vmpl = at_vmpl;
    *vcpu = at_vcpu;
}

static void effect(void *machine, const struct lie *lie)
{
    assert_ptr_equal(machine, &fixture);
    effect_of = lie;
}

static void told(void *machine, const struct lie *lie)
{
    assert_ptr_equal(machine, &fixture);
    (void)lie_told(&liar.lies, lie);
    told_count++;
}

static struct lie parse(const char *text)
{
    struct lie lie;
    const char *why = lie_parse(text, (unsigned)strlen(text), &lie);

    if (why) {
        fail_msg("%s: %s", text, why);
    }
    return lie;
}

/* A machine whose host tells these, NULL at the end. */
static void start(const char *const *texts)
{
    struct lie table[LIE_MAX];
    uint32_t count = 0;

    fixture_start(LAUNCH_STRICT);
    for (; texts[count]; count++) {
        table[count] = parse(texts[count]);
    }
    lie_init(&liar.lies, table, count);
    liar.where = where;
    liar.effect = effect;
    liar.told = told;
    told_count = 0;
    fixture.config.liar = &liar;
    effect_of = NULL;
    at_vmpl = 0;
    at_vcpu = 0;
}
#define START(...) start((const char *const[]){__VA_ARGS__, NULL})

static uint64_t ask_cpuid(uint64_t leaf)
{
    fixture_event(VMEXIT_CPUID, 0, 0);
    fixture_set(OFFSET(rax), leaf);
    fixture_set(OFFSET(rcx), 0);
    assert_int_equal(fixture_exit().action, GHCB_RESUME);
    return fixture_get(OFFSET(rax));
}

static uint64_t ask_msr(uint64_t request)
{
    fixture.state.msr = request;
    assert_int_equal(fixture_exit().action, GHCB_RESUME);
    uint64_t answer = fixture.state.msr;
    fixture.state.msr = GHCB_GPA;
    return answer;
}

static void test_text(void **unused)
{
    (void)unused;
    struct lie lie =
        parse("set@run-vmpl,field=rax,value=0xfedcba9876543210,nth=3,count=0,vmpl=2,vcpu=7");
    assert_int_equal(lie.kind, LIE_SET);
    assert_int_equal(lie.at, LIE_AT_EVENT);
    assert_int_equal(lie.event, GHCB_EVENT_RUN_VMPL);
    assert_int_equal(lie.field, LIE_RAX);
    assert_int_equal(lie.value, UINT64_C(0xfedcba9876543210));
    assert_int_equal(lie.nth, 3);
    assert_int_equal(lie.count, 0);
    assert_int_equal(lie.vmpl, 2);
    assert_int_equal(lie.vcpu, 7);
    lie = parse("unmap@pvalidate,gpa=0x7000,after=12");
    assert_int_equal(lie.at, LIE_AT_INSN);
    assert_int_equal(lie.event, LIE_PVALIDATE);
    assert_int_equal(lie.gpa, 0x7000);
    assert_int_equal(lie.after, 12);
    assert_int_equal(lie.nth, 1);
    assert_int_equal(lie.count, 1);
    assert_int_equal(lie.vmpl, LIE_ANY);
    assert_int_equal(parse("drop@IOIO,port=1016").port, 1016);
    assert_int_equal(parse("drop@ioio").event, VMEXIT_IOIO);
    assert_int_equal(parse("stale@msr-register").event, GHCB_MSR_REGISTER_REQUEST);
    assert_int_equal(parse("stale@msr-any").event, 0);
    assert_int_equal(parse("nmi@any").at, LIE_AT_EVENT);
    assert_int_equal(parse("nmi@enter").at, LIE_AT_ENTER);
    assert_int_equal(lie.cpl, LIE_ANY);
    lie = parse("cpuid@launch,leaf=0x8000001f,subleaf=3,field=rbx,value=0x3f");
    assert_int_equal(lie.at, LIE_AT_LAUNCH);
    assert_int_equal(lie.event, 0x8000001f);
    assert_int_equal(lie.offset, 3);
    assert_int_equal(lie.field, LIE_RBX);
    assert_int_equal(parse("nmi@enter,after=1,cpl=3").cpl, 3);
    assert_int_equal(parse("clock@cpuid,value=18446744073709551615").value, UINT64_MAX);
}

static void test_wrong_text(void **unused)
{
    static const char *const wrong[] = {
        "",
        "set",
        "set@",
        "Set@cpuid",
        "lie@cpuid",
        "set@nothing",
        "set@msr-nothing",
        "set@msr-",
        "drop@cpuid,",
        "drop@cpuid,,",
        "set@cpuid,value",
        "set@cpuid,value=",
        "set@cpuid,value=0x",
        "set@cpuid,value=-1",
        "set@cpuid,value=18446744073709551616",
        "set@cpuid,value=0x10000000000000000",
        "set@cpuid,value=1 ",
        "set@cpuid,field=rsi",
        "set@cpuid,field=",
        "set@cpuid,field=msr",
        "set@msr-cpuid,field=rax",
        "set@cpuid,vmpl=4",
        "set@cpuid,vcpu=255",
        "set@cpuid,port=65536",
        "set@cpuid,nth=0",
        "set@cpuid,nth=4294967296",
        "set@cpuid,after=1",
        "set@pvalidate",
        "nmi@enter,cpl=3",
        "nmi@launch",
        "cpuid@launch,leaf=1",
        "cpuid@cpuid,field=rax",
        "nmi@cpuid,leaf=1",
        "set@cpuid,subleaf=1",
        "cpuid@launch,field=rax,leaf=0x100000000",
        "nmi@enter,after=1,cpl=4",
        "drop@enter",
        "unmap@cpuid,gpa=0x7001",
        "psp-busy@enter",
        "psp-busy@msr-any",
        "set@cpuid,value=1,value2=1",
        "set@cpuid",
        "flip@msr-any",
        "exception@enter",
        "set@msr-cpuid-response,value=1", /* no request */
        "set@msr-page,value=1",
    };
    struct lie lie;

    (void)unused;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        bool refused = lie_parse(wrong[i], (unsigned)strlen(wrong[i]), &lie) != NULL;
        /* A comma at the end is nobody's mistake. */
        assert_int_equal(refused, strcmp(wrong[i], "drop@cpuid,") != 0);
    }
    char text[LIE_TEXT_MAX + 2];
    memset(text, '0', sizeof(text));
    memcpy(text, "set@cpuid,value=", 16);
    assert_null(lie_parse(text, LIE_TEXT_MAX, &lie));
    assert_non_null(lie_parse(text, LIE_TEXT_MAX + 1, &lie));
}

/* Each fault with a sentence of its own. */
static void test_why(void **unused)
{
    static const char *const cases[][2] = {
        {"set@any,field=msr,value=1",
         "the field msr is of the MSR protocol, at msr-NAME and msr-any"},
        {"set@msr-any,field=rax,value=1", "the MSR protocol has the field msr and no other"},
        {"drop@cpuid,count=-1",
         "what stands behind = is no number: digits, or 0x and hexadecimal digits"},
        {"set@cpuid,value=0x12345678123456789", "the number has more than 64 bits"},
        {"drop@cpuid,count=", "no number behind ="},
        {"drop@cpuid,nth=0", "nth counts from 1 on"},
        {"unmap@cpuid,gpa=0x7001", "gpa is the address of a page, a multiple of 0x1000"},
        {"drop@cpuid,vmpl=4", "the number is too large for its key"},
        {"drop@cpuid,level=4", "no such key"},
        {"set@cpuid,field=rax", "this kind needs a value="},
    };

    (void)unused;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lie lie;
        const char *why = lie_parse(cases[i][0], (unsigned)strlen(cases[i][0]), &lie);
        assert_non_null(why);
        assert_string_equal(why, cases[i][1]);
    }
}

/* A guest may ask for them; in no machine do they come about. */
static void test_vain(void **unused)
{
    static const char *const vain[] = {"exception@enter,value=2", "exception@enter,value=31",
                                       "exception@enter,value=0x11f", "interrupt@enter,value=256"};
    static const char *const fine[] = {"exception@enter,value=30", "exception@enter,value=0x721d",
                                       "interrupt@enter,value=255", "set@cpuid,value=0x1f"};

    (void)unused;
    for (size_t i = 0; i < sizeof(vain) / sizeof(vain[0]); i++) {
        struct lie lie = parse(vain[i]);
        assert_non_null(lie_vain(&lie));
    }
    for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++) {
        struct lie lie = parse(fine[i]);
        assert_null(lie_vain(&lie));
    }
}

static void each_point(const char *before, const char *(*nth)(unsigned n), enum lie_at at)
{
    unsigned n = 0;

    for (; nth(n) != NULL; n++) {
        char text[96];
        struct lie lie;
        bool launch = strcmp(nth(n), "launch") == 0;
        snprintf(text, sizeof(text), "%s@%s%s%s", launch ? "cpuid" : "nmi", before, nth(n),
                 launch ? ",field=rax,value=1" : "");
        lie = parse(text);
        assert_true(at == LIE_AT_LAUNCH || lie.at == at);
    }
    assert_true(n > 5);
}

/* What --lie list prints can be written. */
static void test_listed(void **unused)
{
    (void)unused;
    each_point("", lie_point_nth, LIE_AT_LAUNCH);
    each_point("", ghcb_event_nth, LIE_AT_EVENT);
    each_point("msr-", ghcb_msr_nth, LIE_AT_MSR);
    for (unsigned n = 0; lie_field_nth(n) != NULL; n++) {
        char text[64];
        snprintf(text, sizeof(text), "stale@%s,field=%s", n == LIE_MSR ? "msr-any" : "any",
                 lie_field_nth(n));
        assert_int_equal(parse(text).field, n);
    }
    assert_string_equal(lie_key_nth(0), "field");
    unsigned keys = 1;
    for (; lie_key_nth(keys) != NULL; keys++) {
        char text[64];
        snprintf(text, sizeof(text), "cpuid@launch,field=rax,value=1,after=1,%s=1",
                 lie_key_nth(keys));
        struct lie lie;
        const char *why = lie_parse(text, (unsigned)strlen(text), &lie);
        assert_true(why == NULL || strcmp(lie_key_nth(keys), "gpa") == 0);
    }
    assert_int_equal(keys, 13);
}

static void test_names(void **unused)
{
    (void)unused;
    assert_null(lie_name(LIE_NONE));
    assert_null(lie_meaning(LIE_KINDS));
    for (unsigned kind = LIE_NONE + 1; kind < LIE_KINDS; kind++) {
        char text[64];
        struct lie lie;
        assert_non_null(lie_meaning((enum lie_kind)kind));
        snprintf(text, sizeof(text), "%s@%s", lie_name((enum lie_kind)kind),
                 kind == LIE_CPUID ? "launch,field=rax,value=1" : "cpuid,value=1");
        assert_null(lie_parse(text, (unsigned)strlen(text), &lie));
        assert_int_equal(lie.kind, kind);
    }
}

static void test_occurrences(void **unused)
{
    (void)unused;
    START("set@cpuid,field=rax,value=1,nth=2,count=3,vmpl=1,vcpu=2");
    assert_int_equal(ask_cpuid(0), 0xa);
    at_vmpl = 1;
    assert_int_equal(ask_cpuid(0), 0xa);
    at_vcpu = 2;
    for (unsigned i = 1; i < 8; i++) {
        assert_int_equal(ask_cpuid(0), i >= 2 && i < 5 ? 1 : 0xa);
    }
    assert_int_equal(liar.lies.told[LIE_SET], 3);
    assert_int_equal(liar.lies.slots[0].told, 3);
    assert_int_equal(told_count, 3); /* each is announced */
    START("set@cpuid,field=rax,value=1,nth=3,count=0");
    for (unsigned i = 1; i < 9; i++) {
        assert_int_equal(ask_cpuid(0), i >= 3 ? 1 : 0xa);
    }
    START("refuse@ioio,port=0x3f8,value=5");
    fixture_event(VMEXIT_IOIO, vmexit_ioio(0x3f9, 1, VMEXIT_IOIO_IN), 0);
    fixture_expect(fixture_exit(), 0, 0, 0, "in 3f9/1");
    fixture_event(VMEXIT_IOIO, vmexit_ioio(0x3f8, 1, VMEXIT_IOIO_IN), 0);
    fixture_expect(fixture_exit(), GHCB_RESULT_MALFORMED, 5, 0, "");
}

static void test_fields(void **unused)
{
    (void)unused;
    START("flip@cpuid,field=rbx,value=0xf0", "hide@cpuid,field=rdx",
          "ask@cpuid,field=rax,value=0x77", "set@cpuid,field=scratch,value=9");
    assert_int_equal(ask_cpuid(0), 0xa);
    assert_non_null(strstr(fixture.journal, "cpuid 77/0"));
    assert_int_equal(fixture_get(OFFSET(rbx)), 0xb ^ 0xf0);
    assert_false(fixture_valid(OFFSET(rdx)));
    assert_true(fixture_valid(OFFSET(rcx)));
    assert_int_equal(fixture_get(OFFSET(sw_scratch)), 9);
    assert_true(fixture_valid(OFFSET(sw_scratch)));
    START("stale@cpuid,field=rax,count=0");
    assert_int_equal(ask_cpuid(0), 0xa); /* none before: it could not be told */
    assert_int_equal(liar.lies.told[LIE_STALE], 0);
    (void)ask_cpuid(0);
    assert_int_equal(liar.lies.told[LIE_STALE], 1);
    START("set@cpuid,field=buffer,offset=2024,value=0x1122334455667788",
          "set@cpuid,field=buffer,offset=2025,value=1,nth=2");
    (void)ask_cpuid(0);
    assert_int_equal(fixture_get(0x800 + 2024), UINT64_C(0x1122334455667788));
    (void)ask_cpuid(0); /* would leave the buffer */
    assert_int_equal(fixture_get(0x800 + 2024), UINT64_C(0x1122334455667788));
}

static void out(uint32_t value)
{
    fixture_event(VMEXIT_IOIO, vmexit_ioio(0x80, 1, 0), 0);
    fixture_set(OFFSET(rax), value);
}

static void test_effects(void **unused)
{
    (void)unused;
    START("skip@ioio", "twice@ioio,nth=2", "drop@ioio,nth=3", "never@ioio,nth=4", "nmi@ioio,nth=5");
    out(1);
    fixture_expect(fixture_exit(), 0, 0, 0, "");
    out(2);
    fixture_expect(fixture_exit(), 0, 0, 0, "out 80/1 2; out 80/1 2");
    out(3);
    assert_int_equal(fixture_exit().action, GHCB_RESUME);
    assert_string_equal(fixture.journal, "out 80/1 3");
    assert_false(fixture_valid(OFFSET(sw_exitinfo1)));
    out(4);
    assert_int_equal(fixture_exit().action, GHCB_HOLD);
    assert_false(fixture.state.held);
    out(5);
    assert_null(effect_of);
    fixture_expect(fixture_exit(), 0, 0, 0, "out 80/1 5");
    assert_non_null(effect_of);
    assert_int_equal(effect_of->kind, LIE_NMI);
    assert_int_equal(liar.lies.told[LIE_NMI], 0); /* who brings it about counts it */
}

static uint64_t ask_features(void)
{
    fixture_event(GHCB_EVENT_FEATURES, 0, 0);
    (void)fixture_exit();
    return fixture_get(OFFSET(sw_exitinfo2));
}

static void test_order(void **unused)
{
    (void)unused;
    START("swap@cpuid,nth=2", "repeat@hypervisor-features,nth=4");
    uint64_t features = ask_features();
    assert_int_not_equal(features, 0);
    assert_int_equal(ask_cpuid(0), 0xa);
    (void)ask_features();
    fixture_event(VMEXIT_CPUID, 0, 0);
    fixture_set(OFFSET(rax), 5);
    fixture_set(OFFSET(rcx), 0);
    (void)fixture_exit();
    assert_int_equal(fixture_get(OFFSET(sw_exitinfo2)), features); /* that of the event before */
    assert_int_equal(fixture_get(OFFSET(rax)), 5);
    assert_int_equal(ask_features(), 0); /* that of CPUID */
    assert_int_equal(fixture_get(OFFSET(rax)), 0xa);
    assert_int_equal(ask_features(), features);
    assert_int_equal(liar.lies.told[LIE_SWAP], 1);
}

static void test_many_events(void **unused)
{
    (void)unused;
    START("stale@rdtsc,field=info2,nth=2");
    fixture_event(VMEXIT_RDTSC, 0, 0);
    (void)fixture_exit();
    for (unsigned vcpu = 0; vcpu < 2 * LIE_ANSWERS; vcpu++) { /* the first is forgotten */
        at_vcpu = (uint8_t)(1 + vcpu);
        (void)ask_cpuid(0);
    }
    at_vcpu = 0;
    fixture_event(VMEXIT_RDTSC, 0, 0);
    (void)fixture_exit();
    assert_int_equal(liar.lies.told[LIE_STALE], 0);
}

static void test_msr(void **unused)
{
    uint64_t request = ghcb_msr_cpuid(GHCB_MSR_CPUID_REQUEST, 1, GHCB_MSR_CPUID_EBX);
    uint64_t psc = ghcb_msr_psc(GHCB_MSR_PSC_PRIVATE, 0x80);

    (void)unused;
    START("set@msr-cpuid,value=0x99", "drop@msr-cpuid,nth=2",
          "flip@msr-cpuid,value=0x100000000,nth=3", "skip@msr-page-state-change",
          "refuse@msr-page-state-change,nth=2,value=7",
          "ask@msr-page-state-change,nth=3,value=0x0020000000081014", "skip@msr-terminate");
    assert_int_equal(ask_msr(request), 0x99);
    assert_int_equal(ask_msr(request), request);
    assert_int_equal(ask_msr(request), ghcb_msr_cpuid(GHCB_MSR_CPUID_RESPONSE, 0xa, 1));
    assert_int_equal(ask_msr(psc), ghcb_msr_status(GHCB_MSR_PSC_RESPONSE, 0));
    assert_string_equal(fixture.journal, "");
    assert_int_equal(ask_msr(psc), ghcb_msr_status(GHCB_MSR_PSC_RESPONSE, 7));
    assert_int_equal(ask_msr(psc), ghcb_msr_status(GHCB_MSR_PSC_RESPONSE, 0));
    assert_string_equal(fixture.journal, "shared 81000");
    (void)ask_msr(ghcb_msr_terminate(1, 2)); /* GHCB_RESUME */
    assert_int_equal(told_count, 7);
}

/* The GHCB becomes private in the first of two handlings: there is no second. */
static void test_twice_without_page(void **unused)
{
    (void)unused;
    START("twice@guest-request");
    fixture.goes = GHCB_GPA;
    fixture_event(GHCB_EVENT_GUEST_REQUEST, SHARED_GPA, SHARED_GPA + 4096);
    struct ghcb_outcome got = fixture_exit();
    assert_int_equal(got.action, GHCB_STOPPED);
    assert_int_equal(got.rule, RULE_GHCB_PAGE);
    assert_string_equal(fixture.journal, "request 00");
}

static void test_guest(void **unused)
{
    struct lie lie = parse("set@cpuid,field=rax,value=1,count=0");

    (void)unused;
    START("set@cpuid,field=rbx,value=2,count=0");
    for (unsigned i = 0; i < LIE_MAX; i++) {
        assert_true(lie_arm(&liar.lies, &lie));
    }
    assert_false(lie_arm(&liar.lies, &lie));
    lie_disarm(&liar.lies);
    assert_true(lie_arm(&liar.lies, &lie));
    assert_int_equal(ask_cpuid(0), 1);
    assert_int_equal(liar.lies.guest_told, 1);
    lie_disarm(&liar.lies);
    assert_int_equal(ask_cpuid(0), 0xa);
    assert_int_equal(fixture_get(OFFSET(rbx)), 2); /* the command line's go on */
    assert_int_equal(liar.lies.guest_told, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_wrong_text),
        cmocka_unit_test(test_why),
        cmocka_unit_test(test_vain),
        cmocka_unit_test(test_listed),
        cmocka_unit_test(test_names),
        cmocka_unit_test_teardown(test_occurrences, fixture_end),
        cmocka_unit_test_teardown(test_fields, fixture_end),
        cmocka_unit_test_teardown(test_effects, fixture_end),
        cmocka_unit_test_teardown(test_order, fixture_end),
        cmocka_unit_test_teardown(test_many_events, fixture_end),
        cmocka_unit_test_teardown(test_msr, fixture_end),
        cmocka_unit_test_teardown(test_twice_without_page, fixture_end),
        cmocka_unit_test_teardown(test_guest, fixture_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
