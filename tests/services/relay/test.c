/* SPDX-License-Identifier: MIT */
/* Two services in one program, each with a libsvsmrt of its own: relay calls hello. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include <svsm/testing.h>

SVSM_TEST_SERVICE(hello);
SVSM_TEST_SERVICE(relay);

#define CRASHED_CALLEE 3 /* enum svsm_err: SVSM_E_CRASHED */

static int start(void **state)
{
    (void)state;
    svsm_test_start((const struct svsm_host_task *[]){&svsm_host_hello, &svsm_host_relay, NULL});
    return 0;
}

static void test_greet(void **state)
{
    char out[64] = {0};
    uint64_t args[SVSM_ARGS] = {svsm_test_address(out), sizeof(out)};
    (void)state;
    assert_int_equal(svsm_test_call("relay", 0, args), SVSM_SUCCESS);
    assert_string_equal(out, "Hello, relay!");
    assert_int_equal(args[1], 13);
    assert_int_equal(svsm_test_status("hello").crashes + svsm_test_status("relay").crashes, 0);
}

static void test_lease_lent_on(void **state)
{
    uint8_t bytes[4] = {1, 2, 3, 4};
    uint64_t args[SVSM_ARGS] = {svsm_test_address(bytes), sizeof(bytes)};
    const uint8_t want[4] = {1, 4, 6, 8};
    (void)state;
    assert_int_equal(svsm_test_call("relay", 1, args), SVSM_SUCCESS);
    assert_memory_equal(bytes, want, sizeof(want));
}

/* The callee's crash reaches the caller as an answer; the caller's caller's memory is untouched. */
static void test_callee_crashes(void **state)
{
    uint8_t bytes[4] = {1, 2, 3, 4};
    const uint8_t want[4] = {1, 2, 3, 4};
    uint64_t args[SVSM_ARGS] = {svsm_test_address(bytes), sizeof(bytes)};
    (void)state;
    svsm_test_kill_at("hello", 3);
    assert_int_equal(svsm_test_call("relay", 1, args), SVSM_ERR_CRASHED);
    assert_int_equal(args[0], CRASHED_CALLEE);
    assert_memory_equal(bytes, want, sizeof(want));
    assert_int_equal(svsm_test_status("hello").crashes, 1);
    assert_int_equal(svsm_test_status("relay").crashes, 0);
}

static void test_caller_crashes(void **state)
{
    char out[64] = {0};
    uint64_t args[SVSM_ARGS] = {svsm_test_address(out), sizeof(out)};
    (void)state;
    svsm_test_kill_at("relay", 2); /* its return, after the call */
    assert_int_equal(svsm_test_call("relay", 0, args), SVSM_ERR_CRASHED);
    assert_int_equal(out[0], 0);
    assert_int_equal(svsm_test_status("hello").crashes, 0);
    args[0] = svsm_test_address(out);
    args[1] = sizeof(out);
    assert_int_equal(svsm_test_call("relay", 0, args), SVSM_SUCCESS);
    assert_string_equal(out, "Hello, relay!");
}

/* The callee has answered, then the one in the middle dies: what the callee wrote goes with it. */
static void test_middle_crashes(void **state)
{
    uint8_t bytes[4] = {1, 2, 3, 4};
    const uint8_t before[4] = {1, 2, 3, 4};
    const uint8_t doubled[4] = {1, 4, 6, 8};
    uint64_t args[SVSM_ARGS] = {svsm_test_address(bytes), sizeof(bytes)};
    (void)state;
    svsm_test_kill_at("relay", 2); /* its return, after the call */
    assert_int_equal(svsm_test_call("relay", 1, args), SVSM_ERR_CRASHED);
    assert_memory_equal(bytes, before, sizeof(before));
    args[0] = svsm_test_address(bytes);
    args[1] = sizeof(bytes);
    assert_int_equal(svsm_test_call("relay", 1, args), SVSM_SUCCESS);
    assert_memory_equal(bytes, doubled, sizeof(doubled));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_greet, start),
        cmocka_unit_test_setup(test_lease_lent_on, start),
        cmocka_unit_test_setup(test_callee_crashes, start),
        cmocka_unit_test_setup(test_caller_crashes, start),
        cmocka_unit_test_setup(test_middle_crashes, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
