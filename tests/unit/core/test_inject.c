/* SPDX-License-Identifier: MIT */
/* Fault injection and kills as the kill campaign uses them, over the fake platform. */
#include "fixture.h"

#include <task/core.h>
#include <svsm/abi/log.h>
#include <svsm/abi/result.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void body_inject_twice(const struct fake_upcall *up)
{
    (void)up;
    (void)fake_syscall(SVSM_SYS_TASK_CTL, 2, SVSM_CTL_INJECT_SYSCALL, 2, 3, 0, 0);
    call(0, 0, 0, 0, 0, 0);
    call(0, 0, 0, 0, 0, 0);
}

/* Two system calls and the return. */
static void body_log_twice(const struct fake_upcall *up)
{
    uint8_t *state = fake_memory(up->task, SVSM_HEAP_VA);
    ++*state;
    for (int i = 0; i < 2; i++) {
        (void)fake_syscall(SVSM_SYS_LOG, SVSM_LOG_INFO, SVSM_HEAP_VA, 1, 0, 0, 0);
    }
}

/* The second call crashes, the third of the replay as well: the state is as before. */
static void test_replay_crashes_too(void **state)
{
    (void)state;
    begin(SVSM_POLICY_ROLLBACK);
    client_body = body_inject_twice;
    service_body = body_log_twice;
    go();
    assert_int_equal(service_runs, 3);
    assert_int_equal(crashes(SERVICE), 2);
    assert_int_equal(cause(SERVICE), SVSM_FAULT_INJECTED);
    assert_int_equal(seen[0].rax, SVSM_ERR_CRASHED);
    assert_int_equal(seen[1].rax, SVSM_SUCCESS); /* no third crash */
    assert_int_equal(*service_memory(SVSM_HEAP_VA), 1);
}

static void body_null_call(const struct fake_upcall *up)
{
    (void)up;
    call(0, 0, 0, 0, 0, 0);
}

/* A kick finds the killed task between two system calls: it does not go on to the next. */
static void test_kill_does_not_wait_for_a_system_call(void **state)
{
    (void)state;
    begin(SVSM_POLICY_CLEAN);
    client_body = body_null_call;
    service_body = body_log_twice;
    fake_boot(setup, 3, CLIENT, 1);
    while (service_runs == 0) {
        assert_true(fake_step(0));
    }
    assert_true(core_interrupted(fake_cpu(0)));
    assert_int_equal(crashes(SERVICE), 0); /* not killed: an interrupt changes nothing */
    atomic_fetch_or(&fake_task_get(SERVICE)->attention, ATTENTION_KILL);
    assert_true(core_interrupted(fake_cpu(0)));
    assert_int_equal(crashes(SERVICE), 1);
    assert_int_equal(cause(SERVICE), SVSM_FAULT_KILLED);
    fake_run(0, LIMIT);
    assert_int_equal(seen[0].rax, SVSM_ERR_CRASHED);
    assert_int_equal(service_runs, 1);
}

static void body_log_read(const struct fake_upcall *up)
{
    struct svsm_log_record r;
    (void)up;
    uint64_t rax = fake_syscall(SVSM_SYS_TASK_CTL, 0, SVSM_CTL_LOG_READ, 2, SVSM_HEAP_VA, 0, 0).rax;
    memcpy(&r, service_memory(SVSM_HEAP_VA), sizeof(r));
    fake_return(rax == SVSM_SUCCESS && r.task == SERVICE && r.sequence == 3 ? 7 : 1, 0, 0);
}

/* A log handle leads to the records of whoever has it, and to nobody else's. */
static void test_log_read_is_of_the_own_ring(void **state)
{
    (void)state;
    begin(SVSM_POLICY_CLEAN);
    setup[SERVICE].handle_count = 1;
    setup[SERVICE].handles[0] = (struct svsm_image_handle){.name = "log", .type = SVSM_HANDLE_LOG};
    client_body = body_null_call;
    service_body = body_log_read;
    go();
    assert_int_equal(seen[0].rax, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replay_crashes_too),
        cmocka_unit_test(test_log_read_is_of_the_own_ring),
        cmocka_unit_test(test_kill_does_not_wait_for_a_system_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
