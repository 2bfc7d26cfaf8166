/* SPDX-License-Identifier: MIT */
/* Host tests of hello: every operation, lengths at and over their limits, crashes in between. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include <svsm/testing.h>

SVSM_TEST_SERVICE(hello);

enum { OP_NULL, OP_GREET, OP_DOUBLE };

static int start(void **state)
{
    (void)state;
    svsm_test_start((const struct svsm_host_task *[]){&svsm_host_hello, NULL});
    return 0;
}

/* Buffers from malloc, so that ASan sees whoever goes beyond their ends. */
static char *copy_of(const char *text, size_t size)
{
    char *p = malloc(size + 1);
    assert_non_null(p);
    memcpy(p, text, size);
    return p;
}

static uint32_t greet(const char *name, size_t name_size, char *out, size_t *out_size)
{
    char *lent = copy_of(name, name_size);
    uint64_t args[SVSM_ARGS] = {svsm_test_address(lent), name_size, svsm_test_address(out),
                                *out_size};
    uint32_t result = svsm_test_call("hello", OP_GREET, args);
    *out_size = args[3];
    free(lent);
    return result;
}

static void test_null(void **state)
{
    uint64_t args[SVSM_ARGS] = {1, 2, 3, 4};
    (void)state;
    assert_int_equal(svsm_test_call("hello", OP_NULL, args), SVSM_SUCCESS);
    assert_int_equal(args[0] | args[1] | args[2] | args[3], 0);
    assert_int_equal(svsm_test_status("hello").crashes, 0);
}

static void test_unknown_operation(void **state)
{
    uint64_t args[SVSM_ARGS] = {0};
    (void)state;
    assert_int_equal(svsm_test_call("hello", 3, args), SVSM_ERR_UNSUPPORTED_CALL);
    assert_int_equal(svsm_test_call("hello", UINT32_MAX, args), SVSM_ERR_UNSUPPORTED_CALL);
}

static void test_greet(void **state)
{
    char out[64];
    size_t size = sizeof(out);
    (void)state;
    memset(out, 0x55, sizeof(out));
    assert_int_equal(greet("Ada", 3, out, &size), SVSM_SUCCESS);
    assert_int_equal(size, 11);
    assert_memory_equal(out, "Hello, Ada!", 11);
    assert_int_equal(out[11], 0x55); /* nothing but the answer is handed out */
}

static void test_greet_limits(void **state)
{
    char name[65];
    char out[257];
    size_t size = 256;
    (void)state;
    memset(name, 'x', sizeof(name));
    assert_int_equal(greet(name, 64, out, &size), SVSM_SUCCESS);
    assert_int_equal(size, 72);
    size = 256;
    assert_int_equal(greet(name, 65, out, &size), SVSM_ERR_INVALID_PARAMETER);
    size = 257;
    assert_int_equal(greet(name, 64, out, &size), SVSM_ERR_INVALID_PARAMETER);
    size = 256;
    assert_int_equal(greet(name, 0, out, &size), SVSM_SUCCESS);
    assert_memory_equal(out, "Hello, !", 8);
    assert_int_equal(svsm_test_status("hello").crashes, 0);
}

/* The greeting and the zero that snprintf() adds must fit. */
static void test_greet_room(void **state)
{
    char out[12];
    size_t size = 12;
    (void)state;
    assert_int_equal(greet("Ada", 3, out, &size), SVSM_SUCCESS);
    size = 11;
    assert_int_equal(greet("Ada", 3, out, &size), SVSM_ERR_INVALID_PARAMETER);
    size = 0;
    assert_int_equal(greet("Ada", 3, out, &size), SVSM_ERR_INVALID_PARAMETER);
    assert_int_equal(svsm_test_status("hello").crashes, 0);
}

static uint32_t doubled(uint8_t *bytes, size_t size)
{
    uint64_t args[SVSM_ARGS] = {svsm_test_address(bytes), size};
    return svsm_test_call("hello", OP_DOUBLE, args);
}

static void test_double(void **state)
{
    static const size_t sizes[] = {0, 1, 255, 256, 257, 2047, 2048};
    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint8_t bytes[2049];
        for (size_t j = 0; j < sizeof(bytes); j++) {
            bytes[j] = (uint8_t)j;
        }
        assert_int_equal(doubled(bytes, sizes[i]), SVSM_SUCCESS);
        for (size_t j = 0; j < sizeof(bytes); j++) {
            assert_int_equal(bytes[j], (uint8_t)(j < sizes[i] ? j * 2 : j));
        }
    }
    assert_int_equal(svsm_test_status("hello").crashes, 0);
}

static void test_double_too_long(void **state)
{
    uint8_t bytes[2049] = {1};
    (void)state;
    assert_int_equal(doubled(bytes, sizeof(bytes)), SVSM_ERR_INVALID_PARAMETER);
    assert_int_equal(bytes[0], 1);
}

/* Wherever it crashes, the caller's memory is as it was; the next call works. */
static void test_crash_anywhere(void **state)
{
    (void)state;
    for (uint64_t n = 1; n <= 5; n++) { /* two reads, two writes, the return */
        uint8_t bytes[512];
        memset(bytes, 21, sizeof(bytes));
        (void)start(NULL);
        svsm_test_kill_at("hello", n);
        assert_int_equal(doubled(bytes, sizeof(bytes)), SVSM_ERR_CRASHED);
        for (size_t i = 0; i < sizeof(bytes); i++) {
            assert_int_equal(bytes[i], 21);
        }
        assert_int_equal(svsm_test_status("hello").crashes, 1);
        assert_int_equal(doubled(bytes, sizeof(bytes)), SVSM_SUCCESS);
        assert_int_equal(bytes[511], 42);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_null, start),
        cmocka_unit_test_setup(test_unknown_operation, start),
        cmocka_unit_test_setup(test_greet, start),
        cmocka_unit_test_setup(test_greet_limits, start),
        cmocka_unit_test_setup(test_greet_room, start),
        cmocka_unit_test_setup(test_double, start),
        cmocka_unit_test_setup(test_double_too_long, start),
        cmocka_unit_test_setup(test_crash_anywhere, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
