/* SPDX-License-Identifier: MIT */
/* Save areas: creation, deletion, calling areas, and what is a call at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "fixture.h"
#include <svsm/abi/call.h>
#include <svsm/abi/vmexit.h>

#define AREA PAGE(70)
#define CA PAGE(71)
#define AREA2 PAGE(72)
#define CA2 PAGE(73)
#define FREE PAGE(5)

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
    return fake_snp_guest_write(2, gpa, "x", 1);
}

static uint32_t delete_by(unsigned vcpu, uint64_t area)
{
    return fixture_core(vcpu, SVSM_CORE_DELETE_VCPU, area, 0, 0);
}

static uint32_t remap_by(unsigned vcpu, uint64_t ca)
{
    return fixture_core(vcpu, SVSM_CORE_REMAP_CA, ca, 0, 0);
}

static uint32_t rescind(uint64_t gpa)
{
    return fixture_pvalidate(gpa);
}

static void creates(void **unused)
{
    struct guest_vcpu entered;
    uint8_t byte = 0;

    (void)unused;
    assert_false(guest_enter(1, &entered));
    assert_true(writable(AREA));
    fixture_area(AREA);
    assert_int_equal(fixture_create(0, 1, AREA, CA), SVSM_SUCCESS);
    assert_int_equal(fake_snp_kicks(1), 1);
    assert_true(fake_snp_page(AREA)->vmsa);
    assert_int_equal(fake_snp_page(AREA)->perms[2], SNP_PERM_READ);
    assert_false(writable(AREA)); /* the TLB had it */
    assert_true(fake_snp_guest_read(2, AREA, &byte, 1));
    assert_true(guest_enter(1, &entered));
    assert_int_equal(entered.vmsa_gpa.value, AREA);
    assert_int_equal(rescind(AREA), SVSM_ERR_INVALID_ADDRESS);
    assert_int_equal(rescind(CA), SVSM_ERR_INVALID_ADDRESS);
    /* It serves. */
    assert_int_equal(fixture_core(1, SVSM_CORE_QUERY_PROTOCOL, 1, 0, 0), SVSM_SUCCESS);
}

static void create_refuses(void **unused)
{
    static const struct {
        uint64_t area, ca, apic;
        uint32_t result;
    } cases[] = {
        {AREA + 8, CA, 2, SVSM_ERR_INVALID_PARAMETER},
        {AREA + 0x800, CA, 2, SVSM_ERR_INVALID_PARAMETER},
        {AREA, CA + 1, 2, SVSM_ERR_INVALID_PARAMETER},
        {AREA, AREA, 2, SVSM_ERR_INVALID_ADDRESS},
        {HOLE, CA, 2, SVSM_ERR_INVALID_ADDRESS},
        {AREA, HOLE, 2, SVSM_ERR_INVALID_ADDRESS},
        {END, CA, 2, SVSM_ERR_INVALID_ADDRESS},
        {AREA, ~UINT64_C(0xfff), 2, SVSM_ERR_INVALID_ADDRESS},
        {SNP_IMAGE_GUEST_VMSA, CA, 2, SVSM_ERR_INVALID_ADDRESS},
        {AREA, SNP_IMAGE_BASE, 2, SVSM_ERR_INVALID_ADDRESS},
        {FREE, CA, 2, SVSM_ERR_INVALID_ADDRESS},     /* not validated */
        {AREA, FREE, 2, SVSM_ERR_INVALID_ADDRESS},   /* not validated */
        {FIRST_CA, CA, 2, SVSM_ERR_INVALID_ADDRESS}, /* another's */
        {AREA, FIRST_CA, 2, SVSM_ERR_INVALID_ADDRESS},
        {AREA, CA, 1, SVSM_ERR_INVALID_PARAMETER},
        {AREA, CA, 8, SVSM_ERR_INVALID_PARAMETER},
        {AREA, CA, 0xfffffffe, SVSM_ERR_INVALID_PARAMETER},
    };

    (void)unused;
    fixture_area(AREA);
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        assert_int_equal(
            fixture_core(0, SVSM_CORE_CREATE_VCPU, cases[i].area, cases[i].ca, cases[i].apic),
            cases[i].result);
    }
    assert_int_equal(fake_snp_count(FAKE_SNP_FLUSH), 0);
    assert_true(writable(AREA));
    assert_int_equal(rescind(CA), SVSM_SUCCESS); /* nobody's */
    /* Only the low half of R8 counts. */
    assert_int_equal(fixture_pvalidate(CA | SVSM_ENTRY_VALIDATE), SVSM_SUCCESS);
    assert_int_equal(fixture_core(0, SVSM_CORE_CREATE_VCPU, AREA, CA, UINT64_C(0xff00000002)),
                     SVSM_SUCCESS);
}

static void create_looks_inside(void **unused)
{
    struct vmsa cases[] = {
        {.vmpl = 0, .efer = SNP_EFER_SVME, .sev_features = FEATURES},
        {.vmpl = 1, .efer = SNP_EFER_SVME, .sev_features = FEATURES},
        {.vmpl = 3, .efer = SNP_EFER_SVME, .sev_features = FEATURES},
        {.vmpl = 2, .efer = 0xd01, .sev_features = FEATURES},
        {.vmpl = 2, .efer = SNP_EFER_SVME, .sev_features = 0},
        {.vmpl = 2, .efer = SNP_EFER_SVME, .sev_features = FEATURES | SNP_FEATURE_DEBUG_SWAP},
        {.vmpl = 2, .efer = SNP_EFER_SVME, .sev_features = FEATURES | SNP_FEATURE_VTOM},
    };

    (void)unused;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        fake_snp_poke(AREA, &cases[i], sizeof(cases[i]));
        assert_int_equal(fixture_create(0, 1, AREA, CA), SVSM_ERR_INVALID_PARAMETER);
        assert_false(fake_snp_page(AREA)->vmsa);
        assert_int_equal(fake_snp_page(AREA)->perms[2], SNP_PERM_ALL);
        assert_true(writable(AREA));
    }
    assert_int_equal(fake_snp_kicks(1), 0);
    fixture_area(AREA);
    assert_int_equal(fixture_create(0, 1, AREA, CA), SVSM_SUCCESS);
}

/* Another vCPU of the guest writes through what its TLB still has, at every moment. */
static enum fake_snp_op write_at;

static void write_vmpl(enum fake_snp_op op, uint64_t gpa)
{
    (void)gpa;
    if (op == write_at) {
        static const uint8_t vmpl = 0;
        (void)fake_snp_guest_write(2, AREA + offsetof(struct vmsa, vmpl), &vmpl, 1);
    }
}

static void stale_translation(void **unused)
{
    (void)unused;
    for (unsigned op = 0; op < FAKE_SNP_OPS; op++) {
        fixture_boot();
        fixture_area(AREA);
        assert_true(fake_snp_guest_write(2, AREA + 0x500, "x", 1)); /* fills it */
        write_at = (enum fake_snp_op)op;
        fake_snp_hook = write_vmpl;
        if (fixture_create(0, 1, AREA, CA) == SVSM_SUCCESS) {
            write_vmpl((enum fake_snp_op)op, 0);
            assert_int_equal(fixture_vmsa(AREA).vmpl, SNP_IMAGE_GUEST_VMPL);
        }
        fake_snp_hook = NULL;
        assert_null(fake_snp_breach());
    }
}

/* The host refuses every RMPADJUST but the next so many. */
static unsigned adjusts;

static void adjusts_end(enum fake_snp_op op, uint64_t gpa)
{
    (void)gpa;
    if (op == FAKE_SNP_ADJUST && adjusts-- == 0) {
        adjusts = 0;
        fake_snp_fail(FAKE_SNP_ADJUST, 0, SNP_GONE);
    }
}

static void create_fails(void **unused)
{
    static const struct {
        enum fake_snp_op op;
        unsigned n;
        uint32_t eax, result;
    } cases[] = {
        {FAKE_SNP_ADJUST, 0, 2, 0x80001002}, {FAKE_SNP_ADJUST, 1, 3, 0x80001003},
        {FAKE_SNP_ADJUST, 2, 1, 0x80001001}, {FAKE_SNP_ADJUST, 2, SNP_GONE, 0x80000003},
        {FAKE_SNP_READ, 0, 1, 0x80000003},   {FAKE_SNP_READ, 1, 1, 0x80000003},
        {FAKE_SNP_READ, 2, 1, 0x80000003},   {FAKE_SNP_MAP, 0, 1, 0x80000003},
    };

    (void)unused;
    fixture_area(AREA);
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        fake_snp_fail(cases[i].op, cases[i].n, cases[i].eax);
        assert_int_equal(fixture_create(0, 1, AREA, CA), cases[i].result);
        assert_false(fake_snp_page(AREA)->vmsa);
        assert_true(writable(AREA));
        assert_true(writable(CA));
        fixture_area(AREA);
    }
    assert_int_equal(rescind(CA), SVSM_SUCCESS);
    assert_int_equal(fixture_create(0, 1, AREA, CA2), SVSM_SUCCESS);
}

/* The page that was to be a save area cannot be given back: perhaps it is still marked as one, and
 * then VMPL0 must not write it for the guest, as it writes any other page. */
static void not_given_back(void **unused)
{
    static const struct {
        unsigned adjusts;
        enum fake_snp_op fails;
    } cases[] = {{0, FAKE_SNP_MAP},
                 {1, FAKE_SNP_MAP},
                 {2, FAKE_SNP_READ},
                 {2, FAKE_SNP_MAP},
                 {3, FAKE_SNP_MAP}};
    uint8_t byte = 0;

    (void)unused;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        fixture_boot();
        fixture_area(AREA);
        adjusts = cases[i].adjusts;
        fake_snp_fail(cases[i].fails, 0, 1);
        fake_snp_hook = adjusts_end;
        assert_int_equal(fixture_create(0, 1, AREA, CA), SVSM_ERR_INVALID_ADDRESS);
        fake_snp_hook = NULL;
        assert_int_equal(guest_write(AREA, &byte, 1), ERR_ADDRESS);
        assert_int_equal(guest_read(&byte, AREA, 1), ERR_ADDRESS);
        assert_int_equal(fixture_create(0, 1, AREA, CA), SVSM_ERR_INVALID_ADDRESS);
        assert_int_equal(delete_by(0, AREA), SVSM_ERR_INVALID_PARAMETER);
        assert_int_equal(rescind(AREA), SVSM_ERR_INVALID_ADDRESS);
        /* All else is as it was. */
        assert_int_equal(rescind(CA), SVSM_SUCCESS);
        fake_snp_fail(FAKE_SNP_MAP, 0, 0);
        fixture_area(AREA2);
        assert_int_equal(fixture_create(0, 1, AREA2, CA2), SVSM_SUCCESS);
    }
}

/* As Linux does it: the next save area with the same calling area, then the last is deleted. */
static void supersedes(void **unused)
{
    struct guest_vcpu entered;

    (void)unused;
    fixture_area(AREA);
    fixture_area(AREA2);
    assert_int_equal(fixture_create(0, 1, AREA, CA), SVSM_SUCCESS);
    assert_int_equal(fixture_create(0, 1, AREA2, CA), SVSM_SUCCESS);
    assert_true(guest_enter(1, &entered));
    assert_int_equal(entered.vmsa_gpa.value, AREA2);
    assert_int_equal(delete_by(0, AREA), SVSM_SUCCESS);
    assert_true(writable(AREA));
    assert_int_equal(rescind(CA), SVSM_ERR_INVALID_ADDRESS); /* still in use */
    assert_int_equal(fixture_core(1, SVSM_CORE_QUERY_PROTOCOL, 1, 0, 0), SVSM_SUCCESS);
    assert_int_equal(delete_by(0, AREA2), SVSM_SUCCESS);
    assert_int_equal(rescind(CA), SVSM_SUCCESS);
    assert_false(guest_enter(1, &entered));
}

/* As firmware does it: the same pages again and again. */
static void again_and_again(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < 20; i++) {
        fixture_area(AREA);
        assert_int_equal(fixture_create(0, 1, AREA, CA), SVSM_SUCCESS);
        assert_int_equal(delete_by(0, AREA), SVSM_SUCCESS);
        assert_true(fake_snp_guest_write(2, AREA, "zero", 4)); /* at once */
    }
}

static void registry_full(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < 5; i++) {
        fixture_area(PAGE(100 + i));
        assert_int_equal(fixture_create(0, 1, PAGE(100 + i), CA),
                         i < 4 ? SVSM_SUCCESS : SVSM_ERR_INVALID_REQUEST);
    }
    assert_true(writable(PAGE(104)));
    fixture_area(PAGE(104));
    assert_int_equal(delete_by(0, PAGE(101)), SVSM_SUCCESS);
    assert_int_equal(fixture_create(0, 1, PAGE(104), CA), SVSM_SUCCESS);
}

static void calling_area_of_another(void **unused)
{
    (void)unused;
    fixture_area(AREA);
    fixture_area(AREA2);
    assert_int_equal(fixture_create(0, 1, AREA, CA), SVSM_SUCCESS);
    assert_int_equal(fixture_create(0, 2, AREA2, CA), SVSM_ERR_INVALID_ADDRESS);
    assert_int_equal(fixture_create(0, 2, AREA, CA2), SVSM_ERR_INVALID_ADDRESS);
    assert_int_equal(fixture_create(0, 2, CA, CA2), SVSM_ERR_INVALID_ADDRESS);
    assert_int_equal(fixture_create(0, 2, AREA2, AREA), SVSM_ERR_INVALID_ADDRESS);
    assert_int_equal(fixture_create(0, 1, AREA, CA), SVSM_ERR_INVALID_ADDRESS);
    assert_int_equal(remap_by(0, CA), SVSM_ERR_INVALID_ADDRESS);
    assert_int_equal(fixture_create(0, 2, AREA2, CA2), SVSM_SUCCESS);
}

static void delete_refuses(void **unused)
{
    static const uint64_t cases[] = {
        AREA + 8, AREA, FREE, CA, HOLE, END, SNP_IMAGE_BASE, FIRST_CA, SNP_IMAGE_GUEST_VMSA};

    (void)unused;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        assert_int_equal(delete_by(0, cases[i]), SVSM_ERR_INVALID_PARAMETER);
    }
}

static void delete_running(void **unused)
{
    (void)unused;
    fixture_area(AREA);
    assert_int_equal(fixture_create(0, 1, AREA, CA), SVSM_SUCCESS);
    fake_snp_run(AREA, true);
    assert_int_equal(delete_by(0, AREA), 0x80001003);
    assert_true(fake_snp_page(AREA)->vmsa);
    assert_int_equal(fixture_vmsa(AREA).efer & SNP_EFER_SVME, SNP_EFER_SVME);
    fake_snp_run(AREA, false);
    fake_snp_fail(FAKE_SNP_ADJUST, 0, 2);
    assert_int_equal(delete_by(0, AREA), 0x80001002);
    assert_int_equal(fixture_vmsa(AREA).efer & SNP_EFER_SVME, SNP_EFER_SVME); /* it goes on */
    assert_false(writable(AREA));
    assert_int_equal(fixture_core(1, SVSM_CORE_QUERY_PROTOCOL, 1, 0, 0), SVSM_SUCCESS);
    assert_int_equal(delete_by(0, AREA), SVSM_SUCCESS);
    assert_true(writable(AREA));
    assert_int_equal(fixture_vmsa(AREA).efer & SNP_EFER_SVME, 0);
}

static void deletes_itself(void **unused)
{
    struct registers in = {svsm_call_rax(0, SVSM_CORE_DELETE_VCPU), AREA, 0, 0, 0};
    struct guest_call call;

    (void)unused;
    fixture_area(AREA);
    assert_int_equal(fixture_create(0, 1, AREA, CA), SVSM_SUCCESS);
    fixture_prepare(1, &in);
    assert_int_equal(guest_request(1, &call), GUEST_IDLE);
    assert_int_equal(guest_request(1, &call), GUEST_IDLE);
    assert_true(writable(AREA));
    assert_int_equal(fixture_vmsa(AREA).rax, in.rax); /* no answer */
}

/* While a service works for a vCPU its save area goes away. */
static void deleted_in_a_call(void **unused)
{
    struct registers in = {svsm_call_rax(SVSM_PROTOCOL_VTPM, 0), 1, 2, 3, 4};
    static const uint64_t out[3] = {7, 8, 9};
    struct guest_call call;

    (void)unused;
    fixture_area(AREA);
    assert_int_equal(fixture_create(0, 1, AREA, CA), SVSM_SUCCESS);
    fixture_prepare(1, &in);
    assert_int_equal(guest_request(1, &call), GUEST_CALL);
    assert_int_equal(delete_by(0, AREA), SVSM_SUCCESS);
    guest_answer(1, SVSM_SUCCESS, 7, out);
    assert_int_equal(fixture_vmsa(AREA).rcx, 1);
    /* And another takes its place. */
    fixture_area(AREA);
    assert_int_equal(fixture_create(0, 1, AREA, CA), SVSM_SUCCESS);
    guest_answer(1, 5, 7, out);
    assert_int_equal(fixture_vmsa(AREA).rax, 0);
}

static uint64_t area_of_call(unsigned vcpu)
{
    struct registers in = {svsm_call_rax(SVSM_PROTOCOL_VTPM, 0), 1, 2, 3, 4};
    struct guest_call call = {0};

    fixture_prepare(vcpu, &in);
    assert_int_equal(guest_request(vcpu, &call), GUEST_CALL);
    guest_answer(vcpu, SVSM_ERR_INCOMPLETE, 0, (const uint64_t[3]){0});
    return call.area;
}

/* A call is told apart from the same call of a vCPU's earlier save area, be it in the same page:
 * what that one had begun is not gone on with (tests/unit/core/test_guest.c). */
static void areas_have_numbers(void **unused)
{
    uint64_t first = 0;
    uint64_t second = 0;

    (void)unused;
    fixture_area(AREA);
    fixture_area(AREA2);
    assert_int_equal(fixture_create(0, 1, AREA, CA), SVSM_SUCCESS);
    first = area_of_call(1);
    assert_int_equal(area_of_call(1), first);
    assert_int_equal(fixture_create(0, 1, AREA2, CA), SVSM_SUCCESS);
    second = area_of_call(1);
    assert_int_not_equal(second, first);
    assert_int_equal(delete_by(0, AREA), SVSM_SUCCESS);
    assert_int_equal(delete_by(0, AREA2), SVSM_SUCCESS);
    fixture_area(AREA);
    assert_int_equal(fixture_create(0, 1, AREA, CA), SVSM_SUCCESS);
    assert_int_not_equal(area_of_call(1), first);
    assert_int_not_equal(area_of_call(1), second);
    assert_int_not_equal(first * second * area_of_call(0), 0);
}

/* Superseded while a service works for it: the old one gets the answer and may run. */
static void superseded_in_a_call(void **unused)
{
    struct registers in = {svsm_call_rax(SVSM_PROTOCOL_VTPM, 0), 1, 2, 3, 4};
    struct guest_call call;
    struct guest_vcpu entered;

    (void)unused;
    fixture_area(AREA);
    fixture_area(AREA2);
    assert_int_equal(fixture_create(0, 1, AREA, CA), SVSM_SUCCESS);
    fixture_prepare(1, &in);
    assert_int_equal(guest_request(1, &call), GUEST_CALL);
    assert_int_equal(fixture_create(0, 1, AREA2, CA), SVSM_SUCCESS);
    guest_answer(1, 5, 0, (const uint64_t[3]){0});
    assert_int_equal(fixture_vmsa(AREA).rax, 5);
    assert_int_equal(fixture_vmsa(AREA).efer, SNP_EFER_SVME);
    assert_int_equal(fixture_vmsa(AREA2).rax, 0);
    assert_true(guest_enter(1, &entered));
    assert_int_equal(entered.vmsa_gpa.value, AREA2);
}

static void remaps(void **unused)
{
    (void)unused;
    fake_snp_poke(CA, "12345678", 8);
    assert_int_equal(remap_by(0, CA), SVSM_SUCCESS);
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(fake_snp_peek(CA + i), 0);
    }
    assert_int_equal(fake_snp_peek(FIRST_CA), 0); /* Linux looks at the old one */
    assert_int_equal(rescind(FIRST_CA), SVSM_SUCCESS);
    assert_int_equal(rescind(CA), SVSM_ERR_INVALID_ADDRESS);
    fake_snp_poke(CA + 1, "2345678", 7);
    assert_int_equal(remap_by(0, CA), SVSM_SUCCESS); /* the same */
    assert_int_equal(fake_snp_peek(CA + 7), 0);
    assert_int_equal(rescind(CA), SVSM_ERR_INVALID_ADDRESS);
}

static void remap_refuses(void **unused)
{
    static const struct {
        uint64_t ca;
        uint32_t result;
    } cases[] = {{CA + 1, SVSM_ERR_INVALID_PARAMETER},
                 {CA + 0x800, SVSM_ERR_INVALID_PARAMETER},
                 {HOLE, SVSM_ERR_INVALID_ADDRESS},
                 {END, SVSM_ERR_INVALID_ADDRESS},
                 {FREE, SVSM_ERR_INVALID_ADDRESS},
                 {SNP_IMAGE_BASE, SVSM_ERR_INVALID_ADDRESS},
                 {SNP_IMAGE_GUEST_VMSA, SVSM_ERR_INVALID_ADDRESS},
                 {AREA, SVSM_ERR_INVALID_ADDRESS},
                 {CA2, SVSM_ERR_INVALID_ADDRESS}};

    (void)unused;
    fixture_area(AREA);
    assert_int_equal(fixture_create(0, 1, AREA, CA2), SVSM_SUCCESS);
    fake_snp_poke(CA2, "untouch", 8);
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        assert_int_equal(remap_by(0, cases[i].ca), cases[i].result);
    }
    assert_int_equal(fake_snp_peek(CA2), 'u');
    fake_snp_fail(FAKE_SNP_WRITE, 0, 1);
    assert_int_equal(remap_by(0, CA), SVSM_ERR_INVALID_ADDRESS);
    assert_int_equal(rescind(CA), SVSM_SUCCESS); /* still nobody's */
    assert_int_equal(rescind(FIRST_CA), SVSM_ERR_INVALID_ADDRESS);
}

/* A calling area that two save areas of a vCPU have is let go with the second. */
static void remap_shared(void **unused)
{
    (void)unused;
    fixture_area(AREA);
    fixture_area(AREA2);
    assert_int_equal(fixture_create(0, 1, AREA, CA), SVSM_SUCCESS);
    assert_int_equal(fixture_create(0, 1, AREA2, CA), SVSM_SUCCESS);
    assert_int_equal(remap_by(1, CA2), SVSM_SUCCESS);
    assert_int_equal(rescind(CA), SVSM_ERR_INVALID_ADDRESS);
    assert_int_equal(delete_by(0, AREA), SVSM_SUCCESS);
    assert_int_equal(rescind(CA), SVSM_SUCCESS);
    assert_int_equal(rescind(CA2), SVSM_ERR_INVALID_ADDRESS);
}

static void spurious(void **unused)
{
    struct registers in = {svsm_call_rax(0, SVSM_CORE_QUERY_PROTOCOL), 1, 2, 3, 4};
    static const uint8_t zero;
    struct vmsa before;
    struct guest_call call;

    (void)unused;
    fixture_prepare(0, &in);
    fake_snp_poke(FIRST_CA, &zero, 1);
    before = fixture_vmsa(SNP_IMAGE_GUEST_VMSA);
    before.efer = 0;
    assert_int_equal(guest_request(0, &call), GUEST_RUN);
    struct vmsa after = fixture_vmsa(SNP_IMAGE_GUEST_VMSA);
    assert_memory_equal(&after, &before, sizeof(after));
    /* An exit that was for the host leaves "pending" alone. */
    fixture_prepare(0, &in);
    before.guest_exit_code = VMEXIT_VMGEXIT + 1;
    fake_snp_poke(SNP_IMAGE_GUEST_VMSA, &before, sizeof(before));
    assert_int_equal(guest_request(0, &call), GUEST_RUN);
    assert_int_equal(fake_snp_peek(FIRST_CA), 1);
    /* The host runs it elsewhere; the host took the calling area. */
    fixture_prepare(0, &in);
    fake_snp_run(SNP_IMAGE_GUEST_VMSA, true);
    assert_int_equal(guest_request(0, &call), GUEST_RUN);
    assert_int_equal(fake_snp_peek(FIRST_CA), 1);
    fake_snp_run(SNP_IMAGE_GUEST_VMSA, false);
    fixture_prepare(0, &in);
    fake_snp_fail(FAKE_SNP_EXCHANGE, 0, 1);
    assert_int_equal(guest_request(0, &call), GUEST_RUN);
    assert_int_equal(guest_request(0, &call), GUEST_RUN); /* and now it is answered */
    assert_int_equal(fixture_vmsa(SNP_IMAGE_GUEST_VMSA).rcx, svsm_versions(1, 1));
    assert_int_equal(guest_request(3, &call), GUEST_IDLE);
}

static void pending_garbage(void **unused)
{
    struct registers in = {svsm_call_rax(0, SVSM_CORE_QUERY_PROTOCOL), 1, 2, 3, 4};
    static const uint8_t values[] = {2, 0x80, 0xff};
    struct guest_call call;

    (void)unused;
    for (size_t i = 0; i < ARRAY_COUNT(values); i++) {
        fixture_prepare(0, &in);
        fake_snp_poke(FIRST_CA, &values[i], 1);
        assert_int_equal(guest_request(0, &call), GUEST_RUN);
        assert_int_equal(fixture_vmsa(SNP_IMAGE_GUEST_VMSA).rax, SVSM_ERR_INVALID_FORMAT);
        assert_int_equal(fixture_vmsa(SNP_IMAGE_GUEST_VMSA).rcx, 1);
        assert_int_equal(fake_snp_peek(FIRST_CA), 0);
    }
}

static void queries(void **unused)
{
    static const struct {
        uint64_t rcx, out;
    } cases[] = {
        {1, UINT64_C(0x100000001)}, /* core */
        {0, 0},
        {2, 0},
        {UINT64_C(0x200000001), UINT64_C(0x100000001)}, /* the vTPM's */
        {UINT64_C(0x200000002), 0},
        {UINT64_C(0x200000000), 0},
        {UINT64_C(0x100000001), 0},
        {UINT64_C(0xffffffff00000001), 0},
    };

    (void)unused;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        assert_int_equal(fixture_core(0, SVSM_CORE_QUERY_PROTOCOL, cases[i].rcx, 22, 33),
                         SVSM_SUCCESS);
        assert_int_equal(fixture_vmsa(SNP_IMAGE_GUEST_VMSA).rcx, cases[i].out);
        assert_int_equal(fixture_vmsa(SNP_IMAGE_GUEST_VMSA).rdx, 22);
        assert_int_equal(fixture_vmsa(SNP_IMAGE_GUEST_VMSA).r8, 33);
    }
}

static void not_here(void **unused)
{
    static const uint32_t calls[] = {4, 5, 8, 9, 0x100, 0x80000000, 0xffffffff};

    (void)unused;
    for (size_t i = 0; i < ARRAY_COUNT(calls); i++) {
        assert_int_equal(fixture_core(0, calls[i], LIST, CA, 2), SVSM_ERR_UNSUPPORTED_CALL);
        assert_int_equal(fixture_vmsa(SNP_IMAGE_GUEST_VMSA).rcx, LIST);
    }
    assert_int_equal(fixture_core(0, SVSM_CORE_CONFIGURE_VTOM, 1, 0, 0), SVSM_SUCCESS);
    assert_int_equal(fixture_vmsa(SNP_IMAGE_GUEST_VMSA).rcx, 0);
    for (unsigned i = 0; i < 64; i++) {
        uint64_t rcx = UINT64_C(1) << i | (i % 2);
        if (rcx != 1) {
            assert_int_equal(fixture_core(0, SVSM_CORE_CONFIGURE_VTOM, rcx, 0, 0),
                             SVSM_ERR_INVALID_REQUEST);
            assert_int_equal(fixture_vmsa(SNP_IMAGE_GUEST_VMSA).rcx, rcx);
        }
    }
}

/* A call for a service: what it is told, what comes back, and that RAX is whole. */
static void for_a_service(void **unused)
{
    struct registers in = {svsm_call_rax(7, 9), 1, 2, 3, 4};
    static const uint64_t out[3] = {101, 102, 103};

    (void)unused;
    for (unsigned mask = 0; mask < 8; mask++) {
        struct guest_call call;
        fixture_prepare(0, &in);
        assert_int_equal(guest_request(0, &call), GUEST_CALL);
        assert_true(call.protocol == 7 && call.call == 9 && call.rcx == 1 && call.rdx == 2 &&
                    call.r8 == 3 && call.r9 == 4);
        assert_int_equal(fake_snp_peek(FIRST_CA), 0);
        guest_answer(0, SVSM_ERR_BUSY, mask, out);
        struct vmsa vmsa = fixture_vmsa(SNP_IMAGE_GUEST_VMSA);
        assert_int_equal(vmsa.rax, UINT64_C(0x80000007));
        assert_int_equal(vmsa.rcx, mask & SVSM_GUEST_RCX ? 101 : 1);
        assert_int_equal(vmsa.rdx, mask & SVSM_GUEST_RDX ? 102 : 2);
        assert_int_equal(vmsa.r8, mask & SVSM_GUEST_R8 ? 103 : 3);
        assert_int_equal(vmsa.r9, 4);
        guest_answer(0, 0, 7, (const uint64_t[3]){0}); /* there is nothing to answer any more */
        assert_int_equal(fixture_vmsa(SNP_IMAGE_GUEST_VMSA).rax, vmsa.rax);
    }
}

static void enters(void **unused)
{
    struct guest_vcpu entered;
    struct guest_call call;

    (void)unused;
    assert_true(guest_enter(0, &entered));
    assert_int_equal(entered.vmsa_gpa.value, SNP_IMAGE_GUEST_VMSA);
    assert_int_equal(fixture_vmsa(SNP_IMAGE_GUEST_VMSA).efer & SNP_EFER_SVME, SNP_EFER_SVME);
    assert_int_equal(guest_request(0, &call), GUEST_RUN);
    assert_int_equal(fixture_vmsa(SNP_IMAGE_GUEST_VMSA).efer & SNP_EFER_SVME, 0);
    assert_true(guest_enter(0, &entered));
    assert_int_equal(fixture_vmsa(SNP_IMAGE_GUEST_VMSA).efer & SNP_EFER_SVME, SNP_EFER_SVME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(creates, setup, teardown),
        cmocka_unit_test_setup_teardown(create_refuses, setup, teardown),
        cmocka_unit_test_setup_teardown(create_looks_inside, setup, teardown),
        cmocka_unit_test_setup_teardown(stale_translation, setup, teardown),
        cmocka_unit_test_setup_teardown(create_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(not_given_back, setup, teardown),
        cmocka_unit_test_setup_teardown(supersedes, setup, teardown),
        cmocka_unit_test_setup_teardown(again_and_again, setup, teardown),
        cmocka_unit_test_setup_teardown(registry_full, setup, teardown),
        cmocka_unit_test_setup_teardown(calling_area_of_another, setup, teardown),
        cmocka_unit_test_setup_teardown(delete_refuses, setup, teardown),
        cmocka_unit_test_setup_teardown(delete_running, setup, teardown),
        cmocka_unit_test_setup_teardown(deletes_itself, setup, teardown),
        cmocka_unit_test_setup_teardown(deleted_in_a_call, setup, teardown),
        cmocka_unit_test_setup_teardown(areas_have_numbers, setup, teardown),
        cmocka_unit_test_setup_teardown(superseded_in_a_call, setup, teardown),
        cmocka_unit_test_setup_teardown(remaps, setup, teardown),
        cmocka_unit_test_setup_teardown(remap_refuses, setup, teardown),
        cmocka_unit_test_setup_teardown(remap_shared, setup, teardown),
        cmocka_unit_test_setup_teardown(spurious, setup, teardown),
        cmocka_unit_test_setup_teardown(pending_garbage, setup, teardown),
        cmocka_unit_test_setup_teardown(queries, setup, teardown),
        cmocka_unit_test_setup_teardown(not_here, setup, teardown),
        cmocka_unit_test_setup_teardown(for_a_service, setup, teardown),
        cmocka_unit_test_setup_teardown(enters, setup, teardown),
    };

    return cmocka_run_group_tests_name("guest-vcpu", tests, NULL, NULL);
}
