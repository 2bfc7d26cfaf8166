/* SPDX-License-Identifier: MIT */
/*
 * The channel to the PSP: its rules (psp_channel.c) and SVSM_SYS_SNP_REQUEST over the fake
 * platform, whose PSP the test plays.
 */
#include "fixture.h"

#include <fake.h>
#include <fake_message.h>
#include <snp/psp_channel.h>
#include <svsm/abi/result.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define PLATFORM 3 /* the client's handle */
#define REQUEST SVSM_HEAP_VA
#define ANSWER (SVSM_HEAP_VA + 4096)
#define STATE (SVSM_HEAP_VA + 2 * 4096)

static struct psp_msg message(uint64_t number, uint8_t type, char text)
{
    struct psp_msg m = fake_message(number, type);
    m.payload[0] = (uint8_t)text;
    return m;
}

/* The channel alone. */

static void test_exchange_after_exchange(void **state)
{
    struct psp_channel c = {0};
    (void)state;
    for (uint64_t n = 1; n < 100; n += 2) {
        struct psp_msg request = message(n, PSP_MSG_REPORT_REQ, 'a');
        struct psp_msg answer = message(n + 1, PSP_MSG_REPORT_RSP, 'b');
        assert_int_equal(psp_channel_next(&c), n);
        assert_int_equal(psp_channel_send(&c, &request), PSP_CHANNEL_SEND);
        assert_int_equal(psp_channel_next(&c), n);
        assert_true(psp_channel_accept(&c, &answer));
    }
}

static void test_only_the_same_bytes_again(void **state)
{
    struct psp_channel c = {0};
    struct psp_msg request = message(1, PSP_MSG_REPORT_REQ, 'a');
    struct psp_msg answer = message(2, PSP_MSG_REPORT_RSP, 'b');
    (void)state;
    assert_int_equal(psp_channel_send(&c, &request), PSP_CHANNEL_SEND);
    for (size_t i = 0; i < sizeof(request); i++) { /* any bit of any byte, the unused ones too */
        struct psp_msg other = request;
        ((uint8_t *)&other)[i] ^= (uint8_t)(1u << i % 8);
        assert_int_equal(psp_channel_send(&c, &other), PSP_CHANNEL_OTHER);
    }
    assert_int_equal(psp_channel_send(&c, &request), PSP_CHANNEL_SEND);
    assert_true(psp_channel_accept(&c, &answer));
    assert_int_equal(psp_channel_send(&c, &request), PSP_CHANNEL_MALFORMED); /* its time is over */
}

static void test_malformed_requests(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        struct psp_channel c = {.number = 6};
        struct psp_msg m = message(7, PSP_MSG_KEY_REQ, 'a');
        struct psp_msg_header *h = &m.header;
        h->msg_seqno += i == 0 ? 2 : i == 1 ? UINT64_MAX : 0;
        h->msg_seqno = i == 2 ? 0 : h->msg_seqno;
        h->algo += i == 3;
        h->hdr_version += i == 4;
        h->hdr_size += i == 5;
        h->msg_vmpck += i == 6;
        h->msg_size = i == 7 ? PSP_PAYLOAD_MAX + 1 : h->msg_size;
        assert_int_equal(psp_channel_send(&c, &m), PSP_CHANNEL_MALFORMED);
        assert_int_equal(c.phase, PSP_CHANNEL_IDLE);
        assert_int_equal(psp_channel_next(&c), 7);
    }
}

static void test_doubtful_answers_end_the_channel(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 12; i++) {
        struct psp_channel c = {.number = 6};
        struct psp_msg request = message(7, PSP_MSG_KEY_REQ, 'a');
        struct psp_msg m = message(8, PSP_MSG_KEY_RSP, 'b');
        struct psp_msg_header *h = &m.header;
        assert_int_equal(psp_channel_send(&c, &request), PSP_CHANNEL_SEND);
        h->msg_seqno += i == 0 ? 2 : i == 1 ? UINT64_MAX : 0;
        h->msg_seqno = i == 2 ? 0 : i == 3 ? 6 : h->msg_seqno; /* 6: the last answer, replayed */
        h->algo += i == 4;
        h->hdr_version += i == 5;
        h->hdr_size += i == 6;
        h->msg_vmpck += i == 7;
        h->msg_size = i == 8 ? PSP_PAYLOAD_MAX + 1 : h->msg_size;
        h->msg_type = i == 9 ? PSP_MSG_KEY_REQ : i == 10 ? PSP_MSG_REPORT_RSP : h->msg_type;
        h->msg_version += i == 11;
        assert_false(psp_channel_accept(&c, &m));
        assert_int_equal(psp_channel_next(&c), 0);
        assert_int_equal(psp_channel_send(&c, &request), PSP_CHANNEL_ENDED);
        m = message(8, PSP_MSG_KEY_RSP, 'b');
        assert_false(psp_channel_accept(&c, &m)); /* the good one comes too late */
    }
    struct psp_channel idle = {.number = 6};
    struct psp_msg unasked = message(8, PSP_MSG_KEY_RSP, 'b');
    assert_false(psp_channel_accept(&idle, &unasked));
    assert_int_equal(psp_channel_next(&idle), 0);
}

static void test_numbers_end(void **state)
{
    struct psp_channel c = {.number = UINT64_MAX - 3};
    (void)state;
    struct psp_msg m = message(UINT64_MAX - 2, PSP_MSG_KEY_REQ, 'a');
    struct psp_msg a = message(UINT64_MAX - 1, PSP_MSG_KEY_RSP, 'a');
    assert_int_equal(psp_channel_send(&c, &m), PSP_CHANNEL_SEND);
    assert_true(psp_channel_accept(&c, &a));
    assert_int_equal(psp_channel_next(&c), 0);
    m = message(UINT64_MAX, PSP_MSG_KEY_REQ, 'a');
    assert_int_equal(psp_channel_send(&c, &m), PSP_CHANNEL_MALFORMED);
}

/* The system call. */

static unsigned sent, busy_until;
static char lie; /* 0: a good answer; 'f': failed; 's': an old number */
static struct psp_msg last_sent;

static unsigned psp(const void *request, void *answer)
{
    sent++;
    memcpy(&last_sent, request, sizeof(last_sent));
    if (sent <= busy_until) {
        return 1;
    }
    const struct psp_msg_header *h = &last_sent.header;
    struct psp_msg a = message(h->msg_seqno + (lie == 's' ? 0 : 1), h->msg_type + 1, 'r');
    memcpy(answer, &a, sizeof(a));
    return lie == 'f' ? 2 : 0;
}

static uint64_t ask(uint64_t what, uint64_t rdx, uint64_t r10)
{
    return fake_syscall(SVSM_SYS_SNP_REQUEST, PLATFORM, what, rdx, r10, 0, 0).rax;
}

static struct svsm_snp_state channel_state(void)
{
    struct svsm_snp_state s;
    assert_int_equal(ask(SVSM_SNP_STATE, STATE, 0), 0);
    memcpy(&s, client_memory(2 * 4096), sizeof(s));
    return s;
}

static uint64_t send(uint64_t number, char text)
{
    struct psp_msg m = message(number, PSP_MSG_REPORT_REQ, text);
    memcpy(client_memory(0), &m, sizeof(m));
    return ask(SVSM_SNP_SEND, REQUEST, ANSWER);
}

static bool ran;

static void run(void (*body)(const struct fake_upcall *up), fake_psp_exchange *exchange)
{
    begin(SVSM_POLICY_ROLLBACK);
    setup[CLIENT].policy = SVSM_POLICY_ROLLBACK;
    setup[CLIENT].handles[PLATFORM] = (struct svsm_image_handle)FAKE_PLATFORM;
    setup[CLIENT].handle_count = PLATFORM + 1;
    client_body = body;
    fake_psp.exchange = exchange;
    memset(fake_psp.key, 0x42, sizeof(fake_psp.key));
    sent = busy_until = 0;
    lie = 0;
    ran = false;
    go();
    assert_null(fake_stopped());
    fake_psp.exchange = NULL;
}

static void body_key(const struct fake_upcall *up)
{
    (void)up;
    assert_int_equal(channel_state().flags, SVSM_SNP_PRESENT);
    assert_int_equal(ask(SVSM_SNP_KEY, REQUEST, 0), 0);
    assert_int_equal(client_memory(31)[0], 0x42);
    *client_memory(0) = 0;
    assert_int_equal(ask(SVSM_SNP_KEY, REQUEST, 0), SVSM_ERR_INVALID_REQUEST);
    assert_int_equal(*client_memory(0), 0);
    ran = true;
}

static void test_key_is_given_once(void **state)
{
    (void)state;
    run(body_key, psp);
    assert_true(ran);
}

static void body_exchange(const struct fake_upcall *up)
{
    (void)up;
    assert_int_equal(send(1, 'a'), 0);
    assert_int_equal(client_memory(4096 + 0x60)[0], 'r');
    assert_int_equal(send(3, 'b'), 0);
    busy_until = 4; /* the next two attempts */
    assert_int_equal(send(5, 'c'), SVSM_ERR_BUSY);
    assert_int_equal(channel_state().flags, SVSM_SNP_PRESENT | SVSM_SNP_PENDING);
    assert_int_equal(send(5, 'd'), SVSM_ERR_INCOMPLETE);
    assert_int_equal(sent, 3);
    assert_int_equal(ask(SVSM_SNP_RESEND, 0, ANSWER), SVSM_ERR_BUSY);
    assert_int_equal(send(5, 'c'), 0);
    assert_int_equal(sent, 5);
    assert_int_equal(last_sent.payload[0], 'c');
    assert_int_equal(ask(SVSM_SNP_RESEND, 0, ANSWER), SVSM_ERR_INVALID_REQUEST); /* none pending */
    assert_int_equal(channel_state().next, 7);
    ran = true;
}

static void test_exchange(void **state)
{
    (void)state;
    run(body_exchange, psp);
    assert_true(ran);
}

/* Crashes with a request pending: what was rolled back forgets it, ring 0 does not. */
static void body_crash(const struct fake_upcall *up)
{
    bool replay = SVSM_INFO_REPLAY(up->info) != 0;
    busy_until = 1;
    if (!replay) {
        assert_int_equal(send(1, 'a'), SVSM_ERR_BUSY);
        fake_exception(14, 0);
    }
    assert_int_equal(channel_state().next, 1);
    assert_int_equal(send(1, 'b'), SVSM_ERR_INCOMPLETE);
    assert_int_equal(ask(SVSM_SNP_RESEND, 0, ANSWER), 0);
    assert_int_equal(last_sent.payload[0], 'a');
    ran = true;
}

static void test_rollback_does_not_roll_the_number_back(void **state)
{
    (void)state;
    run(body_crash, psp);
    assert_true(ran);
    assert_int_equal(crashes(CLIENT), 1);
}

static char lie_next;

static void body_lie(const struct fake_upcall *up)
{
    (void)up;
    lie = lie_next;
    *client_memory(4096) = 0x77;
    assert_int_equal(send(1, 'a'), SVSM_ERR_INVALID_REQUEST);
    assert_int_equal(*client_memory(4096), 0x77); /* nothing of it is shown */
    assert_int_equal(channel_state().next, 0);
    lie = 0;
    assert_int_equal(send(1, 'a'), SVSM_ERR_INVALID_REQUEST);
    assert_int_equal(ask(SVSM_SNP_RESEND, 0, ANSWER), SVSM_ERR_INVALID_REQUEST);
    assert_int_equal(sent, 1);
    ran = true;
}

static void test_lies_end_the_channel(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        lie_next = i == 0 ? 'f' : 's';
        run(body_lie, psp);
        assert_true(ran);
    }
}

/* What does not fit is refused and changes nothing; the first that fits is the only one. */
static void body_end(const struct fake_upcall *up)
{
    static const struct svsm_snp_tsc tsc[] = {
        {0, 2, 3, 0},          {1, 2, 50001, 0}, {1, 2, 100000, 0},
        {1, 2, UINT32_MAX, 0}, {1, 2, 50000, 0}, {4, 5, 6, 0},
    };
    (void)up;
    memcpy(client_memory(0), &tsc[4], sizeof(tsc[4]));
    fake_psp.secure_tsc = false;
    assert_int_equal(ask(SVSM_SNP_TSC, REQUEST, 0), SVSM_ERR_INVALID_REQUEST);
    fake_psp.secure_tsc = true;
    for (size_t i = 0; i < sizeof(tsc) / sizeof(tsc[0]); i++) {
        memcpy(client_memory(0), &tsc[i], sizeof(tsc[i]));
        assert_int_equal(ask(SVSM_SNP_TSC, REQUEST, 0), i == 4 ? 0 : SVSM_ERR_INVALID_REQUEST);
        assert_int_equal(fake_psp.scale, i >= 4);
    }
    assert_int_equal(ask(SVSM_SNP_END, 0, 0), 0);
    assert_int_equal(send(1, 'a'), SVSM_ERR_INVALID_REQUEST);
    assert_int_equal(sent, 0);
    ran = true;
}

static void test_tsc_and_end(void **state)
{
    (void)state;
    run(body_end, psp);
    assert_true(ran);
    assert_int_equal(fake_psp.scale, 1);
    assert_int_equal(fake_psp.offset, 2);
    assert_int_equal(fake_psp.factor, 50000);
}

static void body_absent(const struct fake_upcall *up)
{
    (void)up;
    assert_int_equal(channel_state().flags, 0);
    assert_int_equal(ask(SVSM_SNP_KEY, REQUEST, 0), SVSM_ERR_INVALID_REQUEST);
    ran = true;
}

static void test_no_psp(void **state)
{
    (void)state;
    run(body_absent, NULL);
    assert_true(ran);
}

static uint64_t misuse[5];

static void body_misuse(const struct fake_upcall *up)
{
    struct psp_msg m = message(1, PSP_MSG_REPORT_REQ, 'a');
    (void)up;
    memcpy(client_memory(0), &m, sizeof(m));
    (void)fake_syscall(SVSM_SYS_SNP_REQUEST, misuse[0], misuse[1], misuse[2], misuse[3], 0, 0);
}

static void test_misuse(void **state)
{
    static const uint64_t cases[][5] = {
        {2, SVSM_SNP_STATE, STATE, 0, SVSM_FAULT_HANDLE}, /* a control handle */
        {9, SVSM_SNP_STATE, STATE, 0, SVSM_FAULT_HANDLE},
        {PLATFORM, SVSM_SNP_TSC + 1, REQUEST, 0, SVSM_FAULT_ARGUMENT},
        {PLATFORM, UINT64_MAX, REQUEST, 0, SVSM_FAULT_ARGUMENT},
        {PLATFORM, SVSM_SNP_STATE, SVSM_IMAGE_VA, 0, SVSM_FAULT_POINTER},
        {PLATFORM, SVSM_SNP_KEY, SVSM_HEAP_VA - 1, 0, SVSM_FAULT_POINTER},
        {PLATFORM, SVSM_SNP_TSC, SVSM_HEAP_VA - 1, 0, SVSM_FAULT_POINTER},
        {PLATFORM, SVSM_SNP_SEND, SVSM_HEAP_VA + 3 * 4096 + 1, ANSWER, SVSM_FAULT_POINTER},
        {PLATFORM, SVSM_SNP_SEND, REQUEST, SVSM_IMAGE_VA, SVSM_FAULT_POINTER},
        {PLATFORM, SVSM_SNP_SEND, REQUEST + 8, ANSWER, SVSM_FAULT_ARGUMENT}, /* no message */
        {PLATFORM, SVSM_SNP_RESEND, 0, SVSM_HEAP_VA - 1, SVSM_FAULT_POINTER},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memcpy(misuse, cases[i], sizeof(misuse));
        run(body_misuse, psp);
        assert_int_equal(cause(CLIENT), cases[i][4]);
        assert_int_equal(sent, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exchange_after_exchange),
        cmocka_unit_test(test_only_the_same_bytes_again),
        cmocka_unit_test(test_malformed_requests),
        cmocka_unit_test(test_doubtful_answers_end_the_channel),
        cmocka_unit_test(test_numbers_end),
        cmocka_unit_test(test_key_is_given_once),
        cmocka_unit_test(test_exchange),
        cmocka_unit_test(test_rollback_does_not_roll_the_number_back),
        cmocka_unit_test(test_lies_end_the_channel),
        cmocka_unit_test(test_tsc_and_end),
        cmocka_unit_test(test_no_psp),
        cmocka_unit_test(test_misuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
