/* SPDX-License-Identifier: MIT */
/*
 * Host tests of the psp service against the emulator's firmware, which speaks the true protocol and
 * says when a guest has used a number for two texts: what its callers get, and what a host that is
 * busy, forges, replays or loses messages can do. It can end the service, and nothing else.
 */
#include <psp.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <svsm/abi/psp_messages.h>

#include <svsm/testing.h>

SVSM_TEST_SERVICE(psp);

enum { OP_REPORT, OP_KEY, OP_TSC_INFO };

static struct psp *firmware;
static struct snp_vmpck vmpck;
static unsigned sent, busy, failing; /* messages so far; how many more meet a busy or broken host */
static struct psp_msg held;          /* the message that met a busy host */
static bool has_held;
static void (*forge)(struct psp_msg *answer);
static struct psp_msg last_answer;

static unsigned exchange(const void *request, void *answer)
{
    sent++;
    assert_true(!has_held || memcmp(&held, request, sizeof(held)) == 0); /* the same bytes */
    has_held = false;
    if (busy > 0) {
        busy--;
        memcpy(&held, request, sizeof(held));
        has_held = true;
        return 1;
    }
    if (failing > 0) {
        failing--;
        return 2;
    }
    struct psp_msg m;
    struct psp_result result = psp_request(firmware, request, &m);
    assert_false(result.stop); /* a number was used for two texts */
    if (result.status != PSP_STATUS_SUCCESS) {
        return 2;
    }
    struct psp_msg good = m;
    if (forge != NULL) {
        forge(&m);
    }
    last_answer = good;
    memcpy(answer, &m, sizeof(m));
    return 0;
}

static void machine(bool secure_tsc)
{
    struct psp_options options;
    struct psp_result result;
    struct snp_secrets_page page;
    psp_free(firmware);
    psp_options_init(&options, PSP_MILAN);
    options.policy = PSP_POLICY_SMT | PSP_POLICY_ONE;
    memset(options.launch_digest, 0xd1, sizeof(options.launch_digest));
    options.tsc = (struct psp_tsc){
        .enabled = secure_tsc, .scale = UINT64_C(1) << 32, .offset = 12345, .factor = 20};
    firmware = psp_create(&options, &result);
    assert_non_null(firmware);
    psp_secrets_fill(firmware, &page);
    vmpck = page.vmpck[0];
    sent = busy = failing = 0;
    has_held = false;
    forge = NULL;
    svsm_test_psp(exchange, vmpck.key, secure_tsc);
    svsm_test_start((const struct svsm_host_task *[]){&svsm_host_psp, NULL});
}

static int start(void **state)
{
    (void)state;
    machine(false);
    return 0;
}

static struct psp_report_req ask;
static struct psp_report report;
static uint64_t report_size;

static uint32_t get_report(uint32_t vmpl)
{
    memset(&ask, 0, sizeof(ask));
    for (size_t i = 0; i < sizeof(ask.report_data); i++) {
        ask.report_data[i] = (uint8_t)(i ^ vmpl);
    }
    ask.vmpl = vmpl;
    memset(&report, 0, sizeof(report));
    uint64_t args[SVSM_ARGS] = {svsm_test_address(&ask), sizeof(ask), svsm_test_address(&report),
                                sizeof(report)};
    uint32_t result = svsm_test_call("psp", OP_REPORT, args);
    report_size = args[3];
    return result;
}

static void test_report(void **state)
{
    (void)state;
    for (uint32_t vmpl = 0; vmpl <= 3; vmpl++) {
        assert_int_equal(get_report(vmpl), SVSM_SUCCESS);
        assert_int_equal(report_size, sizeof(report));
        assert_int_equal(report.vmpl, vmpl);
        assert_memory_equal(report.report_data, ask.report_data, sizeof(ask.report_data));
        assert_int_equal(report.measurement[0], 0xd1);
    }
    assert_int_equal(sent, 4);
    assert_int_equal(svsm_test_status("psp").crashes, 0);
}

static uint32_t report_raw(const void *in, size_t size, size_t room)
{
    static uint8_t out[4096];
    uint64_t args[SVSM_ARGS] = {svsm_test_address(in), size, svsm_test_address(out), room};
    return svsm_test_call("psp", OP_REPORT, args);
}

/* None of them reaches the firmware but the one that only lacks room. */
static void test_bad_report_requests(void **state)
{
    static uint8_t in[128];
    struct psp_report_req r = {.vmpl = 4};
    (void)state;
    assert_int_equal(report_raw(in, 0, 4000), SVSM_ERR_INVALID_FORMAT);
    assert_int_equal(report_raw(in, 95, 4000), SVSM_ERR_INVALID_FORMAT);
    assert_int_equal(report_raw(in, 97, 4000), SVSM_ERR_INVALID_PARAMETER);
    assert_int_equal(report_raw(in, 96, 4001), SVSM_ERR_INVALID_PARAMETER);
    assert_int_equal(report_raw(&r, sizeof(r), 4000), SVSM_ERR_INVALID_PARAMETER);
    r = (struct psp_report_req){.key_sel = 3};
    assert_int_equal(report_raw(&r, sizeof(r), 4000), SVSM_ERR_INVALID_PARAMETER);
    r = (struct psp_report_req){.reserved_048 = {[23] = 1}};
    assert_int_equal(report_raw(&r, sizeof(r), 4000), SVSM_ERR_INVALID_PARAMETER);
    assert_int_equal(sent, 0);
    r = (struct psp_report_req){.vmpl = 0};
    assert_int_equal(report_raw(&r, sizeof(r), 1183), SVSM_ERR_INVALID_PARAMETER);
    assert_int_equal(report_raw(&r, sizeof(r), 1184), SVSM_SUCCESS);
}

/* The firmware says no: the caller learns why, and the next one is served. */
static void test_firmware_refuses(void **state)
{
    struct psp_report_req r = {.key_sel = PSP_KEY_SEL_VLEK}; /* this machine has none */
    (void)state;
    assert_int_equal(report_raw(&r, sizeof(r), 4000),
                     SVSM_ERR_PROTOCOL_BASE + PSP_STATUS_INVALID_KEY);
    assert_int_equal(get_report(0), SVSM_SUCCESS);
}

static uint32_t get_key(const struct psp_key_req *request, uint8_t out[32])
{
    uint64_t args[SVSM_ARGS] = {svsm_test_address(request), sizeof(*request),
                                svsm_test_address(out), 32};
    return svsm_test_call("psp", OP_KEY, args);
}

static void test_key(void **state)
{
    static uint8_t a[32], b[32];
    static const uint8_t zero[32];
    struct psp_key_req r = {.guest_field_select = PSP_KEY_FIELD_MEASUREMENT};
    (void)state;
    assert_int_equal(get_key(&r, a), SVSM_SUCCESS);
    assert_memory_not_equal(a, zero, 32);
    assert_int_equal(get_key(&r, b), SVSM_SUCCESS);
    assert_memory_equal(a, b, 32);
    r.vmpl = 1;
    assert_int_equal(get_key(&r, b), SVSM_SUCCESS);
    assert_memory_not_equal(a, b, 32);
    r.vmpl = 4;
    assert_int_equal(get_key(&r, b), SVSM_ERR_INVALID_PARAMETER);
    r = (struct psp_key_req){.guest_svn = 99, .guest_field_select = PSP_KEY_FIELD_GUEST_SVN};
    assert_int_equal(get_key(&r, b), SVSM_ERR_PROTOCOL_BASE + PSP_STATUS_INVALID_PARAM);
}

static uint32_t get_tsc(struct psp_tsc_info_rsp *out, uint64_t room)
{
    uint64_t args[SVSM_ARGS] = {0, 0, svsm_test_address(out), room};
    return svsm_test_call("psp", OP_TSC_INFO, args);
}

static void test_tsc_info(void **state)
{
    static struct psp_tsc_info_rsp out;
    (void)state;
    machine(true);
    assert_int_equal(sent, 1); /* at its start, before anybody asks */
    assert_int_equal(svsm_test_tsc().scale, UINT64_C(1) << 32);
    assert_int_equal(svsm_test_tsc().offset, 12345);
    assert_int_equal(svsm_test_tsc().factor, 20);
    assert_int_equal(get_tsc(&out, sizeof(out)), SVSM_SUCCESS);
    assert_int_equal(out.guest_tsc_offset, 12345);
    assert_int_equal(get_tsc(&out, sizeof(out) - 1), SVSM_ERR_INVALID_PARAMETER);
    assert_int_equal(sent, 1);
    machine(false); /* never asked without Secure TSC */
    assert_int_equal(sent, 0);
    assert_int_equal(get_tsc(&out, sizeof(out)), SVSM_ERR_UNSUPPORTED_CALL);
    assert_int_equal(svsm_test_tsc().scale, 0);
}

static void test_no_psp(void **state)
{
    static const uint8_t key[32];
    (void)state;
    svsm_test_psp(NULL, key, false);
    svsm_test_start((const struct svsm_host_task *[]){&svsm_host_psp, NULL});
    assert_int_equal(svsm_test_logged("no PSP"), 1);
    assert_int_equal(get_report(0), SVSM_ERR_UNSUPPORTED_CALL);
    assert_int_equal(svsm_test_status("psp").crashes, 0);
}

/* exchange() sees to it that the bytes are the same. */
static void test_busy_host(void **state)
{
    (void)state;
    busy = 99;
    assert_int_equal(get_report(1), SVSM_SUCCESS);
    assert_int_equal(report.vmpl, 1);
    assert_int_equal(sent, 100);
    busy = 100; /* longer than anybody waits */
    assert_int_equal(get_report(2), SVSM_ERR_BUSY);
    busy = 3;
    assert_int_equal(get_report(3), SVSM_SUCCESS); /* the older one first */
    assert_int_equal(report.vmpl, 3);
    assert_int_equal(sent, 205);
    assert_int_equal(svsm_test_status("psp").crashes, 0);
}

static void expect_the_end(void)
{
    unsigned before = sent;
    forge = NULL;
    failing = busy = 0;
    assert_int_equal(get_report(0), SVSM_ERR_INVALID_REQUEST);
    assert_int_equal(get_report(0), SVSM_ERR_INVALID_REQUEST);
    assert_int_equal(sent, before); /* and nothing more leaves it */
    assert_int_equal(svsm_test_status("psp").crashes, 0);
    assert_int_equal(svsm_test_logged("no more messages to the PSP"), 1);
}

static void test_host_fails(void **state)
{
    (void)state;
    failing = 1;
    assert_int_equal(get_report(0), SVSM_ERR_INVALID_REQUEST);
    expect_the_end();
}

static size_t flip_at;

static void flip(struct psp_msg *answer)
{
    ((uint8_t *)answer)[flip_at] ^= 0x10;
}

/* Tag, number, each byte that the tag covers, first and last byte of the text. */
static void test_forged_answers(void **state)
{
    const size_t last = sizeof(struct psp_msg_header) + sizeof(struct psp_report_rsp) - 1;
    (void)state;
    for (flip_at = 0; flip_at <= last; flip_at++) {
        if ((flip_at >= 16 && flip_at < 0x20) || (flip_at >= 0x28 && flip_at < 0x30) ||
            (flip_at > 0x70 && flip_at < last)) {
            continue; /* reserved, or more of the same */
        }
        machine(false);
        forge = flip;
        assert_int_equal(get_report(0), SVSM_ERR_INVALID_REQUEST);
        assert_int_equal(report_size, 0);
        expect_the_end();
    }
}

static void replay(struct psp_msg *answer)
{
    *answer = last_answer;
}

static void shorten(struct psp_msg *answer)
{
    answer->header.msg_size -= 16;
}

static void zero(struct psp_msg *answer)
{
    memset(answer, 0, sizeof(*answer));
}

static void test_other_lies(void **state)
{
    static void (*const lies[])(struct psp_msg *) = {replay, shorten, zero};
    (void)state;
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        machine(false);
        assert_int_equal(get_report(0), SVSM_SUCCESS);
        forge = lies[i];
        assert_int_equal(get_report(0), SVSM_ERR_INVALID_REQUEST);
        expect_the_end();
    }
}

/* A crash at any system call, also with a message under way: rolled back, repeated, and the
 * firmware (in exchange()) finds no number used twice. */
static void test_crashes(void **state)
{
    unsigned survived = 0;
    (void)state;
    for (unsigned busy_first = 0; busy_first < 3; busy_first++) {
        for (unsigned n = 1; n <= 8; n++) {
            machine(false);
            busy = busy_first;
            svsm_test_kill_at("psp", n);
            assert_int_equal(get_report(2), SVSM_SUCCESS);
            assert_int_equal(report.vmpl, 2);
            svsm_test_kill_at("psp", 0);
            assert_int_equal(get_report(1), SVSM_SUCCESS);
            assert_int_equal(report.vmpl, 1);
            survived += svsm_test_status("psp").crashes != 0 ? 1 : 0;
        }
    }
    assert_true(survived >= 3 * 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_report, start),
        cmocka_unit_test_setup(test_bad_report_requests, start),
        cmocka_unit_test_setup(test_firmware_refuses, start),
        cmocka_unit_test_setup(test_key, start),
        cmocka_unit_test_setup(test_tsc_info, start),
        cmocka_unit_test_setup(test_no_psp, start),
        cmocka_unit_test_setup(test_busy_host, start),
        cmocka_unit_test_setup(test_host_fails, start),
        cmocka_unit_test_setup(test_forged_answers, start),
        cmocka_unit_test_setup(test_other_lies, start),
        cmocka_unit_test_setup(test_crashes, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
