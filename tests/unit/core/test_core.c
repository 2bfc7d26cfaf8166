/* SPDX-License-Identifier: MIT */
/*
 * The task core over the fake platform: what a caller notices of calls, buffers, crashes, replays,
 * parking, events and timers. Task 0 is the driver of each test ("client"), task 1 the service.
 */
#include "fixture.h"

#include <fake.h>
#include <svsm/abi/result.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

/* Calls. */

static void body_null_call(const struct fake_upcall *up)
{
    (void)up;
    call(0, 0, 1, 2, 3, 4);
}

static void body_return_7(const struct fake_upcall *up)
{
    (void)up;
    fake_return(7, 0, 42);
}

static void test_null_call(void **state)
{
    (void)state;
    begin(SVSM_POLICY_CLEAN);
    client_body = body_null_call;
    service_body = body_return_7;
    go();
    assert_int_equal(seen_count, 1);
    assert_int_equal(seen[0].rax, 7);
    assert_int_equal(seen[0].rdx, 42);
    assert_int_equal(service_last.operation, 0);
    assert_int_equal(service_last.args[0], 1);
    assert_int_equal(service_last.args[3], 4);
    assert_int_equal(crashes(CLIENT) + crashes(SERVICE), 0);
}

static void body_bad_operation(const struct fake_upcall *up)
{
    (void)up;
    call(0, 4, 0, 0, 0, 0);
    call(0, UINT64_C(1) << 32, 0, 0, 0, 0);
}

static void test_unknown_operation_is_an_answer(void **state)
{
    (void)state;
    begin(SVSM_POLICY_CLEAN);
    client_body = body_bad_operation;
    go();
    assert_int_equal(seen_count, 2);
    assert_int_equal(seen[0].rax, SVSM_ERR_UNSUPPORTED_CALL);
    assert_int_equal(seen[1].rax, SVSM_ERR_UNSUPPORTED_CALL);
}

/* Windows. */

static void body_window_call(const struct fake_upcall *up)
{
    (void)up;
    memcpy(client_memory(0), "ping", 4);
    memset(client_memory(4096), 0xee, 64);
    call(0, 1, SVSM_HEAP_VA, 4, SVSM_HEAP_VA + 4096, 64);
}

static void body_window_answer(const struct fake_upcall *up)
{
    uint8_t *in = service_memory(up->args[0]);
    uint8_t *out = service_memory(up->args[2]);
    memcpy(out, in, up->args[1]);
    memcpy(out + 4, "pong", 4);
    fake_return(SVSM_SUCCESS, 8, 0);
}

static void test_windows(void **state)
{
    (void)state;
    begin(SVSM_POLICY_ROLLBACK);
    client_body = body_window_call;
    service_body = body_window_answer;
    go();
    assert_int_equal(seen[0].rax, 0);
    assert_int_equal(seen[0].r9, 8); /* the capacity's register tells the length */
    assert_memory_equal(client_memory(4096), "pingpong", 8);
    assert_int_equal(*client_memory(4096 + 8), 0xee);
    assert_int_equal(service_last.args[0], SVSM_REQUEST_VA);
    assert_int_equal(service_last.args[2], SVSM_REPLY_VA);
}

static void body_long_reply(const struct fake_upcall *up)
{
    (void)up;
    fake_return(SVSM_SUCCESS, 65, 0);
}

static void test_reply_longer_than_the_caller_takes_is_a_fault(void **state)
{
    (void)state;
    begin(SVSM_POLICY_CLEAN);
    client_body = body_window_call;
    service_body = body_long_reply;
    go();
    assert_int_equal(seen[0].rax, SVSM_ERR_CRASHED);
    assert_int_equal(cause(SERVICE), SVSM_FAULT_REPLY);
    assert_int_equal(*client_memory(4096), 0xee);
}

static void body_window_too_long(const struct fake_upcall *up)
{
    (void)up;
    call(0, 1, SVSM_HEAP_VA, 8193, SVSM_HEAP_VA, 64);
}

static void test_longer_than_declared_is_refused(void **state)
{
    (void)state;
    begin(SVSM_POLICY_CLEAN);
    client_body = body_window_too_long;
    go();
    assert_int_equal(seen[0].rax, SVSM_ERR_INVALID_PARAMETER);
    assert_int_equal(service_runs, 0);
    assert_int_equal(crashes(CLIENT), 0);
}

static uint64_t bad_va;
static uint64_t bad_size;

static void body_bad_pointer(const struct fake_upcall *up)
{
    (void)up;
    call(0, 1, bad_va, bad_size, SVSM_HEAP_VA, 64);
}

static void test_bad_pointers_blame_the_caller(void **state)
{
    const struct {
        uint64_t va, size;
    } cases[] = {
        {0, 1},
        {SVSM_HEAP_VA - 1, 2},
        {SVSM_HEAP_VA + 4 * 4096 - 1, 2},
        {UINT64_MAX - 1, 2},
        {UINT64_C(0xffffffff80100000), 8},
        {SVSM_STACK_VA, 8},
        {SVSM_IMAGE_VA + 4095, 2},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin(SVSM_POLICY_CLEAN);
        bad_va = cases[i].va;
        bad_size = cases[i].size;
        client_body = body_bad_pointer;
        service_body = body_return_7;
        go();
        assert_int_equal(seen_count, 0);
        assert_int_equal(service_runs, 0);
        assert_true(cause(CLIENT) == SVSM_FAULT_POINTER || cause(CLIENT) == SVSM_FAULT_LEASE);
        assert_int_equal(crashes(SERVICE), 0);
    }
}

static void body_write_to_text(const struct fake_upcall *up)
{
    (void)up;
    call(0, 1, SVSM_HEAP_VA, 4, SVSM_IMAGE_VA, 64);
}

static void test_output_into_read_only_memory_is_a_fault(void **state)
{
    (void)state;
    begin(SVSM_POLICY_CLEAN);
    client_body = body_write_to_text;
    service_body = body_return_7;
    go();
    assert_int_equal(cause(CLIENT), SVSM_FAULT_POINTER);
    assert_int_equal(service_runs, 0);
}

/* Leases. */

static void body_lease_call(const struct fake_upcall *up)
{
    (void)up;
    for (int i = 0; i < 8192; i++) {
        client_memory(0)[i] = (uint8_t)i;
    }
    call(0, 2, SVSM_HEAP_VA, 8192, 0, 0);
}

static void body_lease_work(const struct fake_upcall *up)
{
    struct fake_result r =
        fake_syscall(SVSM_SYS_LEASE_READ, up->args[0], 100, SVSM_HEAP_VA, 5000, 0, 0);
    if (r.rax != 0 || memcmp(service_memory(SVSM_HEAP_VA), client_memory(100), 5000) != 0) {
        fake_return(SVSM_ERR_INVALID_REQUEST, 0, 0);
    }
    memcpy(service_memory(SVSM_HEAP_VA), "written", 7);
    (void)fake_syscall(SVSM_SYS_LEASE_WRITE, up->args[0], 8000, SVSM_HEAP_VA, 7, 0, 0);
    /* Queued, so the caller's memory is as it was. */
    fake_return(client_memory(8000)[0] == (uint8_t)8000 ? 0 : 99, 0, 0);
}

static void test_lease_reads_now_and_writes_at_return(void **state)
{
    (void)state;
    begin(SVSM_POLICY_CLEAN);
    client_body = body_lease_call;
    service_body = body_lease_work;
    go();
    assert_int_equal(seen[0].rax, 0);
    assert_memory_equal(client_memory(8000), "written", 7);
}

static void body_lease_then_crash(const struct fake_upcall *up)
{
    memcpy(service_memory(SVSM_HEAP_VA), "written", 7);
    (void)fake_syscall(SVSM_SYS_LEASE_WRITE, up->args[0], 0, SVSM_HEAP_VA, 7, 0, 0);
    fake_exception(14, 0);
}

static void test_crash_leaves_the_callers_memory_alone(void **state)
{
    (void)state;
    begin(SVSM_POLICY_CLEAN);
    client_body = body_lease_call;
    service_body = body_lease_then_crash;
    go();
    assert_int_equal(seen[0].rax, SVSM_ERR_CRASHED);
    assert_int_equal(client_memory(0)[0], 0);
    assert_int_equal(client_memory(0)[1], 1);
}

static uint64_t lease_number, lease_offset, lease_size;

static void body_lease_out_of_range(const struct fake_upcall *up)
{
    (void)up;
    (void)fake_syscall(SVSM_SYS_LEASE_READ, lease_number, lease_offset, SVSM_HEAP_VA, lease_size, 0,
                       0);
}

static void test_lease_misuse_is_a_fault(void **state)
{
    const uint64_t cases[][3] = {{1, 0, 1},          {UINT64_MAX, 0, 1}, {0, 8192, 1},
                                 {0, 0, 8193},       {0, UINT64_MAX, 2}, {0, 1, UINT64_MAX},
                                 {0x100000000, 0, 1}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin(SVSM_POLICY_CLEAN);
        lease_number = cases[i][0];
        lease_offset = cases[i][1];
        lease_size = cases[i][2];
        client_body = body_lease_call;
        service_body = body_lease_out_of_range;
        go();
        assert_int_equal(seen[0].rax, SVSM_ERR_CRASHED);
        assert_int_equal(cause(SERVICE), SVSM_FAULT_LEASE);
    }
}

/* Restart policies. */

static void body_twice(const struct fake_upcall *up)
{
    (void)up;
    call(0, 0, 0, 0, 0, 0);
    call(0, 0, 0, 0, 0, 0);
}

#define DATA_VA (SVSM_IMAGE_VA + 0x10000)

/* Counts in its state; crashes in its second upcall, once. */
static void body_count_and_crash(const struct fake_upcall *up)
{
    uint8_t *counter = service_memory(DATA_VA + 16);
    (void)up;
    (*counter)++;
    if (service_runs == 2) {
        memset(service_memory(DATA_VA), 0x55, 8192);
        memset(service_memory(SVSM_HEAP_VA), 0x55, 4096);
        fake_exception(6, 0);
    }
    fake_return(0, 0, *counter);
}

static void test_clean_starts_over_from_the_image(void **state)
{
    (void)state;
    begin(SVSM_POLICY_CLEAN);
    client_body = body_twice;
    service_body = body_count_and_crash;
    go();
    assert_int_equal(seen[0].rdx, 1);
    assert_int_equal(seen[1].rax, SVSM_ERR_CRASHED);
    assert_memory_equal(service_memory(DATA_VA), "measured content", 16);
    assert_int_equal(*service_memory(DATA_VA + 16), 0);
    assert_int_equal(*service_memory(SVSM_HEAP_VA), 0);
    assert_int_equal(atomic_load(&fake_task_get(SERVICE)->life), SVSM_TASK_FRESH);
}

static void test_rollback_restores_and_replays(void **state)
{
    (void)state;
    begin(SVSM_POLICY_ROLLBACK);
    client_body = body_twice;
    service_body = body_count_and_crash;
    go();
    assert_int_equal(seen[0].rdx, 1);
    assert_int_equal(seen[1].rax, 0);
    assert_int_equal(seen[1].rdx, 2); /* not 3: the crashed run left no trace */
    assert_int_equal(service_runs, 3);
    assert_true(SVSM_INFO_REPLAY(service_last.info));
    assert_int_equal(SVSM_INFO_GENERATION(service_last.info), 1);
    assert_int_equal(atomic_load(&fake_task_get(SERVICE)->replays), 1);
    assert_memory_equal(service_memory(DATA_VA), "measured content", 16);
}

static void body_always_crash(const struct fake_upcall *up)
{
    (void)up;
    (*service_memory(DATA_VA + 16))++;
    fake_exception(13, 0);
}

static void body_six_calls(const struct fake_upcall *up)
{
    (void)up;
    for (int i = 0; i < 6; i++) {
        call(0, 0, 0, 0, 0, 0);
    }
}

static void test_crash_budget_withdraws(void **state)
{
    (void)state;
    begin(SVSM_POLICY_CLEAN);
    client_body = body_six_calls;
    service_body = body_always_crash;
    go();
    assert_int_equal(seen[3].rax, SVSM_ERR_CRASHED);
    assert_int_equal(seen[4].rax, SVSM_ERR_WITHDRAWN);
    assert_int_equal(seen[5].rax, SVSM_ERR_WITHDRAWN);
    assert_int_equal(service_runs, 4);
    assert_int_equal(crashes(CLIENT), 0);
}

static void test_a_replayed_call_that_crashes_again_is_answered(void **state)
{
    (void)state;
    begin(SVSM_POLICY_ROLLBACK);
    client_body = body_null_call;
    service_body = body_always_crash;
    go();
    assert_int_equal(seen[0].rax, SVSM_ERR_CRASHED);
    assert_int_equal(service_runs, 2);
    assert_int_equal(*service_memory(DATA_VA + 16), 0);
}

static void test_never_stops_the_machine(void **state)
{
    (void)state;
    begin(SVSM_POLICY_NEVER);
    client_body = body_null_call;
    service_body = body_always_crash;
    go();
    assert_non_null(fake_stopped());
}

/* A clock window: old crashes are forgotten. */
static void body_crash_slowly(const struct fake_upcall *up)
{
    (void)up;
    for (int i = 0; i < 8; i++) {
        call(0, 0, 0, 0, 0, 0);
        fake_pass(UINT64_C(2000000000));
    }
}

static void test_crash_window(void **state)
{
    (void)state;
    begin(SVSM_POLICY_CLEAN);
    setup[SERVICE].crash_window_ms = 5000;
    client_body = body_crash_slowly;
    service_body = body_always_crash;
    go();
    assert_int_equal(seen[7].rax, SVSM_ERR_CRASHED);
    assert_int_equal(service_runs, 8);
}

/* A rollback task that has called something not idempotent is not replayed. */
static void body_call_down_then_crash(const struct fake_upcall *up)
{
    (void)up;
    (void)fake_syscall(SVSM_SYS_CALL, 0, 0, 0, 0, 0, 0);
    fake_exception(13, 0);
}

static void body_nothing(const struct fake_upcall *up)
{
    (void)up;
}

static void check_downstream(uint32_t flags, unsigned runs)
{
    begin(SVSM_POLICY_ROLLBACK);
    setup[SERVICE].handle_count = 1;
    setup[SERVICE].handles[0] = (struct svsm_image_handle)FAKE_CALLS(2);
    setup[2].program = body_nothing;
    setup[2].operation_count = 1;
    setup[2].operations[0].flags = flags;
    service_body = body_call_down_then_crash;
    client_body = body_null_call;
    go();
    assert_int_equal(seen[0].rax, SVSM_ERR_CRASHED);
    assert_int_equal(service_runs, runs);
}

static void test_replay_only_if_downstream_is_idempotent(void **state)
{
    (void)state;
    check_downstream(0, 1);
    check_downstream(SVSM_OPERATION_IDEMPOTENT, 2);
}

/* Budget. */

static void body_slow(const struct fake_upcall *up)
{
    (void)up;
    fake_tick_next_step(0, 11);
    (void)fake_syscall(SVSM_SYS_RANDOM, SVSM_HEAP_VA, 1, 0, 0, 0, 0);
    fake_return(0, 0, 0);
}

static void test_endless_loop_is_a_crash_of_that_call(void **state)
{
    (void)state;
    begin(SVSM_POLICY_CLEAN);
    setup[SERVICE].budget_ns = 100000000;
    client_body = body_null_call;
    service_body = body_slow;
    go();
    assert_int_equal(seen[0].rax, SVSM_ERR_CRASHED);
    assert_int_equal(cause(SERVICE), SVSM_FAULT_BUDGET);
    assert_int_equal(crashes(CLIENT), 0);
}

/* Busy, parking. */

static void body_yield_once(const struct fake_upcall *up)
{
    (void)up;
    (*service_memory(DATA_VA + 16))++;
    struct fake_result r = fake_syscall(SVSM_SYS_YIELD, 0, 0, 0, 0, 0, 0);
    fake_return(r.rax, 0, *service_memory(DATA_VA + 16));
}

static void body_repeat_yielded(const struct fake_upcall *up)
{
    (void)up;
    call(0, 0, 5, 0, 0, 0);
    call(0, 0, 5, 0, 0, 0);
    call(0, 0, 5, 0, 0, 0);
    call(0, 0, 6, 0, 0, 0); /* another request: the parked one is rolled back */
}

static void test_yield_is_taken_up_by_the_same_call(void **state)
{
    (void)state;
    begin(SVSM_POLICY_ROLLBACK);
    client_body = body_repeat_yielded;
    service_body = body_yield_once;
    go();
    assert_int_equal(seen[0].rax, SVSM_ERR_INCOMPLETE);
    assert_int_equal(seen[1].rax, 0);
    assert_int_equal(seen[1].rdx, 1);
    assert_int_equal(seen[2].rax, SVSM_ERR_INCOMPLETE);
    assert_int_equal(seen[3].rax, SVSM_ERR_INCOMPLETE);
    assert_int_equal(service_runs, 3);
    assert_int_equal(*service_memory(DATA_VA + 16), 2); /* the third run began from one again */
}

static void body_spin_vcpu0(const struct fake_upcall *up)
{
    if (up->vcpu == 0) {
        (void)fake_syscall(SVSM_SYS_RANDOM, SVSM_HEAP_VA, 1, 0, 0, 0, 0);
        (void)fake_syscall(SVSM_SYS_RANDOM, SVSM_HEAP_VA, 1, 0, 0, 0, 0);
    }
    fake_return(0, 0, up->vcpu);
}

static void test_busy_service_answers_busy(void **state)
{
    (void)state;
    begin(SVSM_POLICY_CLEAN);
    setup[CLIENT].activations = 2;
    client_body = body_null_call;
    service_body = body_spin_vcpu0;
    fake_boot(setup, 3, CLIENT, 2);
    while (service_runs == 0) {
        assert_true(fake_step(0));
    }
    for (int i = 0; i < 50 && seen_count == 0; i++) {
        (void)fake_step(1);
    }
    assert_int_equal(seen[0].rax, SVSM_ERR_BUSY);
    fake_run(0, LIMIT);
    assert_int_equal(seen[1].rax, 0);
    assert_int_equal(seen[1].rdx, 0);
}

/* A clean task with two activations: a crash in one takes the other out, the last resets it. */
static void body_two_inside(const struct fake_upcall *up)
{
    memset(service_memory(SVSM_HEAP_VA), 0x11, 8);
    (void)fake_syscall(SVSM_SYS_RANDOM, SVSM_HEAP_VA + 64, 1, 0, 0, 0, 0);
    if (up->vcpu == 0) {
        fake_exception(6, 0);
    }
    (void)fake_syscall(SVSM_SYS_RANDOM, SVSM_HEAP_VA + 64, 1, 0, 0, 0, 0);
    fake_return(0, 0, 0);
}

static void test_crash_clears_out_all_activations(void **state)
{
    (void)state;
    begin(SVSM_POLICY_CLEAN);
    setup[CLIENT].activations = 2;
    setup[SERVICE].activations = 2;
    client_body = body_null_call;
    service_body = body_two_inside;
    fake_boot(setup, 3, CLIENT, 2);
    for (int i = 0; i < 200; i++) {
        (void)fake_step(0);
        (void)fake_step(1);
    }
    assert_int_equal(seen_count, 2);
    assert_int_equal(seen[0].rax, SVSM_ERR_CRASHED);
    assert_int_equal(seen[1].rax, SVSM_ERR_CRASHED);
    assert_int_equal(*service_memory(SVSM_HEAP_VA), 0);
    assert_int_equal(atomic_load(&fake_task_get(SERVICE)->inside), 0);
    assert_int_equal(atomic_load(&fake_task_get(SERVICE)->attention), 0);
    assert_int_equal(fake_task_get(SERVICE)->crash_count, 1);
}

/* Events and timers. */

static void body_notify(const struct fake_upcall *up)
{
    (void)up;
    (void)fake_syscall(SVSM_SYS_NOTIFY, 1, 0x5, 0, 0, 0, 0);
    (void)fake_syscall(SVSM_SYS_NOTIFY, 1, 0x2, 0, 0, 0, 0);
}

static void test_event_is_delivered_as_an_upcall(void **state)
{
    (void)state;
    begin(SVSM_POLICY_CLEAN);
    client_body = body_notify;
    service_body = body_nothing;
    go();
    assert_int_equal(service_runs, 1);
    assert_int_equal(service_last.operation, SVSM_OP_EVENT);
    assert_int_equal(service_last.args[0], 7);
}

static void body_notify_forbidden(const struct fake_upcall *up)
{
    (void)up;
    (void)fake_syscall(SVSM_SYS_NOTIFY, 1, 0x100, 0, 0, 0, 0);
}

static void test_event_bits_are_limited_by_the_handle(void **state)
{
    (void)state;
    begin(SVSM_POLICY_CLEAN);
    client_body = body_notify_forbidden;
    service_body = body_nothing;
    go();
    assert_int_equal(cause(CLIENT), SVSM_FAULT_HANDLE);
    assert_int_equal(service_runs, 0);
}

static struct fake_result waited;

static void body_sleep(const struct fake_upcall *up)
{
    (void)up;
    waited = fake_syscall(SVSM_SYS_TIMER_SET, SVSM_TIMER_WAIT, UINT64_C(1500000000), 1, 0, 0, 0);
}

static void test_wait_ends_at_its_deadline(void **state)
{
    (void)state;
    begin(SVSM_POLICY_CLEAN);
    client_body = body_sleep;
    waited.rax = 1;
    go();
    assert_int_equal(waited.rax, 1); /* stands */
    fake_pass(400000000);
    fake_run(0, LIMIT);
    assert_int_equal(waited.rax, 1);
    fake_pass(200000000);
    fake_run(0, LIMIT);
    assert_int_equal(waited.rax, SVSM_ERR_TIMED_OUT);
}

static void test_wait_ends_with_its_event(void **state)
{
    (void)state;
    begin(SVSM_POLICY_CLEAN);
    client_body = body_sleep;
    waited.rax = 1;
    go();
    atomic_fetch_or(&fake_task_get(CLIENT)->events, 3);
    fake_run(0, LIMIT);
    assert_int_equal(waited.rax, 0);
    assert_int_equal(waited.rdx, 1);
}

static void body_timer(const struct fake_upcall *up)
{
    (void)up;
    if (service_runs == 1) {
        (void)fake_syscall(SVSM_SYS_TIMER_SET, SVSM_TIMER_EVENT, UINT64_C(3000000000), 0x80, 0, 0,
                           0);
    }
}

static void test_timer_event(void **state)
{
    (void)state;
    begin(SVSM_POLICY_CLEAN);
    client_body = body_null_call;
    service_body = body_timer;
    go();
    assert_int_equal(service_runs, 1);
    fake_pass(UINT64_C(2500000000));
    fake_run(0, LIMIT);
    assert_int_equal(service_runs, 2);
    assert_int_equal(service_last.args[0], 0x80);
}

/* Control: status, kill, injection. */

static void body_control(const struct fake_upcall *up)
{
    struct svsm_task_status s;
    (void)up;
    (void)fake_syscall(SVSM_SYS_TASK_CTL, 2, SVSM_CTL_INJECT_SYSCALL, 2, 0, 0, 0);
    call(0, 0, 0, 0, 0, 0);
    call(0, 0, 0, 0, 0, 0);
    (void)fake_syscall(SVSM_SYS_TASK_CTL, 2, SVSM_CTL_KILL, 0, 0, 0, 0);
    call(0, 0, 0, 0, 0, 0);
    (void)fake_syscall(SVSM_SYS_TASK_CTL, 2, SVSM_CTL_STATUS, SVSM_HEAP_VA, 0, 0, 0);
    memcpy(&s, client_memory(0), sizeof(s));
    fake_return(s.crashes == 2 && s.injected == 2 && s.calls == 3 ? 0 : 1, 0, 0);
}

static void test_injection_and_kill(void **state)
{
    (void)state;
    begin(SVSM_POLICY_CLEAN);
    client_body = body_control;
    service_body = body_return_7;
    go();
    assert_int_equal(seen[0].rax, 7);
    assert_int_equal(seen[1].rax, SVSM_ERR_CRASHED);
    assert_int_equal(seen[2].rax, 7); /* killed while idle: the next call finds it fresh */
    assert_int_equal(crashes(SERVICE), 2);
    assert_int_equal(crashes(CLIENT), 0);
}

/* Each misuse is a fault with its own cause. */
static uint64_t misuse[7];

static void body_misuse(const struct fake_upcall *up)
{
    (void)up;
    (void)fake_syscall(misuse[0], misuse[1], misuse[2], misuse[3], misuse[4], misuse[5], misuse[6]);
}

static void test_misuse_is_a_fault(void **state)
{
    const struct {
        uint64_t call[7];
        uint32_t cause;
    } cases[] = {
        {{SVSM_SYS_COUNT}, SVSM_FAULT_SYSCALL},
        {{UINT64_MAX}, SVSM_FAULT_SYSCALL},
        {{SVSM_SYS_CALL, 3}, SVSM_FAULT_HANDLE},
        {{SVSM_SYS_CALL, 1}, SVSM_FAULT_HANDLE},
        {{SVSM_SYS_CALL, UINT64_MAX}, SVSM_FAULT_HANDLE},
        {{SVSM_SYS_NOTIFY, 0, 1}, SVSM_FAULT_HANDLE},
        {{SVSM_SYS_TASK_CTL, 0, 0}, SVSM_FAULT_HANDLE},
        {{SVSM_SYS_TASK_CTL, 2, 77}, SVSM_FAULT_ARGUMENT},
        {{SVSM_SYS_TASK_CTL, 2, SVSM_CTL_STATUS, 0x1000}, SVSM_FAULT_POINTER},
        {{SVSM_SYS_TASK_CTL, 2, SVSM_CTL_LOG_READ}, SVSM_FAULT_HANDLE},
        {{SVSM_SYS_HOST_IO, 0}, SVSM_FAULT_HANDLE},
        {{SVSM_SYS_SNP_REQUEST, 0}, SVSM_FAULT_HANDLE},
        {{SVSM_SYS_LOG, 4, SVSM_HEAP_VA, 1}, SVSM_FAULT_ARGUMENT},
        {{SVSM_SYS_LOG, 0, SVSM_HEAP_VA - 8, 16}, SVSM_FAULT_POINTER},
        {{SVSM_SYS_RANDOM, SVSM_HEAP_VA, 257}, SVSM_FAULT_ARGUMENT},
        {{SVSM_SYS_RANDOM, SVSM_IMAGE_VA, 8}, SVSM_FAULT_POINTER},
        {{SVSM_SYS_RANDOM, SVSM_TIME_VA, 8}, SVSM_FAULT_POINTER},
        {{SVSM_SYS_LEASE_READ, 0, 0, SVSM_HEAP_VA, 1}, SVSM_FAULT_LEASE},
        {{SVSM_SYS_LEASE_WRITE, 0, 0, SVSM_HEAP_VA, 1}, SVSM_FAULT_LEASE},
        {{SVSM_SYS_TIMER_SET, 2, 0, 0}, SVSM_FAULT_ARGUMENT},
        {{SVSM_SYS_TIMER_SET, 0, 5, 0}, SVSM_FAULT_ARGUMENT},
        {{SVSM_SYS_PANIC, 1, 0xdead, 16}, SVSM_FAULT_POINTER},
        {{SVSM_SYS_PANIC, 1, SVSM_HEAP_VA, 16}, SVSM_FAULT_PANIC},
        {{SVSM_SYS_RETURN, UINT64_C(1) << 32}, SVSM_FAULT_ARGUMENT},
        {{SVSM_SYS_RETURN, 0, 1}, SVSM_FAULT_REPLY},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin(SVSM_POLICY_CLEAN);
        memcpy(misuse, cases[i].call, sizeof(misuse));
        client_body = body_misuse;
        go();
        assert_int_equal(crashes(CLIENT), 1);
        assert_int_equal(cause(CLIENT), cases[i].cause);
    }
}

static void body_no_entropy(const struct fake_upcall *up)
{
    (void)up;
    fake_entropy = false;
    waited = fake_syscall(SVSM_SYS_RANDOM, SVSM_HEAP_VA, 8, 0, 0, 0, 0);
}

static void test_no_entropy_is_an_error_not_zeroes(void **state)
{
    (void)state;
    begin(SVSM_POLICY_CLEAN);
    client_body = body_no_entropy;
    go();
    assert_int_equal(waited.rax, SVSM_ERR_NO_ENTROPY);
    assert_int_equal(crashes(CLIENT), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_null_call),
        cmocka_unit_test(test_unknown_operation_is_an_answer),
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_reply_longer_than_the_caller_takes_is_a_fault),
        cmocka_unit_test(test_longer_than_declared_is_refused),
        cmocka_unit_test(test_bad_pointers_blame_the_caller),
        cmocka_unit_test(test_output_into_read_only_memory_is_a_fault),
        cmocka_unit_test(test_lease_reads_now_and_writes_at_return),
        cmocka_unit_test(test_crash_leaves_the_callers_memory_alone),
        cmocka_unit_test(test_lease_misuse_is_a_fault),
        cmocka_unit_test(test_clean_starts_over_from_the_image),
        cmocka_unit_test(test_rollback_restores_and_replays),
        cmocka_unit_test(test_crash_budget_withdraws),
        cmocka_unit_test(test_a_replayed_call_that_crashes_again_is_answered),
        cmocka_unit_test(test_never_stops_the_machine),
        cmocka_unit_test(test_crash_window),
        cmocka_unit_test(test_replay_only_if_downstream_is_idempotent),
        cmocka_unit_test(test_endless_loop_is_a_crash_of_that_call),
        cmocka_unit_test(test_yield_is_taken_up_by_the_same_call),
        cmocka_unit_test(test_busy_service_answers_busy),
        cmocka_unit_test(test_crash_clears_out_all_activations),
        cmocka_unit_test(test_event_is_delivered_as_an_upcall),
        cmocka_unit_test(test_event_bits_are_limited_by_the_handle),
        cmocka_unit_test(test_wait_ends_at_its_deadline),
        cmocka_unit_test(test_wait_ends_with_its_event),
        cmocka_unit_test(test_timer_event),
        cmocka_unit_test(test_injection_and_kill),
        cmocka_unit_test(test_misuse_is_a_fault),
        cmocka_unit_test(test_no_entropy_is_an_error_not_zeroes),
    };
    return cmocka_run_group_tests_name("core", tests, NULL, NULL);
}
