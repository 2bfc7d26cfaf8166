/* SPDX-License-Identifier: MIT */
/*
 * What the firmware answers: reports field by field in each version, their limits and signing keys,
 * derived keys, TSC and CPUID. The report's signature is checked with the key of its certificate.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <openssl/bn.h>
#include <openssl/ecdsa.h>

#include "psp_guest.h"
#include "psp_internal.h"

static struct psp_options options;
static struct guest guest;
static union {
    uint8_t bytes[PSP_PAYLOAD_MAX];
    struct psp_report_rsp report;
    struct psp_key_rsp key;
    struct psp_tsc_info_rsp tsc;
    struct psp_cpuid_rsp cpuid;
} got;

static int setup(void **unused)
{
    (void)unused;
    psp_options_init(&options, PSP_MILAN);
    options.policy = PSP_POLICY_SMT | PSP_POLICY_ONE | 0x0137;
    memset(options.launch_digest, 0xd1, sizeof(options.launch_digest));
    memset(options.host_data, 0x4d, sizeof(options.host_data));
    memset(options.chip_seed, 0x5e, sizeof(options.chip_seed));
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    guest_end(&guest);
    return 0;
}

static void launch(void)
{
    guest_end(&guest);
    guest = guest_launch(&options);
}

static uint32_t ask(unsigned key, uint8_t type, const void *request, size_t size, size_t want)
{
    memset(&got, 0, sizeof(got));
    assert_int_equal(guest_exchange(&guest, key, type, request, size, got.bytes), want);
    return got.report.status; /* the first word of each answer */
}

static const struct psp_report *report(unsigned key, uint32_t vmpl, uint32_t key_sel)
{
    struct psp_report_req request = {.vmpl = vmpl, .key_sel = key_sel};

    memset(request.report_data, 0xda, sizeof(request.report_data));
    assert_int_equal(ask(key, PSP_MSG_REPORT_REQ, &request, sizeof(request), 0x4c0), 0);
    assert_int_equal(got.report.report_size, 0x4a0);
    return &got.report.report;
}

static void expect_report_status(unsigned key, uint32_t vmpl, uint32_t key_sel, uint32_t status)
{
    const struct psp_report_req request = {.vmpl = vmpl, .key_sel = key_sel};

    assert_int_equal(ask(key, PSP_MSG_REPORT_REQ, &request, sizeof(request), 32), status);
    assert_int_equal(got.report.report_size, 0);
}

static void expect_signed(const struct psp_report *r)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    ECDSA_SIG *sig = ECDSA_SIG_new();
    uint8_t *der = NULL;

    assert_int_equal(ECDSA_SIG_set0(sig, BN_lebin2bn(r->signature.r, 72, NULL),
                                    BN_lebin2bn(r->signature.s, 72, NULL)),
                     1);
    int size = i2d_ECDSA_SIG(sig, &der);
    assert_true(size > 0);
    assert_int_equal(
        EVP_DigestVerifyInit(ctx, NULL, EVP_sha384(), NULL, X509_get0_pubkey(guest.psp->chain.vek)),
        1);
    assert_int_equal(EVP_DigestVerify(ctx, der, (size_t)size, (const uint8_t *)r, 0x2a0), 1);
    OPENSSL_free(der);
    ECDSA_SIG_free(sig);
    EVP_MD_CTX_free(ctx);
}

static bool all(const void *bytes, size_t size, uint8_t value)
{
    for (size_t i = 0; i < size; i++) {
        if (((const uint8_t *)bytes)[i] != value) {
            return false;
        }
    }
    return true;
}

static void expect_common_fields(const struct psp_report *r)
{
    assert_int_equal(r->policy, options.policy);
    assert_int_equal(r->signature_algo, 1);
    assert_int_equal(r->key_info, 0);
    assert_int_equal(r->guest_svn, 0);
    assert_true(all(r->family_id, 16, 0) && all(r->image_id, 16, 0));
    assert_true(all(r->report_data, 64, 0xda));
    assert_true(all(r->measurement, 48, 0xd1));
    assert_true(all(r->host_data, 32, 0x4d));
    assert_true(all(r->id_key_digest, 48, 0) && all(r->author_key_digest, 48, 0));
    assert_false(all(r->report_id, 32, 0));
    assert_true(all(r->report_id_ma, 32, 0xff));
    assert_false(all(r->chip_id, 8, 0));
    assert_memory_equal(&r->reported_tcb, &options.reported_tcb, 8);
    assert_memory_equal(&r->current_tcb, &options.current_tcb, 8);
    assert_memory_equal(&r->committed_tcb, &options.committed_tcb, 8);
    assert_memory_equal(&r->launch_tcb, &options.launch_tcb, 8);
    assert_true(r->reserved_04c == 0 && r->reserved_1eb == 0 && r->reserved_1ef == 0);
    assert_true(all(r->reserved_18b, 21, 0) && all(r->reserved_208, 152, 0));
    assert_true(all(r->signature.r + 48, 24, 0) && all(r->signature.s + 48, 24, 0));
    assert_true(all(r->signature.reserved_090, 368, 0));
    expect_signed(r);
}

static void test_report_versions(void **unused)
{
    (void)unused;
    for (uint32_t version = 2; version <= 5; version++) {
        options.report_version = version;
        options.launch_mit_vector = 0x11;
        options.current_mit_vector = 0x33;
        launch();
        const struct psp_report *r = report(0, 0, 0);
        assert_int_equal(r->version, version);
        expect_common_fields(r);
        assert_int_equal(r->cpuid_fam_id, version >= 3 ? 0x19 : 0);
        assert_int_equal(r->cpuid_mod_id, version >= 3 ? 1 : 0);
        assert_int_equal(r->cpuid_step, version >= 3 ? 1 : 0);
        assert_int_equal(r->launch_mit_vector, version >= 5 ? 0x11 : 0);
        assert_int_equal(r->current_mit_vector, version >= 5 ? 0x33 : 0);
    }
}

static void test_turin(void **unused)
{
    (void)unused;
    psp_options_init(&options, PSP_TURIN);
    options.policy = PSP_POLICY_SMT | PSP_POLICY_ONE;
    launch();
    const struct psp_report *r = report(0, 0, 0);
    assert_int_equal(r->version, 5);
    assert_int_equal(r->cpuid_fam_id, 0x1a);
    assert_false(all(r->chip_id, 8, 0));
    assert_true(all(r->chip_id + 8, 56, 0));
    expect_signed(r);
}

/* A caller speaks for its own VMPL and those below it. */
static void test_report_vmpl(void **unused)
{
    (void)unused;
    launch();
    for (unsigned key = 0; key < 4; key++) {
        for (uint32_t vmpl = 0; vmpl < 6; vmpl++) {
            if (vmpl >= key && vmpl <= 3) {
                assert_int_equal(report(key, vmpl, 0)->vmpl, vmpl);
            } else {
                expect_report_status(key, vmpl, 0, PSP_STATUS_INVALID_PARAM);
            }
        }
        expect_report_status(key, UINT32_MAX, 0, PSP_STATUS_INVALID_PARAM);
    }
}

static void test_report_reserved(void **unused)
{
    (void)unused;
    launch();
    for (size_t i = 0; i < 24; i++) {
        struct psp_report_req request = {0};
        request.reserved_048[i] = 1;
        assert_int_equal(ask(0, PSP_MSG_REPORT_REQ, &request, sizeof(request), 32),
                         PSP_STATUS_INVALID_PARAM);
    }
    expect_report_status(0, 0, 3, PSP_STATUS_INVALID_PARAM);
    expect_report_status(0, 0, 4, PSP_STATUS_INVALID_PARAM);
    expect_report_status(0, 0, 0x80000000, PSP_STATUS_INVALID_PARAM);
}

static unsigned signing(uint32_t key_sel)
{
    return psp_key_info_signing(report(0, 0, key_sel)->key_info);
}

static void test_report_keys(void **unused)
{
    (void)unused;
    launch();
    assert_int_equal(signing(PSP_KEY_SEL_DEFAULT), PSP_SIGNING_VCEK);
    assert_int_equal(signing(PSP_KEY_SEL_VCEK), PSP_SIGNING_VCEK);
    expect_report_status(0, 0, PSP_KEY_SEL_VLEK, PSP_STATUS_INVALID_KEY);

    options.vlek = true;
    launch();
    assert_int_equal(signing(PSP_KEY_SEL_DEFAULT), PSP_SIGNING_VLEK);
    expect_signed(&got.report.report);
    assert_int_equal(signing(PSP_KEY_SEL_VCEK), PSP_SIGNING_VCEK);
    assert_int_equal(signing(PSP_KEY_SEL_VLEK), PSP_SIGNING_VLEK);

    options.vcek_disabled = true;
    launch();
    assert_int_equal(signing(PSP_KEY_SEL_DEFAULT), PSP_SIGNING_VLEK);
    expect_report_status(0, 0, PSP_KEY_SEL_VCEK, PSP_STATUS_INVALID_KEY);
}

static void test_report_masked(void **unused)
{
    (void)unused;
    options.mask_chip_key = true;
    launch();
    const struct psp_report *r = report(0, 0, 0);
    assert_int_equal(r->key_info, PSP_KEY_INFO_MASK_CHIP_KEY | PSP_SIGNING_NONE << 2);
    assert_true(all(r->chip_id, 64, 0));
    assert_true(all(&r->signature, 512, 0));
}

static uint32_t derive(unsigned key, const struct psp_key_req *request, uint8_t out[32])
{
    uint32_t status = ask(key, PSP_MSG_KEY_REQ, request, sizeof(*request), 64);

    memcpy(out, got.key.derived_key, 32);
    assert_true(all(got.key.reserved_004, 28, 0));
    assert_int_equal(all(out, 32, 0), status != 0);
    return status;
}

static void test_key_same(void **unused)
{
    const struct psp_key_req request = {.guest_field_select = 0x3f};
    uint8_t first[32], second[32];

    (void)unused;
    launch();
    assert_int_equal(derive(0, &request, first), 0);
    assert_int_equal(derive(0, &request, second), 0);
    assert_memory_equal(first, second, 32);
    launch();
    assert_int_equal(derive(0, &request, second), 0);
    assert_memory_equal(first, second, 32);
    options.chip_seed[31] ^= 1;
    launch();
    assert_int_equal(derive(0, &request, second), 0);
    assert_memory_not_equal(first, second, 32);
}

/* Each input that a request names makes another key; none makes the same. */
static void test_key_inputs(void **unused)
{
    struct psp_key_req requests[] = {
        {.guest_field_select = 0},
        {.guest_field_select = 1},
        {.guest_field_select = 2},
        {.guest_field_select = 4},
        {.guest_field_select = 8},
        {.guest_field_select = 0x10},
        {.guest_field_select = 0x20},
        {.guest_field_select = 0x20, .tcb_version = {{4, 0, 0, 0, 0, 0, 22, 213}}},
        {.guest_field_select = 0x3f},
        {.vmpl = 1},
        {.vmpl = 2},
        {.vmpl = 3},
        {.root_key_select = PSP_KEY_ROOT_VMRK},
        {.root_key_select = PSP_KEY_SEL_VLEK << 1},
    };
    enum { COUNT = sizeof(requests) / sizeof(requests[0]) };
    uint8_t keys[COUNT][32];

    (void)unused;
    options.vlek = true;
    launch();
    for (unsigned i = 0; i < COUNT; i++) {
        bool vlek = requests[i].root_key_select != 0;
        requests[i].root_key_select |= vlek ? 0 : PSP_KEY_SEL_VCEK << 1;
        assert_int_equal(derive(0, &requests[i], keys[i]), 0);
        for (unsigned j = 0; j < i; j++) {
            assert_memory_not_equal(keys[i], keys[j], 32);
        }
    }
}

/* A field that is not selected has no say: the TCB asked for, and the policy. */
static void test_key_unselected(void **unused)
{
    struct psp_key_req request = {0};
    uint8_t first[32], second[32];

    (void)unused;
    launch();
    assert_int_equal(derive(0, &request, first), 0);
    request.tcb_version.part[0] = 1;
    options.policy |= PSP_POLICY_DEBUG;
    options.launch_digest[0] ^= 1;
    launch();
    assert_int_equal(derive(0, &request, second), 0);
    assert_memory_equal(first, second, 32);
    request.guest_field_select = PSP_KEY_FIELD_MEASUREMENT;
    assert_int_equal(derive(0, &request, first), 0);
    options.launch_digest[0] ^= 1;
    launch();
    assert_int_equal(derive(0, &request, second), 0);
    assert_memory_not_equal(first, second, 32);
}

static void test_key_limits(void **unused)
{
    const struct psp_key_req wrong[] = {
        {.root_key_select = 8},        {.root_key_select = 0x80000000},
        {.reserved_004 = 1},           {.guest_field_select = 0x40},
        {.guest_field_select = ~0ull}, {.vmpl = 4},
        {.vmpl = UINT32_MAX},          {.guest_svn = 1},
        {.tcb_version = {{5}}},        {.tcb_version = {{0, 1}}},
        {.root_key_select = 3u << 1},  {.tcb_version = {{0, 0, 0, 0, 0, 0, 0, 214}}},
    };
    struct psp_key_req request = {.root_key_select = PSP_KEY_SEL_VLEK << 1};
    uint8_t key[32];

    (void)unused;
    launch();
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(derive(0, &wrong[i], key), PSP_STATUS_INVALID_PARAM);
    }
    assert_int_equal(derive(0, &request, key), PSP_STATUS_INVALID_KEY);
    for (unsigned caller = 0; caller < 4; caller++) {
        for (uint32_t vmpl = 0; vmpl < 4; vmpl++) {
            request = (struct psp_key_req){.vmpl = vmpl};
            assert_int_equal(derive(caller, &request, key),
                             vmpl >= caller ? 0 : PSP_STATUS_INVALID_PARAM);
        }
    }
}

/* Version 2 of the message exists where reports have version 5. */
static void test_key_version2(void **unused)
{
    struct psp_key_req_v2 request = {.v1 = {.guest_field_select = 0x40}, .launch_mit_vector = 1};
    uint8_t keys[2][32];

    (void)unused;
    for (unsigned i = 0; i < 2; i++) {
        options.report_version = 5;
        request.launch_mit_vector = i;
        launch();
        struct psp_msg msg = guest_message(&guest, 0, PSP_MSG_KEY_REQ, &request, sizeof(request));
        msg.header.msg_version = 2;
        guest_seal(&guest, &msg, 0, &request);
        assert_int_equal(psp_request(guest.psp, &msg, &msg).status, 0);
        assert_true(guest_open(&guest, &msg, 0, got.bytes));
        assert_int_equal(msg.header.msg_version, 2);
        assert_int_equal(got.key.status, 0);
        memcpy(keys[i], got.key.derived_key, 32);
    }
    assert_memory_not_equal(keys[0], keys[1], 32);

    options.report_version = 4;
    launch();
    struct psp_msg msg = guest_message(&guest, 0, PSP_MSG_KEY_REQ, &request, sizeof(request));
    msg.header.msg_version = 2;
    guest_seal(&guest, &msg, 0, &request);
    assert_int_equal(psp_request(guest.psp, &msg, &msg).status, PSP_STATUS_INVALID_PARAM);
}

static void test_tsc(void **unused)
{
    struct psp_tsc_info_req request = {0};

    (void)unused;
    launch();
    assert_int_equal(ask(0, PSP_MSG_TSC_INFO_REQ, &request, 128, 128), PSP_STATUS_INVALID_PARAM);
    options.tsc = (struct psp_tsc){true, UINT64_C(0x1234567890), UINT64_C(0xfedcba9876543210), 200};
    launch();
    assert_int_equal(ask(1, PSP_MSG_TSC_INFO_REQ, &request, 128, 128), 0);
    assert_int_equal(got.tsc.guest_tsc_scale, UINT64_C(0x1234567890));
    assert_int_equal(got.tsc.guest_tsc_offset, UINT64_C(0xfedcba9876543210));
    assert_int_equal(got.tsc.tsc_factor, 200);
    request.reserved_000[127] = 1;
    assert_int_equal(ask(1, PSP_MSG_TSC_INFO_REQ, &request, 128, 128), PSP_STATUS_INVALID_PARAM);
    assert_int_equal(got.tsc.guest_tsc_scale, 0);
}

static const struct snp_cpuid_page machine = {
    .count = 4,
    .entries = {{.eax_in = 0, .eax = 0x10, .ebx = 0x68747541},
                {.eax_in = 1, .eax = 0xa00f11, .ecx = 0x7efa3203, .edx = 0x178bfbff},
                {.eax_in = 7, .ebx = 0x219c97a9, .ecx = 0x40069c, .edx = 0x10},
                {.eax_in = 0xd, .xcr0_in = 1, .eax = 7, .ebx = 0x240, .ecx = 0x988}},
};

static uint32_t ask_cpuid(const struct psp_cpuid_req *request)
{
    return ask(0, PSP_MSG_CPUID_REQ, request, sizeof(*request), sizeof(struct psp_cpuid_rsp));
}

static void test_cpuid_good(void **unused)
{
    struct psp_cpuid_req request = {.count = machine.count};

    (void)unused;
    options.cpuid = &machine;
    launch();
    memcpy(request.entries, machine.entries, sizeof(request.entries));
    request.entries[1].ecx &= ~1u;         /* a feature less */
    request.entries[1].ebx |= 0x05000000u; /* this vCPU's APIC ID */
    assert_int_equal(ask_cpuid(&request), 0);
    assert_int_equal(got.cpuid.count, machine.count);
    assert_memory_equal(got.cpuid.entries, request.entries, sizeof(request.entries));
}

/* Refused, with what would be taken in its place; and that is then taken. */
static void test_cpuid_mended(void **unused)
{
    static const struct {
        unsigned entry, reg;
        uint32_t set, want;
    } wrong[] = {
        {0, 0, 0x20, 0x10},               /* a higher maximum */
        {0, 1, 0, 0x68747541},            /* another vendor */
        {1, 2, 0x7ffa3203u, 0x7efa3203u}, /* TSC_DEADLINE */
        {1, 3, 0xffffffffu, 0x178bfbff},  /* features that are not there */
        {2, 1, 0x219c97abu, 0x219c97a9u}, /* TSC_ADJUST */
        {2, 3, 0x84000010u, 0x10},        /* SSBD, SPEC_CTRL */
        {3, 1, 0x340, 0x240},             /* the XSAVE area's size */
    };

    (void)unused;
    options.cpuid = &machine;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct psp_cpuid_req request = {.count = machine.count};
        launch();
        memcpy(request.entries, machine.entries, sizeof(request.entries));
        (&request.entries[wrong[i].entry].eax)[wrong[i].reg] = wrong[i].set;
        assert_int_equal(ask_cpuid(&request), PSP_STATUS_INVALID_PARAM);
        assert_int_equal((&got.cpuid.entries[wrong[i].entry].eax)[wrong[i].reg], wrong[i].want);
        memcpy(request.entries, got.cpuid.entries, sizeof(request.entries));
        assert_int_equal(ask_cpuid(&request), 0);
    }
}

static void test_cpuid_refused(void **unused)
{
    struct psp_cpuid_req request = {.count = 0};

    (void)unused;
    options.cpuid = &machine;
    launch();
    assert_int_equal(ask_cpuid(&request), PSP_STATUS_INVALID_PARAM);
    request.count = 65;
    assert_int_equal(ask_cpuid(&request), PSP_STATUS_INVALID_PARAM);
    request.count = UINT32_MAX;
    assert_int_equal(ask_cpuid(&request), PSP_STATUS_INVALID_PARAM);
    request = (struct psp_cpuid_req){.count = 1, .entries = {machine.entries[0]}};
    assert_int_equal(ask_cpuid(&request), 0);
    request.reserved_004 = 1;
    assert_int_equal(ask_cpuid(&request), PSP_STATUS_INVALID_PARAM);
    request.reserved_004 = 0;
    request.reserved_008 = 1;
    assert_int_equal(ask_cpuid(&request), PSP_STATUS_INVALID_PARAM);
    request = (struct psp_cpuid_req){.count = 1, .entries = {machine.entries[0]}};
    request.entries[0].reserved_028 = 1;
    assert_int_equal(ask_cpuid(&request), PSP_STATUS_INVALID_PARAM);
    request.entries[0] = (struct snp_cpuid_entry){.eax_in = 0x1234, .eax = 1};
    assert_int_equal(ask_cpuid(&request), PSP_STATUS_INVALID_PARAM);
    assert_int_equal(got.cpuid.entries[0].eax, 0);
    request.count = 64;
    memset(request.entries, 0, sizeof(request.entries));
    request.entries[63] = machine.entries[0];
    for (unsigned i = 0; i < 63; i++) {
        request.entries[i] = machine.entries[1];
    }
    assert_int_equal(ask_cpuid(&request), 0);
}

/* Without the machine's table only what firmware always refuses goes, bit by bit. */
static void test_cpuid_without_table(void **unused)
{
    static const struct {
        uint32_t leaf;
        unsigned reg; /* 0 EAX to 3 EDX */
        uint32_t bits;
    } refused[] = {{0x1, 2, 1u << 24},        {0x7, 1, 1u << 1},
                   {0x7, 3, 1u << 26},        {0x7, 3, 1u << 27},
                   {0x7, 3, 1u << 28},        {0x7, 3, 1u << 29},
                   {0x7, 3, 1u << 30},        {0x7, 3, 1u << 31},
                   {0x80000008, 1, 1u << 25}, {0x7, 3, UINT32_C(0xfc) << 24}};
    struct psp_cpuid_req request = {.count = 2, .entries = {{.eax_in = 0x1234, .eax = 1}}};

    (void)unused;
    launch();
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        request.entries[1] = (struct snp_cpuid_entry){.eax_in = refused[i].leaf};
        (&request.entries[1].eax)[refused[i].reg] = refused[i].bits | 1;
        assert_int_equal(ask_cpuid(&request), PSP_STATUS_INVALID_PARAM);
        assert_int_equal(got.cpuid.entries[0].eax, 1);
        assert_int_equal((&got.cpuid.entries[1].eax)[refused[i].reg], 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_report_versions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_turin, setup, teardown),
        cmocka_unit_test_setup_teardown(test_report_vmpl, setup, teardown),
        cmocka_unit_test_setup_teardown(test_report_reserved, setup, teardown),
        cmocka_unit_test_setup_teardown(test_report_keys, setup, teardown),
        cmocka_unit_test_setup_teardown(test_report_masked, setup, teardown),
        cmocka_unit_test_setup_teardown(test_key_same, setup, teardown),
        cmocka_unit_test_setup_teardown(test_key_inputs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_key_unselected, setup, teardown),
        cmocka_unit_test_setup_teardown(test_key_limits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_key_version2, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tsc, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cpuid_good, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cpuid_mended, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cpuid_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cpuid_without_table, setup, teardown),
    };

    return cmocka_run_group_tests_name("psp-answers", tests, NULL, NULL);
}
