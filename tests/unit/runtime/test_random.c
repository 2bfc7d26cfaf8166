/* SPDX-License-Identifier: MIT */
/* libsvsmrt's randomness: parts of at most one system call's size, reseeding by generation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "rt.h"
#include <svsm/random.h>

static unsigned calls;
static uint64_t largest;
static uint64_t answer;
static jmp_buf gave_up;
static unsigned seeded[5];

struct rt_result rt_syscall(uint64_t number, uint64_t rdi, uint64_t rsi, uint64_t rdx, uint64_t r10,
                            uint64_t r8, uint64_t r9)
{
    (void)rdx;
    (void)r10;
    (void)r8;
    (void)r9;
    assert_int_equal(number, SVSM_SYS_RANDOM);
    calls++;
    largest = rsi > largest ? rsi : largest;
    if (answer == SVSM_SUCCESS) {
        memset((void *)rdi, (int)calls, rsi); /* SAFETY: svsm_random()'s own destination */
    }
    return (struct rt_result){.rax = answer};
}

void svsm_panic(uint64_t code, const char *text)
{
    (void)code;
    (void)text;
    longjmp(gave_up, 1);
}

static void test_parts(void **state)
{
    uint8_t bytes[602];
    (void)state;
    memset(bytes, 0xee, sizeof(bytes));
    svsm_random(bytes + 1, 600);
    assert_int_equal(calls, 3);
    assert_int_equal(largest, SVSM_RANDOM_MAX);
    assert_int_equal(bytes[0], 0xee);
    assert_int_equal(bytes[1], 1);
    assert_int_equal(bytes[256], 1);
    assert_int_equal(bytes[257], 2);
    assert_int_equal(bytes[600], 3);
    assert_int_equal(bytes[601], 0xee);
    svsm_random(bytes, 0);
    assert_int_equal(calls, 3);
}

static void test_no_entropy(void **state)
{
    volatile int ended = 0;
    uint8_t byte = 0;
    (void)state;
    answer = SVSM_ERR_NO_ENTROPY;
    if (setjmp(gave_up) == 0) {
        svsm_random(&byte, 1);
    } else {
        ended = 1;
    }
    answer = SVSM_SUCCESS;
    assert_int_equal(ended, 1);
}

static void seed_0(void)
{
    seeded[0]++;
}

static void seed_1(void)
{
    seeded[1]++;
}

static void test_generations(void **state)
{
    volatile int ended = 0;
    (void)state;
    rt_generation_seen(7);
    svsm_on_generation(seed_0);
    svsm_on_generation(seed_1);
    rt_generation(7);
    assert_int_equal(seeded[0] + seeded[1], 0);
    rt_generation(8);
    rt_generation(8);
    assert_int_equal(seeded[0], 1);
    assert_int_equal(seeded[1], 1);
    rt_generation(0); /* it may wrap */
    assert_int_equal(seeded[0], 2);
    svsm_on_generation(seed_0);
    svsm_on_generation(seed_1);
    if (setjmp(gave_up) == 0) {
        svsm_on_generation(seed_0);
    } else {
        ended = 1;
    }
    assert_int_equal(ended, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_no_entropy),
        cmocka_unit_test(test_generations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
