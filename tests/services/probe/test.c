/* SPDX-License-Identifier: MIT */
/*
 * libsvsmrt on the host, through the probe service: the dispatcher, what a rollback restores, the
 * clock, randomness, the libc's system calls, the ways to give up.
 */
#include "probe.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <sys/syscall.h>

#include <svsm/abi/fault.h>
#include <svsm/testing.h>

SVSM_TEST_SERVICE(probe);

#define BOOT_NS UINT64_C(1000000000)

static int start(void **state)
{
    (void)state;
    svsm_test_start((const struct svsm_host_task *[]){&svsm_host_probe, NULL});
    return 0;
}

static uint64_t out[SVSM_ARGS];

static uint32_t probe(uint32_t operation, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    uint64_t args[SVSM_ARGS] = {a, b, c, d};
    uint32_t result = svsm_test_call("probe", operation, args);
    memcpy(out, args, sizeof(out));
    return result;
}

static void expect_counts(uint64_t n)
{
    assert_int_equal(out[0], n);
    assert_int_equal(out[1], 1000 + n);
    assert_int_equal(out[2], 2000 + n);
}

static void test_dispatch(void **state)
{
    (void)state;
    assert_int_equal(probe(OP_HOLE, 0, 0, 0, 0), SVSM_ERR_UNSUPPORTED_CALL);
    assert_int_equal(probe(OP_MISSING, 0, 0, 0, 0), SVSM_ERR_UNSUPPORTED_CALL);
    assert_int_equal(probe(OP_BEHIND, 0, 0, 0, 0), SVSM_ERR_UNSUPPORTED_CALL);
    assert_int_equal(probe(OP_REGISTERS, 0x80001001, 2, 3, UINT64_MAX), 0x80001001);
    assert_int_equal(out[0], UINT64_MAX);
    assert_int_equal(out[1], 3);
    assert_int_equal(out[2], 2);
    assert_int_equal(out[3], 0x80001001);
    uint64_t args[SVSM_ARGS] = {9};
    assert_int_equal(svsm_test_call("probe-two", 0, args), SVSM_SUCCESS);
    assert_int_equal(args[0], 1);
    assert_int_equal(svsm_test_status("probe").crashes, 0);
}

static void test_reply_length(void **state)
{
    char bytes[601];
    (void)state;
    memset(bytes, '.', sizeof(bytes));
    assert_int_equal(probe(OP_REPLY, svsm_test_address(bytes), 600, 0, 0), SVSM_SUCCESS);
    assert_int_equal(out[1], 0);
    assert_int_equal(bytes[0], '.');
    assert_int_equal(probe(OP_REPLY, svsm_test_address(bytes), 600, 599, 0), SVSM_SUCCESS);
    assert_int_equal(out[1], 599);
    assert_int_equal(bytes[598], 'r');
    assert_int_equal(bytes[599], '.');
    assert_int_equal(probe(OP_REPLY, svsm_test_address(bytes), 10, 11, 0), SVSM_ERR_CRASHED);
    assert_int_equal(svsm_test_status("probe").last_cause, SVSM_FAULT_REPLY);
}

/* .data, .bss and heap: one crash is replayed and costs nothing, two lose the call alone. */
static void test_rollback(void **state)
{
    (void)state;
    assert_int_equal(probe(OP_COUNT, 0, 0, 0, 0), SVSM_SUCCESS);
    expect_counts(1);
    assert_int_equal(out[3], 0);
    assert_int_equal(probe(OP_COUNT, 1, 0, 0, 0), SVSM_SUCCESS);
    expect_counts(2);
    assert_int_equal(out[3], 1); /* the replay is a new generation */
    assert_int_equal(svsm_test_status("probe").replays, 1);
    assert_int_equal(svsm_test_logged("as asked"), 1);
    assert_int_equal(probe(OP_COUNT, 2, 0, 0, 0), SVSM_ERR_CRASHED);
    assert_int_equal(probe(OP_COUNT, 0, 0, 0, 0), SVSM_SUCCESS);
    expect_counts(3);
    assert_int_equal(out[3], 2);
    assert_int_equal(svsm_test_status("probe").crashes, 3);
}

static void test_withdrawn(void **state)
{
    (void)state;
    assert_int_equal(probe(OP_COUNT, 2, 0, 0, 0), SVSM_ERR_CRASHED);
    assert_int_equal(probe(OP_COUNT, 2, 0, 0, 0), SVSM_ERR_CRASHED);
    assert_int_equal(probe(OP_COUNT, 0, 0, 0, 0), SVSM_ERR_WITHDRAWN);
    assert_int_equal(svsm_test_status("probe").state, SVSM_TASK_WITHDRAWN);
}

static void test_killed_at_return(void **state)
{
    (void)state;
    svsm_test_kill_at("probe", 1);
    assert_int_equal(probe(OP_COUNT, 0, 0, 0, 0), SVSM_SUCCESS);
    expect_counts(1);
    assert_int_equal(svsm_test_status("probe").replays, 1);
    assert_int_equal(svsm_test_status("probe").injected, 1);
}

/* Each start is a first one: nothing is left of the test before. */
static void test_start_is_fresh(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        (void)start(NULL);
        assert_int_equal(probe(OP_COUNT, 0, 0, 0, 0), SVSM_SUCCESS);
        expect_counts(1);
        assert_int_equal(svsm_test_status("probe").crashes, 0);
    }
}

static void test_clock(void **state)
{
    (void)state;
    svsm_test_pass(UINT64_C(2500000007));
    assert_int_equal(probe(OP_CLOCK, 0, 0, 0, 0), SVSM_SUCCESS);
    assert_int_equal(out[0], BOOT_NS + UINT64_C(2500000007));
    assert_int_equal(out[1], out[0]);
    assert_int_equal(out[2], 3);
    assert_int_equal(out[3], 0); /* not trusted */
}

static void test_wait(void **state)
{
    (void)state;
    assert_int_equal(probe(OP_WAIT, 5000000, 0, 0, 0), SVSM_SUCCESS);
    assert_true(out[1] >= 5000000 && out[1] < 7000000);
    assert_int_equal(out[2], 0);
    assert_int_equal(probe(OP_WAIT, 5000000, 0x10, 0x30, 0), SVSM_SUCCESS);
    assert_int_equal(out[0], 0);
    assert_int_equal(out[1], 0);
    assert_int_equal(out[2], 0x10);
    /* The bit that nobody waited for became an event. */
    assert_int_equal(probe(OP_WAIT, 0, 0, 0, 0), SVSM_SUCCESS);
    assert_int_equal(out[3], 0x20);
    svsm_test_event("probe", 0x40);
    assert_int_equal(probe(OP_WAIT, 0, 0, 0, 0), SVSM_SUCCESS);
    assert_int_equal(out[3], 0x60);
}

/* More than one system call's worth; every part is filled. */
static void test_random(void **state)
{
    uint8_t a[600];
    uint8_t b[600];
    unsigned same = 0;
    (void)state;
    memset(a, 0, sizeof(a));
    memset(b, 0, sizeof(b));
    assert_int_equal(probe(OP_RANDOM, svsm_test_address(a), 600, 0, 0), SVSM_SUCCESS);
    assert_int_equal(probe(OP_RANDOM, svsm_test_address(b), 600, 0, 0), SVSM_SUCCESS);
    for (size_t i = 0; i < sizeof(a); i++) {
        same += a[i] == b[i] ? 1 : 0;
    }
    assert_true(same < 30);
    svsm_test_entropy(false);
    assert_int_equal(probe(OP_RANDOM, svsm_test_address(a), 1, 0, 0), SVSM_ERR_CRASHED);
    assert_true(svsm_test_logged("no entropy") > 0);
}

static void test_libc_refusals(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(probe(OP_LIBC, SYS_openat, 0, 0, 0), SVSM_SUCCESS);
        assert_int_equal((int64_t)out[0], -ENOSYS);
    }
    assert_int_equal(svsm_test_logged("openat: refused"), 1);
    assert_int_equal(probe(OP_LIBC, SYS_socket, 0, 0, 0), SVSM_SUCCESS);
    assert_int_equal(svsm_test_logged("socket: refused"), 1);
    assert_int_equal(probe(OP_LIBC, 99999, 0, 0, 0), SVSM_SUCCESS);
    assert_int_equal((int64_t)out[0], -ENOSYS);
    assert_int_equal(probe(OP_LIBC, (uint64_t)-1, 0, 0, 0), SVSM_SUCCESS);
    assert_int_equal(svsm_test_logged("system call 99999: refused"), 1);
    assert_int_equal(svsm_test_logged("system call -1: refused"), 1);
    assert_int_equal(probe(OP_LIBC, SYS_getpid, 0, 0, 0), SVSM_SUCCESS);
    assert_int_equal(out[0], 1);
    assert_int_equal(probe(OP_LIBC, SYS_write, 5, 0, 0), SVSM_SUCCESS);
    assert_int_equal((int64_t)out[0], -EBADF);
    assert_int_equal(probe(OP_LIBC, SYS_read, 0, 0, 0), SVSM_SUCCESS);
    assert_int_equal(out[0], 0);
}

static void test_print(void **state)
{
    (void)state;
    assert_int_equal(probe(OP_PRINT, 7, 0, 0, 0), SVSM_SUCCESS);
    assert_int_equal(svsm_test_logged("half a line 7"), 1);
    assert_int_equal(svsm_test_logged("and another"), 1);
    assert_int_equal(svsm_test_logged("an error"), 1);
    svsm_test_log_clear();
    assert_int_equal(svsm_test_logged(""), 0);
}

static void test_giving_up(void **state)
{
    static const char *const said[GIVE_UP_COUNT] = {
        "abort()",
        "exit() in a service",
        "assertion call->args[0] == 77 failed",
        "the manifest gives no handle named no-such-device",
        "",
    };
    (void)state;
    for (unsigned i = 0; i < GIVE_UP_COUNT; i++) {
        (void)start(NULL);
        assert_int_equal(probe(OP_GIVE_UP, i, 0, 0, 0), SVSM_ERR_CRASHED);
        assert_int_equal(svsm_test_status("probe").last_cause, SVSM_FAULT_PANIC);
        assert_true(svsm_test_logged(said[i]) > 0);
        assert_int_equal(probe(OP_COUNT, 0, 0, 0, 0), SVSM_SUCCESS);
        expect_counts(1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_dispatch, start),
        cmocka_unit_test_setup(test_reply_length, start),
        cmocka_unit_test_setup(test_rollback, start),
        cmocka_unit_test_setup(test_withdrawn, start),
        cmocka_unit_test_setup(test_killed_at_return, start),
        cmocka_unit_test_setup(test_start_is_fresh, start),
        cmocka_unit_test_setup(test_clock, start),
        cmocka_unit_test_setup(test_wait, start),
        cmocka_unit_test_setup(test_random, start),
        cmocka_unit_test_setup(test_libc_refusals, start),
        cmocka_unit_test_setup(test_print, start),
        cmocka_unit_test_setup(test_giving_up, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
