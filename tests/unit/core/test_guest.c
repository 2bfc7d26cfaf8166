/* SPDX-License-Identifier: MIT */
/*
 * Calls of the guest to services: what the guest sees in its registers and its memory. The service
 * (protocol 2) has a null call, a partial window, a lease and a fixed window; the client (protocol
 * 7) lends what the guest lent it on to the service.
 */
#include "fixture.h"

#include <fake.h>
#include <svsm/abi/result.h>
#include <task/guest.h>
#include <task/guest_call.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define PROTOCOL 2
#define FORWARDER 7
#define AT_PAGE(n) (FAKE_GUEST_GPA + (n)*4096)
#define COUNTER (SVSM_IMAGE_VA + 0x10000 + 16) /* in the service's state */

static void (*forward_body)(const struct fake_upcall *up);

static uint8_t *guest(uint64_t gpa)
{
    return fake_guest_memory + (gpa - FAKE_GUEST_GPA);
}

static void guest_begin(uint32_t policy)
{
    begin(policy);
    setup[SERVICE].protocol = PROTOCOL;
    setup[SERVICE].operations[1] = (struct fake_operation){
        .buffer_count = 1,
        .buffers = {{SVSM_BUFFER_PARTIAL, SVSM_BUFFER_READ | SVSM_BUFFER_WRITE, 0, 1, 4096}}};
    setup[CLIENT].protocol = FORWARDER;
    setup[CLIENT].operation_count = 2;
    setup[CLIENT].operations[1] = (struct fake_operation){
        .buffer_count = 1,
        .buffers = {{SVSM_BUFFER_LEASE, SVSM_BUFFER_READ | SVSM_BUFFER_WRITE, 0, 1, 8192}}};
    client_body = forward_body;
    fake_boot(setup, 3, CLIENT, 0);
    for (uint32_t i = 0; i < 2; i++) {
        fake_run(i, LIMIT);
    }
}

/* One call of vCPU `vcpu`, run to its end; its answer. */
static const struct fake_guest_answer *guest_call(uint32_t vcpu, uint32_t protocol, uint32_t op,
                                                  uint64_t rcx, uint64_t rdx, uint64_t r8)
{
    const uint64_t args[SVSM_ARGS] = {rcx, rdx, r8, 0x99};
    unsigned before = fake_guest_answers[vcpu].count;
    fake_guest_call(vcpu, (uint64_t)protocol << 32 | op, args);
    fake_run(vcpu, LIMIT);
    assert_null(fake_stopped());
    assert_int_equal(fake_guest_answers[vcpu].count, before + 1);
    assert_true(core_guest_may_run(fake_cpu(vcpu)));
    return &fake_guest_answers[vcpu];
}

static void body_answer(const struct fake_upcall *up)
{
    (*service_memory(COUNTER))++;
    (void)fake_syscall(SVSM_SYS_RETURN, 0x1234, 0, up->args[0] + 1, up->args[1] + 1,
                       up->args[2] + 1, SVSM_GUEST_RCX | SVSM_GUEST_R8 | 0xf0);
}

static void test_null_call(void **state)
{
    (void)state;
    guest_begin(SVSM_POLICY_ROLLBACK);
    service_body = body_answer;
    const struct fake_guest_answer *a = guest_call(0, PROTOCOL, 0, 10, 20, UINT64_MAX);
    assert_int_equal(a->result, 0x1234);
    assert_int_equal(a->mask, SVSM_GUEST_RCX | SVSM_GUEST_R8);
    assert_int_equal(a->out[0], 11);
    assert_int_equal(a->out[2], 0);
    assert_int_equal(service_last.args[3], 0x99);
}

static void test_what_is_not_there(void **state)
{
    const struct {
        uint32_t protocol, op, result;
    } cases[] = {
        {0, 0, SVSM_ERR_UNSUPPORTED_PROTOCOL},
        {3, 0, SVSM_ERR_UNSUPPORTED_PROTOCOL},
        {SVSM_PROTOCOL_NONE, 0, SVSM_ERR_UNSUPPORTED_PROTOCOL}, /* the third task's endpoint */
        {PROTOCOL, 4, SVSM_ERR_UNSUPPORTED_CALL},
        {PROTOCOL, 16, SVSM_ERR_UNSUPPORTED_CALL},
        {PROTOCOL, UINT32_MAX, SVSM_ERR_UNSUPPORTED_CALL},
    };
    (void)state;
    guest_begin(SVSM_POLICY_ROLLBACK);
    service_body = body_answer;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct fake_guest_answer *a = guest_call(0, cases[i].protocol, cases[i].op, 1, 2, 3);
        assert_int_equal(a->result, cases[i].result);
        assert_int_equal(a->mask, 0);
    }
    assert_int_equal(service_runs, 0);
    assert_true(core_guest_protocol(PROTOCOL));
    assert_false(core_guest_protocol(3));
    assert_false(core_guest_protocol(SVSM_PROTOCOL_NONE));
}

/* Partial windows: page by page. */

static uint64_t window_size;
static uint64_t window_reply;

static void body_window(const struct fake_upcall *up)
{
    (*service_memory(COUNTER))++;
    window_size = up->args[1];
    uint8_t *in = service_memory(up->args[0]);
    uint8_t *out = service_memory(SVSM_REPLY_VA);
    for (uint64_t i = 0; i < window_reply; i++) {
        out[i] = (uint8_t)(in[i % window_size] ^ 0xff);
    }
    fake_return(SVSM_SUCCESS, window_reply, 0);
}

static void test_partial_window_ends_at_the_page_that_is_missing(void **state)
{
    const struct {
        uint64_t gpa, size;
        int gone;
        uint32_t result;
    } cases[] = {
        {AT_PAGE(1), 4096, -1, 0},
        {AT_PAGE(1) + 100, 4096, -1, 0},
        {AT_PAGE(1) + 100, 3996, 2, 0},
        {AT_PAGE(2) - 1, 1, 2, 0},
        {AT_PAGE(1), 4096, 2, 0},
        {AT_PAGE(FAKE_GUEST_PAGES) - 7, 7, -1, 0},
        {AT_PAGE(1) + 100, 0, 1, SVSM_ERR_INVALID_ADDRESS},
        {AT_PAGE(FAKE_GUEST_PAGES), 0, -1, SVSM_ERR_INVALID_ADDRESS},
        {FAKE_GUEST_GPA - 1, 0, -1, SVSM_ERR_INVALID_ADDRESS},
        {UINT64_MAX, 0, -1, SVSM_ERR_INVALID_ADDRESS},
        {UINT64_C(1) << 63 | 4, 0, -1, SVSM_ERR_INVALID_ADDRESS}, /* no lease of anybody's */
        {0, 0, -1, SVSM_ERR_INVALID_PARAMETER},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        guest_begin(SVSM_POLICY_ROLLBACK);
        service_body = body_window;
        window_reply = 5;
        window_size = 0;
        if (cases[i].gone >= 0) {
            fake_guest_take((uint32_t)cases[i].gone, 0);
        }
        bool short_one = cases[i].size < 5;
        window_reply = short_one ? cases[i].size : 5;
        const struct fake_guest_answer *a = guest_call(0, PROTOCOL, 1, cases[i].gpa, 77, 0);
        assert_int_equal(a->result, cases[i].result);
        assert_int_equal(a->mask, 0);
        assert_int_equal(window_size, cases[i].size);
        assert_int_equal(service_runs, cases[i].result == 0);
        if (cases[i].result == 0) {
            assert_int_equal(*guest(cases[i].gpa), 0xff);
        }
    }
}

/* The call has happened, its answer is lost, and no part of it was written. */
static void test_memory_that_vanishes_before_the_answer(void **state)
{
    (void)state;
    for (unsigned after = 2; after <= 5; after++) {
        guest_begin(SVSM_POLICY_ROLLBACK);
        service_body = body_window;
        window_reply = 200;
        /* Checks of both pages and the copy in are three accesses, then check and write. */
        fake_guest_take(2, after);
        const struct fake_guest_answer *a = guest_call(0, PROTOCOL, 1, AT_PAGE(2) - 100, 0, 0);
        assert_int_equal(a->result, after == 5 ? SVSM_SUCCESS : SVSM_ERR_INVALID_ADDRESS);
        assert_int_equal(*service_memory(COUNTER), after == 2 ? 0 : 1);
        assert_int_equal(*guest(AT_PAGE(2) - 100), after == 5 ? 0xff : 0);
        assert_int_equal(crashes(SERVICE), 0);
        /* The next call finds a service in order. */
        fake_guest_give(2);
        a = guest_call(0, PROTOCOL, 1, AT_PAGE(2) - 100, 0, 0);
        assert_int_equal(a->result, SVSM_SUCCESS);
        assert_int_equal(*service_memory(COUNTER), after == 2 ? 1 : 2);
    }
}

static void test_windows_with_a_length(void **state)
{
    (void)state;
    guest_begin(SVSM_POLICY_CLEAN);
    service_body = body_window;
    window_reply = 4096;
    *guest(AT_PAGE(3)) = 0x0f;
    const struct fake_guest_answer *a = guest_call(0, PROTOCOL, 3, AT_PAGE(3), 4096, 0);
    assert_int_equal(a->result, SVSM_SUCCESS);
    assert_int_equal(*guest(AT_PAGE(3)), 0xf0);
    a = guest_call(0, PROTOCOL, 3, AT_PAGE(FAKE_GUEST_PAGES - 1) + 1, 4096, 0);
    assert_int_equal(a->result, SVSM_ERR_INVALID_ADDRESS);
    a = guest_call(0, PROTOCOL, 2, AT_PAGE(3), 8193, 0);
    assert_int_equal(a->result, SVSM_ERR_INVALID_PARAMETER);
    a = guest_call(0, PROTOCOL, 2, 0, 1, 0);
    assert_int_equal(a->result, SVSM_ERR_INVALID_PARAMETER);
    assert_int_equal(service_runs, 1);
}

/* Leases of guest memory. */

static uint64_t lease_result;

static void body_lease(const struct fake_upcall *up)
{
    uint8_t *heap = service_memory(SVSM_HEAP_VA);
    (*service_memory(COUNTER))++;
    lease_result =
        fake_syscall(SVSM_SYS_LEASE_READ, up->args[0], 4000, SVSM_HEAP_VA, 200, 0, 0).rax;
    heap[0]++;
    (void)fake_syscall(SVSM_SYS_LEASE_WRITE, up->args[0], 0, SVSM_HEAP_VA, 1, 0, 0);
    (void)fake_syscall(SVSM_SYS_LEASE_WRITE, up->args[0], 8191, SVSM_HEAP_VA, 1, 0, 0);
    if (service_runs == 1 && window_reply == 1) {
        fake_exception(14, 0); /* queued, and undone */
    }
    fake_return((uint32_t)lease_result, 0, 0);
}

static void test_lease(void **state)
{
    (void)state;
    guest_begin(SVSM_POLICY_ROLLBACK);
    service_body = body_lease;
    window_reply = 0;
    *guest(AT_PAGE(1) + 4000) = 41;
    const struct fake_guest_answer *a = guest_call(0, PROTOCOL, 2, AT_PAGE(1), 8192, 0);
    assert_int_equal(a->result, SVSM_SUCCESS);
    assert_int_equal(*guest(AT_PAGE(1)), 42);
    assert_int_equal(*guest(AT_PAGE(3) - 1), 42);
}

static void test_lease_of_memory_that_vanishes(void **state)
{
    (void)state;
    guest_begin(SVSM_POLICY_ROLLBACK);
    service_body = body_lease;
    window_reply = 0;
    fake_guest_take(2, 1);
    const struct fake_guest_answer *a = guest_call(0, PROTOCOL, 2, AT_PAGE(1), 8192, 0);
    assert_int_equal(lease_result, SVSM_ERR_INVALID_ADDRESS);
    assert_int_equal(a->result, SVSM_ERR_INVALID_ADDRESS);
    assert_int_equal(*guest(AT_PAGE(1)), 0); /* neither of the two */
    assert_int_equal(*service_memory(COUNTER), 1);
}

static void test_crash_leaves_the_guests_memory_alone_and_is_replayed(void **state)
{
    (void)state;
    guest_begin(SVSM_POLICY_ROLLBACK);
    service_body = body_lease;
    window_reply = 1;
    *guest(AT_PAGE(1) + 4000) = 41;
    const struct fake_guest_answer *a = guest_call(0, PROTOCOL, 2, AT_PAGE(1), 8192, 0);
    assert_int_equal(a->result, SVSM_SUCCESS);
    assert_int_equal(service_runs, 2);
    assert_int_equal(*service_memory(COUNTER), 1);
    assert_int_equal(*guest(AT_PAGE(1)), 42);
}

static void body_crash(const struct fake_upcall *up)
{
    (void)fake_syscall(SVSM_SYS_LEASE_WRITE, up->args[0], 0, SVSM_HEAP_VA, 1, 0, 0);
    fake_exception(14, 0);
}

static void test_crash_is_an_answer_and_too_many_take_the_protocol_away(void **state)
{
    (void)state;
    guest_begin(SVSM_POLICY_ROLLBACK); /* four crashes are too many, two a call */
    service_body = body_crash;
    *guest(AT_PAGE(1)) = 7;
    const struct fake_guest_answer *a = guest_call(0, PROTOCOL, 2, AT_PAGE(1), 8192, 0);
    assert_int_equal(a->result, SVSM_ERR_INVALID_REQUEST);
    assert_true(core_guest_protocol(PROTOCOL));
    a = guest_call(0, PROTOCOL, 2, AT_PAGE(1), 8192, 0);
    assert_int_equal(a->result, SVSM_ERR_INVALID_REQUEST);
    a = guest_call(0, PROTOCOL, 0, 0, 0, 0);
    assert_int_equal(a->result, SVSM_ERR_UNSUPPORTED_PROTOCOL);
    assert_false(core_guest_protocol(PROTOCOL));
    assert_int_equal(*guest(AT_PAGE(1)), 7);
    assert_true(core_guest_protocol(FORWARDER));
}

/* A lease of the guest's, lent on. */

static void body_forward(const struct fake_upcall *up)
{
    struct fake_result r =
        fake_syscall(SVSM_SYS_CALL, 0, 2, SVSM_LEASE_REF(up->args[0], 0), up->args[1], 0, 0);
    (void)fake_syscall(SVSM_SYS_RETURN, r.rax, 0, 0, 0, 0, 0);
}

static void test_lease_lent_on(void **state)
{
    (void)state;
    forward_body = body_forward;
    guest_begin(SVSM_POLICY_ROLLBACK);
    service_body = body_lease;
    window_reply = 0;
    *guest(AT_PAGE(1) + 4000) = 41;
    const struct fake_guest_answer *a = guest_call(0, FORWARDER, 1, AT_PAGE(1), 8192, 0);
    assert_int_equal(a->result, SVSM_SUCCESS);
    assert_int_equal(*guest(AT_PAGE(1)), 42);
    assert_int_equal(*guest(AT_PAGE(3) - 1), 42);
    fake_guest_take(2, 1);
    a = guest_call(0, FORWARDER, 1, AT_PAGE(1), 8192, 0);
    assert_int_equal(a->result, SVSM_ERR_INVALID_ADDRESS);
    assert_int_equal(crashes(CLIENT) + crashes(SERVICE), 0);
    forward_body = NULL;
}

/* Busy and parked. */

static void body_park(const struct fake_upcall *up)
{
    (*service_memory(COUNTER))++;
    (void)fake_syscall(SVSM_SYS_YIELD, 0, 0, 0, 0, 0, 0);
    fake_return(SVSM_SUCCESS, 0, 0);
    (void)up;
}

static void test_yield_is_incomplete_and_goes_on(void **state)
{
    (void)state;
    guest_begin(SVSM_POLICY_ROLLBACK);
    service_body = body_park;
    assert_int_equal(guest_call(0, PROTOCOL, 2, AT_PAGE(1), 8, 0)->result, SVSM_ERR_INCOMPLETE);
    assert_int_equal(guest_call(1, PROTOCOL, 2, AT_PAGE(1), 8, 0)->result, SVSM_ERR_BUSY);
    assert_int_equal(guest_call(0, PROTOCOL, 2, AT_PAGE(1), 8, 0)->result, SVSM_SUCCESS);
    assert_int_equal(service_runs, 1);
    assert_int_equal(*service_memory(COUNTER), 1);
    /* Repeated when its memory is gone: given up. */
    assert_int_equal(guest_call(0, PROTOCOL, 2, AT_PAGE(1), 8, 0)->result, SVSM_ERR_INCOMPLETE);
    fake_guest_take(1, 0);
    assert_int_equal(guest_call(0, PROTOCOL, 2, AT_PAGE(1), 8, 0)->result,
                     SVSM_ERR_INVALID_ADDRESS);
    assert_int_equal(*service_memory(COUNTER), 1);
    /* Another request of the same vCPU: the parked one is rolled back. */
    fake_guest_give(1);
    assert_int_equal(guest_call(0, PROTOCOL, 2, AT_PAGE(1), 8, 0)->result, SVSM_ERR_INCOMPLETE);
    assert_int_equal(guest_call(0, PROTOCOL, 2, AT_PAGE(1), 9, 0)->result, SVSM_ERR_INCOMPLETE);
    assert_int_equal(guest_call(0, PROTOCOL, 2, AT_PAGE(1), 9, 0)->result, SVSM_SUCCESS);
    assert_int_equal(*service_memory(COUNTER), 2);
}

/* A vCPU that starts anew makes the very call that the one before it had parked: it does not go on
 * with that, whose memory and stack are another's. */
static void test_another_save_area_takes_nothing_up(void **state)
{
    (void)state;
    guest_begin(SVSM_POLICY_ROLLBACK);
    service_body = body_park;
    assert_int_equal(guest_call(0, PROTOCOL, 2, AT_PAGE(1), 8, 0)->result, SVSM_ERR_INCOMPLETE);
    fake_guest_areas[0]++;
    assert_int_equal(guest_call(0, PROTOCOL, 2, AT_PAGE(1), 8, 0)->result, SVSM_ERR_INCOMPLETE);
    assert_int_equal(service_runs, 2);
    assert_int_equal(*service_memory(COUNTER), 1); /* rolled back, and begun again */
    assert_int_equal(guest_call(0, PROTOCOL, 2, AT_PAGE(1), 8, 0)->result, SVSM_SUCCESS);
    assert_int_equal(service_runs, 2);
}

/* The same where it was not the guest's own call that was parked, but one on its behalf. */
static void test_another_save_area_takes_nothing_up_below(void **state)
{
    (void)state;
    forward_body = body_forward;
    guest_begin(SVSM_POLICY_ROLLBACK);
    service_body = body_park;
    assert_int_equal(guest_call(0, FORWARDER, 1, AT_PAGE(1), 8, 0)->result, SVSM_ERR_INCOMPLETE);
    fake_guest_areas[0]++;
    assert_int_equal(guest_call(0, FORWARDER, 1, AT_PAGE(1), 8, 0)->result, SVSM_ERR_INCOMPLETE);
    assert_int_equal(service_runs, 2);
    assert_int_equal(guest_call(0, FORWARDER, 1, AT_PAGE(1), 8, 0)->result, SVSM_SUCCESS);
    assert_int_equal(service_runs, 2);
    forward_body = NULL;
}

/* Another vCPU is changing a page of the call's buffer just now: BUSY, without any effect, wherever
 * the page is looked at before the task runs. Stock guests repeat that, and nothing else. */
static void test_memory_that_is_claimed(void **state)
{
    static const struct {
        uint32_t op;
        uint64_t address, size;
        unsigned looks; /* that are fine before it */
    } cases[] = {
        {1, AT_PAGE(1), 0, 0},    {1, AT_PAGE(1) + 8, 0, 1}, {1, AT_PAGE(0) + 8, 0, 0},
        {2, AT_PAGE(1), 8, 0},    {2, AT_PAGE(0), 8192, 0},  {3, AT_PAGE(1), 4096, 0},
        {3, AT_PAGE(1), 4096, 1}, /* found when it is read */
    };
    (void)state;
    guest_begin(SVSM_POLICY_ROLLBACK);
    service_body = body_answer;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fake_guest_take_as(1, cases[i].looks, ERR_BUSY);
        const struct fake_guest_answer *a =
            guest_call(0, PROTOCOL, cases[i].op, cases[i].address, cases[i].size, 0);
        assert_int_equal(a->result, SVSM_ERR_BUSY);
        assert_int_equal(service_runs, 0);
        fake_guest_give(1);
        a = guest_call(0, PROTOCOL, cases[i].op, cases[i].address, cases[i].size, 0);
        assert_int_equal(a->result, 0x1234);
        service_runs = 0;
    }
}

/* What is parked stays so. */
static void test_memory_of_a_parked_call_is_claimed(void **state)
{
    (void)state;
    guest_begin(SVSM_POLICY_ROLLBACK);
    service_body = body_park;
    assert_int_equal(guest_call(0, PROTOCOL, 2, AT_PAGE(1), 8, 0)->result, SVSM_ERR_INCOMPLETE);
    fake_guest_take_as(1, 0, ERR_BUSY);
    assert_int_equal(guest_call(0, PROTOCOL, 2, AT_PAGE(1), 8, 0)->result, SVSM_ERR_BUSY);
    assert_int_equal(guest_call(0, PROTOCOL, 2, AT_PAGE(1), 8, 0)->result, SVSM_ERR_BUSY);
    fake_guest_give(1);
    assert_int_equal(guest_call(0, PROTOCOL, 2, AT_PAGE(1), 8, 0)->result, SVSM_SUCCESS);
    assert_int_equal(service_runs, 1);
    assert_int_equal(*service_memory(COUNTER), 1);
}

/* A vCPU in the middle of a call: the guest may not run there, and other vCPUs find it busy. */
static void test_busy(void **state)
{
    const uint64_t args[SVSM_ARGS] = {0};
    (void)state;
    guest_begin(SVSM_POLICY_ROLLBACK);
    service_body = body_answer;
    fake_guest_call(0, (uint64_t)PROTOCOL << 32, args);
    assert_false(core_guest_may_run(fake_cpu(0)));
    assert_int_equal(fake_guest_answers[0].count, 0);
    assert_int_equal(guest_call(1, PROTOCOL, 0, 0, 0, 0)->result, SVSM_ERR_BUSY);
    fake_run(0, LIMIT);
    assert_int_equal(fake_guest_answers[0].count, 1);
    assert_int_equal(fake_guest_answers[0].result, 0x1234);
}

static void test_results_a_guest_may_see(void **state)
{
    const struct {
        uint32_t from, to;
    } cases[] = {
        {0, 0},
        {1, SVSM_ERR_INVALID_REQUEST},
        {0xfff, SVSM_ERR_INVALID_REQUEST},
        {0x1000, 0x1000},
        {0x3fffffff, 0x3fffffff},
        {0x40000001, SVSM_ERR_INVALID_REQUEST}, /* "give me memory": fatal to stock guests */
        {0x7fffffff, SVSM_ERR_INVALID_REQUEST},
        {SVSM_ERR_INCOMPLETE, SVSM_ERR_INCOMPLETE},
        {SVSM_ERR_BUSY, SVSM_ERR_BUSY},
        {0x80000008, SVSM_ERR_INVALID_REQUEST},
        {0x80000fff, SVSM_ERR_INVALID_REQUEST},
        {0x80001000, 0x80001000},
        {SVSM_ERR_CRASHED, SVSM_ERR_INVALID_REQUEST},
        {SVSM_ERR_WITHDRAWN, SVSM_ERR_UNSUPPORTED_PROTOCOL},
        {SVSM_ERR_NO_ENTROPY, SVSM_ERR_INVALID_REQUEST},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(guest_call_result(cases[i].from), cases[i].to);
    }
}

/* Events wait for the end of the call and come before the guest goes on. */
static bool event_seen;

static void body_event(const struct fake_upcall *up)
{
    if (up->operation == SVSM_OP_EVENT) {
        event_seen = true;
        return;
    }
    (void)fake_syscall(SVSM_SYS_NOTIFY, 1, 1, 0, 0, 0, 0);
}

static void body_note(const struct fake_upcall *up)
{
    event_seen = event_seen || up->operation == SVSM_OP_EVENT;
}

static void test_events_come_before_the_guest(void **state)
{
    (void)state;
    forward_body = body_event;
    guest_begin(SVSM_POLICY_ROLLBACK);
    service_body = body_note;
    event_seen = false;
    assert_int_equal(guest_call(0, FORWARDER, 0, 0, 0, 0)->result, SVSM_SUCCESS);
    assert_true(event_seen);
    forward_body = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_null_call),
        cmocka_unit_test(test_what_is_not_there),
        cmocka_unit_test(test_partial_window_ends_at_the_page_that_is_missing),
        cmocka_unit_test(test_memory_that_vanishes_before_the_answer),
        cmocka_unit_test(test_windows_with_a_length),
        cmocka_unit_test(test_lease),
        cmocka_unit_test(test_lease_of_memory_that_vanishes),
        cmocka_unit_test(test_crash_leaves_the_guests_memory_alone_and_is_replayed),
        cmocka_unit_test(test_crash_is_an_answer_and_too_many_take_the_protocol_away),
        cmocka_unit_test(test_lease_lent_on),
        cmocka_unit_test(test_yield_is_incomplete_and_goes_on),
        cmocka_unit_test(test_another_save_area_takes_nothing_up),
        cmocka_unit_test(test_another_save_area_takes_nothing_up_below),
        cmocka_unit_test(test_memory_that_is_claimed),
        cmocka_unit_test(test_memory_of_a_parked_call_is_claimed),
        cmocka_unit_test(test_busy),
        cmocka_unit_test(test_results_a_guest_may_see),
        cmocka_unit_test(test_events_come_before_the_guest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
