/* SPDX-License-Identifier: MIT */
/*
 * Guest messages: the sheet's vectors to the bit, every header field, numbers, tags, IVs. What may
 * not go through must leave the counter where it was, so each refusal is followed by an exchange
 * that has to work.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "psp_guest.h"
#include "psp_internal.h"

static struct guest guest;
static const struct psp_report_req report_request = {.report_data = {1, 2, 3}};
static uint8_t answer[PSP_PAYLOAD_MAX];

static int setup(void **unused)
{
    struct psp_options options;

    (void)unused;
    psp_options_init(&options, PSP_MILAN);
    options.policy = PSP_POLICY_SMT | PSP_POLICY_ONE;
    guest = guest_launch(&options);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    guest_end(&guest);
    return 0;
}

static struct psp_msg report_message(unsigned key)
{
    return guest_message(&guest, key, PSP_MSG_REPORT_REQ, &report_request, sizeof(report_request));
}

/* The request is refused with this status, nothing comes back, and the next good one is taken. */
static void expect_refusal(const struct psp_msg *msg, uint32_t status, bool stop)
{
    static const struct psp_msg zero;
    struct psp_msg response;
    struct psp_result result = psp_request(guest.psp, msg, &response);

    assert_int_equal(result.status, status);
    assert_int_equal(result.stop, stop);
    assert_non_null(result.why);
    assert_memory_equal(&response, &zero, sizeof(zero));
}

static void expect_alive(unsigned key)
{
    assert_int_not_equal(guest_exchange(&guest, key, PSP_MSG_REPORT_REQ, &report_request,
                                        sizeof(report_request), answer),
                         0);
}

static void from_hex(const char *hex, uint8_t *out)
{
    for (; *hex != 0; hex += 2) {
        unsigned high = (unsigned)(hex[0] <= '9' ? hex[0] - '0' : hex[0] - 'a' + 10);
        unsigned low = (unsigned)(hex[1] <= '9' ? hex[1] - '0' : hex[1] - 'a' + 10);
        *out++ = (uint8_t)(high << 4 | low);
    }
}

/* An independent program's request, and its answer to it when the key is missing. */
static void test_vector(void **unused)
{
    static const char header[] = "0f354f26b13f7433d3674d8eebcaf84700000000000000000000000000000000"
                                 "0100000000000000000000000000000001016000050160000000000000000000"
                                 "0000000000000000000000000000000000000000000000000000000000000000";
    static const char text[] = "e22d803ca0aaea00420d0fc830cc86c4dc70dd3d68bd7d05560647e5013b996f"
                               "ccddd2ea048788e8f0f437f862242ea7c0e4fcb7d1456ca0bbb1da492b891678"
                               "bcafa49213c0f2445044cd48be94fd5eb5f3e8b761e80896f353185b4abd740d";
    static const char response_text[] =
        "c16eeb60faa568bdadbd6e148c86f702510c68c0d6fb80134a76183a68817913";
    static const char response_tag[] = "87e16860fdf189db318946387006c0b4";
    struct psp_msg msg = {0}, response;
    uint8_t want[32];

    (void)unused;
    from_hex(header, (uint8_t *)&msg.header);
    from_hex(text, msg.payload);
    for (unsigned i = 0; i < 32; i++) {
        guest.psp->channels[0].key[i] = (uint8_t)i;
    }
    guest.psp->options.vcek_disabled = true;
    assert_int_equal(psp_request(guest.psp, &msg, &response).status, PSP_STATUS_SUCCESS);
    assert_int_equal(response.header.msg_seqno, 2);
    assert_int_equal(response.header.msg_type, PSP_MSG_REPORT_RSP);
    assert_int_equal(response.header.msg_size, 32);
    from_hex(response_text, want);
    assert_memory_equal(response.payload, want, 32);
    from_hex(response_tag, want);
    assert_memory_equal(response.header.authtag, want, 16);
}

/* Every byte of the header that has one right value, with the tag made right again. */
static void test_header_fields(void **unused)
{
    static const struct {
        size_t offset, size;
        uint8_t value;
        uint32_t status;
    } wrong[] = {
        {0x10, 16, 1, PSP_STATUS_INVALID_PARAM},   /* behind the tag */
        {0x28, 8, 0x80, PSP_STATUS_INVALID_PARAM}, /* reserved */
        {0x30, 1, 0, PSP_STATUS_INVALID_PARAM},    /* algorithm */
        {0x30, 1, 2, PSP_STATUS_INVALID_PARAM},
        {0x31, 1, 0, PSP_STATUS_INVALID_PARAM}, /* header's version */
        {0x31, 1, 2, PSP_STATUS_INVALID_PARAM},
        {0x32, 1, 0x61, PSP_STATUS_INVALID_PARAM}, /* header's size */
        {0x33, 1, 1, PSP_STATUS_INVALID_PARAM},
        {0x35, 1, 0, PSP_STATUS_INVALID_PARAM}, /* message's version */
        {0x35, 1, 2, PSP_STATUS_INVALID_PARAM},
        {0x36, 1, 0x5f, PSP_STATUS_INVALID_PARAM}, /* message's size */
        {0x36, 1, 0x00, PSP_STATUS_INVALID_PARAM},
        {0x37, 1, 0x01, PSP_STATUS_INVALID_PARAM},
        {0x37, 1, 0xff, PSP_STATUS_INVALID_PARAM},
        {0x38, 4, 1, PSP_STATUS_INVALID_PARAM}, /* reserved */
        {0x3c, 1, 4, PSP_STATUS_INVALID_PARAM}, /* key */
        {0x3c, 1, 0xff, PSP_STATUS_INVALID_PARAM},
        {0x3d, 35, 0x10, PSP_STATUS_INVALID_PARAM}, /* reserved */
    };

    (void)unused;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        for (size_t at = 0; at < wrong[i].size; at++) {
            static uint8_t payload[PSP_PAYLOAD_MAX];
            struct psp_msg msg = report_message(1);
            ((uint8_t *)&msg)[wrong[i].offset + at] = wrong[i].value;
            guest_seal(&guest, &msg, 1, payload);
            expect_refusal(&msg, wrong[i].status, false);
            guest.psp->channels[1].history_next = 0; /* the message was authentic: forget it */
            memset(guest.psp->channels[1].history, 0, sizeof(guest.psp->channels[1].history));
        }
    }
    expect_alive(1);
}

/* All types: four are requests, the migration agent's are unsupported, the rest is nothing. */
static void test_types(void **unused)
{
    static uint8_t payload[PSP_PAYLOAD_MAX];
    unsigned taken = 0;

    (void)unused;
    for (unsigned type = 0; type < 256; type++) {
        struct psp_msg response;
        struct psp_msg msg = guest_message(&guest, 2, (uint8_t)type, payload, 1);
        uint32_t status = psp_request(guest.psp, &msg, &response).status;
        bool migration = type >= 7 && type <= 0x10;
        assert_int_equal(status, migration ? PSP_STATUS_UNSUPPORTED : PSP_STATUS_INVALID_PARAM);
        guest.seqno[2]++; /* another number, so that no IV is used twice */
        msg = guest_message(&guest, 3, (uint8_t)type, payload, 0);
        taken += psp_request(guest.psp, &msg, &response).status == PSP_STATUS_SUCCESS;
        guest.seqno[3]++;
    }
    assert_int_equal(taken, 0);
}

static void test_numbers(void **unused)
{
    static const uint64_t wrong[] = {0, 3, 8, UINT32_MAX, UINT64_C(1) << 32, UINT64_MAX};

    (void)unused;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct psp_msg msg = report_message(0);
        msg.header.msg_seqno = wrong[i];
        guest_seal(&guest, &msg, 0, &report_request);
        expect_refusal(&msg, PSP_STATUS_INVALID_PARAM, false);
    }
    expect_alive(0);
    assert_int_equal(guest.psp->channels[0].seqno, 2);
    assert_int_equal(guest.psp->channels[1].seqno, 0);
    expect_alive(1);
    expect_alive(0);
    assert_int_equal(guest.psp->channels[0].seqno, 4);
}

/* Counters have 64 bits, whatever a guest keeps; the last pair of numbers is the end. */
static void test_number_overflow(void **unused)
{
    (void)unused;
    guest.psp->channels[0].seqno = guest.seqno[0] = UINT32_MAX - 1;
    expect_alive(0);
    expect_alive(0);
    guest.psp->channels[0].seqno = guest.seqno[0] = UINT64_MAX - 3;
    expect_alive(0);
    struct psp_msg msg = report_message(0);
    expect_refusal(&msg, PSP_STATUS_AEAD_OFLOW, false);
}

/* Any bit of tag, authenticated header or text. */
static void test_tag(void **unused)
{
    (void)unused;
    for (size_t at = 0; at < 0x60 + sizeof(report_request); at++) {
        struct psp_msg msg = report_message(0), response;
        if (at >= 0x10 && at < 0x30) {
            continue; /* neither tag nor authenticated: test_header_fields() */
        }
        ((uint8_t *)&msg)[at] ^= (uint8_t)(1u << at % 8);
        struct psp_result result = psp_request(guest.psp, &msg, &response);
        bool header = at >= 0x30 && at < 0x60;
        assert_false(result.stop);
        if (header) {
            assert_int_not_equal(result.status, PSP_STATUS_SUCCESS);
        } else {
            assert_int_equal(result.status, PSP_STATUS_BAD_MEASUREMENT);
        }
    }
    expect_alive(0);
}

/* The key is the proof of the VMPL: another key under this index is no proof. */
static void test_other_key(void **unused)
{
    (void)unused;
    for (unsigned key = 0; key < GUEST_KEYS; key++) {
        for (unsigned other = 0; other < GUEST_KEYS; other++) {
            struct psp_msg msg = report_message(key);
            guest_seal(&guest, &msg, other, &report_request);
            if (other != key) {
                expect_refusal(&msg, PSP_STATUS_BAD_MEASUREMENT, false);
            }
        }
    }
}

static void test_iv_reuse_after_answer(void **unused)
{
    const struct psp_report_req other = {.report_data = {9}};
    struct psp_msg replay = report_message(0);
    struct psp_msg reuse = guest_message(&guest, 0, PSP_MSG_REPORT_REQ, &other, sizeof(other));

    (void)unused;
    expect_alive(0);
    expect_refusal(&replay, PSP_STATUS_INVALID_PARAM, false); /* the host may send it again */
    expect_refusal(&reuse, PSP_STATUS_INVALID_PARAM, true);
    expect_alive(0);
}

/* A refused message was sealed too: its number is used up for any other text. */
static void test_iv_reuse_after_refusal(void **unused)
{
    struct psp_msg msg = guest_message(&guest, 0, 0xee, "x", 1);

    (void)unused;
    expect_refusal(&msg, PSP_STATUS_INVALID_PARAM, false);
    expect_refusal(&msg, PSP_STATUS_INVALID_PARAM, false);
    msg = report_message(0);
    expect_refusal(&msg, PSP_STATUS_INVALID_PARAM, true);
}

/* The firmware's own numbers belong to its answers. */
static void test_iv_of_answer(void **unused)
{
    struct psp_msg msg;

    (void)unused;
    expect_alive(3);
    msg = report_message(3);
    msg.header.msg_seqno = 2;
    guest_seal(&guest, &msg, 3, &report_request);
    expect_refusal(&msg, PSP_STATUS_INVALID_PARAM, true);

    msg = report_message(2); /* the same, before the answer exists */
    msg.header.msg_seqno = 2;
    guest_seal(&guest, &msg, 2, &report_request);
    expect_refusal(&msg, PSP_STATUS_INVALID_PARAM, false);
    msg = report_message(2);
    expect_refusal(&msg, PSP_STATUS_INVALID_PARAM, true);
}

/* A host that damages a page must not make a good guest look guilty. */
static void test_no_blame_for_the_host(void **unused)
{
    struct psp_msg good = report_message(0), bad;

    (void)unused;
    expect_alive(0);
    for (size_t at = 0; at < 0x60 + sizeof(report_request); at++) {
        if (at >= 0x20 && at < 0x28) {
            continue; /* another number: test_numbers() */
        }
        bad = good;
        ((uint8_t *)&bad)[at] ^= 0x40;
        struct psp_msg response;
        struct psp_result result = psp_request(guest.psp, &bad, &response);
        assert_int_not_equal(result.status, PSP_STATUS_SUCCESS);
        assert_false(result.stop);
    }
}

/* Response over request, as a host with one page may have it. */
static void test_in_place(void **unused)
{
    struct psp_msg msg = report_message(0);

    (void)unused;
    assert_int_equal(psp_request(guest.psp, &msg, &msg).status, PSP_STATUS_SUCCESS);
    assert_true(guest_open(&guest, &msg, 0, answer));
    assert_int_equal(msg.header.msg_type, PSP_MSG_REPORT_RSP);
}

/* More exchanges than the history holds; what has left it is not held against the guest. */
static void test_long_history(void **unused)
{
    const struct psp_report_req other = {.report_data = {9}};
    struct psp_msg first = guest_message(&guest, 0, PSP_MSG_REPORT_REQ, &other, sizeof(other));

    (void)unused;
    for (unsigned i = 0; i < PSP_IV_HISTORY; i++) {
        struct psp_tsc_info_req tsc = {0};
        assert_int_equal(guest_exchange(&guest, 0, PSP_MSG_TSC_INFO_REQ, &tsc, sizeof(tsc), answer),
                         128);
    }
    expect_refusal(&first, PSP_STATUS_INVALID_PARAM, true); /* the history just holds it */
    expect_alive(0);
    expect_refusal(&first, PSP_STATUS_INVALID_PARAM, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_vector, setup, teardown),
        cmocka_unit_test_setup_teardown(test_header_fields, setup, teardown),
        cmocka_unit_test_setup_teardown(test_types, setup, teardown),
        cmocka_unit_test_setup_teardown(test_numbers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_number_overflow, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tag, setup, teardown),
        cmocka_unit_test_setup_teardown(test_other_key, setup, teardown),
        cmocka_unit_test_setup_teardown(test_iv_reuse_after_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_iv_reuse_after_refusal, setup, teardown),
        cmocka_unit_test_setup_teardown(test_iv_of_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_blame_for_the_host, setup, teardown),
        cmocka_unit_test_setup_teardown(test_in_place, setup, teardown),
        cmocka_unit_test_setup_teardown(test_long_history, setup, teardown),
    };

    return cmocka_run_group_tests_name("psp-messages", tests, NULL, NULL);
}
