/* SPDX-License-Identifier: MIT */
/*
 * Thread areas as libsvsmrt lays them out, by what compiled code and musl read of them: variables
 * end at the thread pointer, which points to itself, and the canary is 0x28 bytes behind it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "tls.h"
#include <svsm/abi/layout.h>

#define CANARY UINT64_C(0x1122334455667700)
#define CANARY_AT 0x28

/* SAFETY: data only: the linker script's symbols around five bytes of variables with a first value
 * and eleven without. */
__asm__(".section .rodata\n"
        ".globl svsm_tls_start, svsm_tls_data_end, svsm_tls_end\n"
        "svsm_tls_start: .byte 1, 2, 3, 4, 5\n"
        "svsm_tls_data_end: .zero 11\n"
        "svsm_tls_end:\n"
        ".previous\n");

uint64_t __libc[64]; /* stands for musl's structure of that name */

static _Alignas(4096) uint8_t slots[2][SVSM_TLS_BYTES];

static void test_layout(void **state)
{
    const uint8_t variables[16] = {1, 2, 3, 4, 5};
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        uint8_t *tp = slots[i] + SVSM_TP_OFFSET;
        uint8_t *self = NULL;
        uint64_t canary = 0;
        rt_thread_init(slots[i], tp, CANARY + i * 256);
        memcpy(&self, tp, sizeof(self));
        memcpy(&canary, tp + CANARY_AT, sizeof(canary));
        assert_ptr_equal(self, tp);
        assert_int_equal(canary, CANARY + i * 256);
        assert_memory_equal(tp - 16, variables, 16);
        assert_int_equal(tp[-17], 0);
    }
}

static void test_page_size(void **state)
{
    unsigned found = 0;
    (void)state;
    for (size_t i = 0; i < 64; i++) {
        found += __libc[i] == 4096 ? 1 : 0;
    }
    assert_int_equal(found, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_page_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
