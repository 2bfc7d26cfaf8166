/* SPDX-License-Identifier: MIT */
/* Whose turn it is: nobody is kept from it by a task that parks, waits, or always has an event. */
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <task/port.h>
#include <svsm/abi/result.h>

#define SECOND UINT64_C(1000000000)

static struct fake_result waited[2];

static void body_always_an_event(const struct fake_upcall *up)
{
    (void)up;
    (void)fake_syscall(SVSM_SYS_TIMER_SET, SVSM_TIMER_EVENT, 1, 1, 0, 0, 0);
}

static void body_one_call(const struct fake_upcall *up)
{
    (void)up;
    (void)call(0, 0, 0, 0, 0, 0);
}

static void test_boot_chain_gets_its_turn(void **state)
{
    (void)state;
    begin(SVSM_POLICY_CLEAN);
    client_body = body_one_call;
    service_body = body_always_an_event;
    fake_boot(setup, 3, CLIENT, 1);
    atomic_store(&fake_task_get(SERVICE)->events, 1);
    for (int i = 0; i < 200; i++) {
        (void)fake_step(0);
    }
    assert_int_equal(seen_count, 1);
    assert_int_equal(seen[0].rax, SVSM_SUCCESS);
    assert_true(service_runs > 2); /* and the events theirs */
}

static void body_park_or_answer(const struct fake_upcall *up)
{
    if (up->args[0] == 5) {
        (void)fake_syscall(SVSM_SYS_YIELD, 0, 0, 0, 0, 0, 0);
    }
    fake_return(0, 0, up->args[0]);
}

static void body_park_and_another(const struct fake_upcall *up)
{
    if (up->vcpu == 0) {
        (void)call(0, 0, 5, 0, 0, 0); /* never repeated */
        return;
    }
    (void)call(0, 0, 6, 0, 0, 0);
    fake_pass(SECOND - 100000000);
    (void)call(0, 0, 6, 0, 0, 0);
    fake_pass(100000000);
    (void)call(0, 0, 6, 0, 0, 0);
}

static void test_a_parked_call_is_given_up_after_a_second(void **state)
{
    (void)state;
    begin(SVSM_POLICY_ROLLBACK);
    setup[CLIENT].activations = 2;
    client_body = body_park_and_another;
    service_body = body_park_or_answer;
    fake_boot(setup, 3, CLIENT, 2);
    fake_run(0, LIMIT);
    fake_run(1, LIMIT);
    assert_int_equal(seen[0].rax, SVSM_ERR_INCOMPLETE);
    assert_int_equal(seen[1].rax, SVSM_ERR_BUSY);
    assert_int_equal(seen[2].rax, SVSM_ERR_BUSY);
    assert_int_equal(seen[3].rax, SVSM_SUCCESS);
    assert_int_equal(seen[3].rdx, 6);
    assert_int_equal(crashes(SERVICE), 0);
}

static void test_an_event_cannot_park(void **state)
{
    (void)state;
    begin(SVSM_POLICY_CLEAN);
    client_body = body_one_call;
    service_body = body_park_or_answer;
    fake_boot(setup, 3, CLIENT, 1);
    atomic_store(&fake_task_get(SERVICE)->events, 5);
    fake_run(0, LIMIT);
    assert_int_equal(cause(SERVICE), SVSM_FAULT_ARGUMENT);
    assert_int_equal(seen[0].rax, SVSM_SUCCESS);
}

/* Takes an event, which is gone for a second run, parks, crashes. */
static void body_take_park_crash(const struct fake_upcall *up)
{
    (void)up;
    (void)fake_syscall(SVSM_SYS_TIMER_SET, SVSM_TIMER_EVENT, 1, 8, 0, 0, 0);
    (void)fake_syscall(SVSM_SYS_TIMER_SET, SVSM_TIMER_WAIT, UINT64_MAX, 8, 0, 0, 0);
    (void)fake_syscall(SVSM_SYS_YIELD, 0, 0, 0, 0, 0, 0);
    fake_exception(6, 0);
}

static void body_two_calls(const struct fake_upcall *up)
{
    (void)up;
    (void)call(0, 0, 5, 0, 0, 0);
    (void)call(0, 0, 5, 0, 0, 0);
}

static void test_a_parked_call_stays_one_that_must_not_be_replayed(void **state)
{
    (void)state;
    begin(SVSM_POLICY_ROLLBACK);
    client_body = body_two_calls;
    service_body = body_take_park_crash;
    go();
    assert_int_equal(seen[0].rax, SVSM_ERR_INCOMPLETE);
    assert_int_equal(seen[1].rax, SVSM_ERR_CRASHED);
    assert_int_equal(service_runs, 1);
}

static void body_wait_or_sleep(const struct fake_upcall *up)
{
    uint64_t until = up->vcpu == 0 ? UINT64_MAX : 2 * SECOND;
    waited[up->vcpu] =
        fake_syscall(SVSM_SYS_TIMER_SET, SVSM_TIMER_WAIT, until, up->vcpu == 0, 7, 8, 9);
}

static void test_a_sleep_leaves_the_wait_of_another_activation(void **state)
{
    (void)state;
    begin(SVSM_POLICY_CLEAN);
    setup[CLIENT].activations = 2;
    client_body = body_wait_or_sleep;
    waited[0].rax = waited[1].rax = 99;
    fake_boot(setup, 3, CLIENT, 2);
    fake_run(0, LIMIT);
    fake_run(1, LIMIT);
    fake_pass(3 * SECOND);
    fake_run(1, LIMIT);
    assert_int_equal(waited[1].rax, SVSM_ERR_TIMED_OUT);
    assert_int_equal(atomic_load(&fake_task_get(CLIENT)->waiter), 1);
    atomic_fetch_or(&fake_task_get(CLIENT)->events, 1);
    fake_run(1, LIMIT); /* must not deliver it as an upcall */
    fake_run(0, LIMIT);
    assert_int_equal(waited[0].rax, SVSM_SUCCESS);
    assert_int_equal(waited[0].rdx, 1);
    assert_int_equal(waited[0].r10 | waited[0].r8 | waited[0].r9, 0);
}

static void body_wait_for_own_timer(const struct fake_upcall *up)
{
    (void)up;
    (void)fake_syscall(SVSM_SYS_TIMER_SET, SVSM_TIMER_EVENT, 2 * SECOND, 0x80, 0, 0, 0);
    waited[0] = fake_syscall(SVSM_SYS_TIMER_SET, SVSM_TIMER_WAIT, 100 * SECOND, 0x80, 7, 8, 9);
}

static void test_a_wait_on_the_only_vcpu_sees_its_own_timer(void **state)
{
    (void)state;
    begin(SVSM_POLICY_CLEAN);
    client_body = body_wait_for_own_timer;
    waited[0].rax = 99;
    go();
    assert_int_equal(waited[0].rax, 99);
    fake_pass(3 * SECOND);
    fake_run(0, LIMIT);
    assert_int_equal(waited[0].rax, SVSM_SUCCESS);
    assert_int_equal(waited[0].rdx, 0x80);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_boot_chain_gets_its_turn),
        cmocka_unit_test(test_a_parked_call_is_given_up_after_a_second),
        cmocka_unit_test(test_an_event_cannot_park),
        cmocka_unit_test(test_a_parked_call_stays_one_that_must_not_be_replayed),
        cmocka_unit_test(test_a_sleep_leaves_the_wait_of_another_activation),
        cmocka_unit_test(test_a_wait_on_the_only_vcpu_sees_its_own_timer),
    };
    return cmocka_run_group_tests_name("turns", tests, NULL, NULL);
}
