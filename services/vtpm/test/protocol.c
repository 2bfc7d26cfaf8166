/* SPDX-License-Identifier: MIT */
/* Host tests of SVSM protocol 2 over the TPM of tpm.c: what a guest finds in registers and buffer.
 */
#include "protocol.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include <svsm/abi/svsm_services.h>
#include <svsm/testing.h>

SVSM_TEST_SERVICE(vtpm);

#define VTPM 2
#define PAGE(n) (SVSM_TEST_GUEST_GPA + (n)*4096)

static int start(void **state)
{
    (void)state;
    svsm_test_start((const struct svsm_host_task *[]){&svsm_host_vtpm, NULL});
    return 0;
}

static uint8_t *at(uint64_t gpa)
{
    return svsm_test_guest_memory(gpa);
}

static void put32(uint64_t gpa, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        *at(gpa + i) = (uint8_t)(value >> 8 * i);
    }
}

static uint32_t get32(uint64_t gpa)
{
    return *at(gpa) | (uint32_t)*at(gpa + 1) << 8 | (uint32_t)*at(gpa + 2) << 16 |
           (uint32_t)*at(gpa + 3) << 24;
}

static struct svsm_test_guest cmd(uint64_t gpa)
{
    const uint64_t args[SVSM_ARGS] = {gpa, 0x5a, 0x5b, 0x5c};
    return svsm_test_guest_call(VTPM, SVSM_VTPM_CMD, args);
}

/* A request for `what` of `size` TPM bytes that say they are `stated`. */
static void request(uint64_t gpa, char what, uint32_t size, uint32_t stated)
{
    put32(gpa, SVSM_VTPM_SEND_COMMAND);
    *at(gpa + 4) = 0;
    put32(gpa + 5, size);
    const uint8_t header[10] = {0x80,
                                0x01,
                                (uint8_t)(stated >> 24),
                                (uint8_t)(stated >> 16),
                                (uint8_t)(stated >> 8),
                                (uint8_t)stated};
    for (uint32_t i = 0; i < sizeof(header); i++) {
        *at(gpa + 9 + i) = header[i];
    }
    *at(gpa + 19) = (uint8_t)what;
}

static void test_query(void **state)
{
    const uint64_t args[SVSM_ARGS] = {1, 2, 3, 4};
    (void)state;
    struct svsm_test_guest g = svsm_test_guest_call(VTPM, SVSM_VTPM_QUERY, args);
    assert_int_equal(g.result, SVSM_SUCCESS);
    assert_int_equal(g.mask, SVSM_GUEST_RCX | SVSM_GUEST_RDX);
    assert_int_equal(g.out[0], 0x100);
    assert_int_equal(g.out[1], 0);
}

static void test_no_such_call(void **state)
{
    const uint64_t args[SVSM_ARGS] = {PAGE(1)};
    (void)state;
    assert_int_equal(svsm_test_guest_call(VTPM, 2, args).result, SVSM_ERR_UNSUPPORTED_CALL);
    assert_int_equal(svsm_test_guest_call(VTPM, 8, args).result, SVSM_ERR_UNSUPPORTED_CALL);
    assert_int_equal(svsm_test_guest_call(VTPM, UINT32_MAX, args).result,
                     SVSM_ERR_UNSUPPORTED_CALL);
}

static void test_command(void **state)
{
    (void)state;
    for (uint64_t gpa = PAGE(1); gpa <= PAGE(2); gpa += 1024) { /* straddling included */
        memset(at(gpa), 0xee, 4096);
        request(gpa, 'e', 11, 11);
        struct svsm_test_guest g = cmd(gpa);
        assert_int_equal(g.result, SVSM_SUCCESS);
        assert_int_equal(g.mask, 0);
        assert_int_equal(get32(gpa), 12);
        assert_int_equal(*at(gpa + 4), (gpa - PAGE(1)) / 1024 + 1); /* one TPM, it counts */
        assert_int_equal(*at(gpa + 5), 0x80);
        assert_int_equal(*at(gpa + 15), 'e');
        assert_int_equal(*at(gpa + 19), 'e'); /* the request's: only 16 bytes were written */
        assert_int_equal(*at(gpa + 20), 0xee);
    }
}

/* The same TPM as the one behind the tasks' endpoint. */
static void test_one_tpm(void **state)
{
    static uint8_t in[11] = {0x80, 1, 0, 0, 0, 11, 0, 0, 0, 0, 'e'};
    static uint8_t out[64];
    uint64_t args[SVSM_ARGS] = {svsm_test_address(in), 11, svsm_test_address(out), 64};
    (void)state;
    request(PAGE(1), 'e', 11, 11);
    assert_int_equal(cmd(PAGE(1)).result, SVSM_SUCCESS);
    assert_int_equal(svsm_test_call("vtpm", 0, args), SVSM_SUCCESS);
    assert_int_equal(out[0], 2);
    request(PAGE(1), 'e', 11, 11);
    assert_int_equal(cmd(PAGE(1)).result, SVSM_SUCCESS);
    assert_int_equal(*at(PAGE(1) + 4), 3);
}

static void test_largest(void **state)
{
    (void)state;
    request(PAGE(1), 'l', SVSM_VTPM_COMMAND_MAX, SVSM_VTPM_COMMAND_MAX);
    *at(PAGE(2)) = 0x77;
    assert_int_equal(cmd(PAGE(1)).result, SVSM_SUCCESS);
    assert_int_equal(get32(PAGE(1)), SVSM_VTPM_RESPONSE_MAX);
    assert_int_equal(*at(PAGE(2) - 1), 'l');
    assert_int_equal(*at(PAGE(2)), 0x77);
    /* The largest again where the second page has gone: the command is there, its answer not. */
    request(PAGE(2) - 30, 'l', 11, 11);
    svsm_test_guest_page(2, false);
    assert_int_equal(cmd(PAGE(2) - 30).result, SVSM_ERR_INVALID_ADDRESS);
    assert_int_equal(get32(PAGE(2) - 30), SVSM_VTPM_SEND_COMMAND);
    assert_int_equal(svsm_test_status("vtpm").crashes, 0);
}

static void test_refused(void **state)
{
    static const struct {
        uint32_t command;
        uint8_t locality;
        uint32_t size, want;
    } cases[] = {
        {0, 0, 11, SVSM_ERR_INVALID_PARAMETER},
        {1, 0, 11, SVSM_ERR_UNSUPPORTED_CALL},
        {18, 0, 11, SVSM_ERR_UNSUPPORTED_CALL},
        {19, 0, 11, SVSM_ERR_INVALID_PARAMETER},
        {20, 0, 11, SVSM_ERR_UNSUPPORTED_CALL},
        {26, 9, 11, SVSM_ERR_UNSUPPORTED_CALL},
        {27, 0, 11, SVSM_ERR_INVALID_PARAMETER},
        {30, 0, UINT32_MAX, SVSM_ERR_UNSUPPORTED_CALL},
        {31, 0, 11, SVSM_ERR_INVALID_PARAMETER},
        {32 + 8, 0, 11, SVSM_ERR_INVALID_PARAMETER},
        {UINT32_MAX, 0, 11, SVSM_ERR_INVALID_PARAMETER},
        {0x08000000, 0, 11, SVSM_ERR_INVALID_PARAMETER}, /* the other byte order */
        {8, 1, 11, SVSM_ERR_INVALID_PARAMETER},
        {8, 255, 11, SVSM_ERR_INVALID_PARAMETER},
        {8, 0, 4088, SVSM_ERR_INVALID_PARAMETER},
        {8, 0, UINT32_MAX, SVSM_ERR_INVALID_PARAMETER},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        request(PAGE(1), 'e', cases[i].size, 11);
        put32(PAGE(1), cases[i].command);
        *at(PAGE(1) + 4) = cases[i].locality;
        assert_int_equal(cmd(PAGE(1)).result, cases[i].want);
        assert_int_equal(get32(PAGE(1)), cases[i].command);
    }
    request(PAGE(1), 'e', 11, 11);
    assert_int_equal(cmd(PAGE(1)).result, SVSM_SUCCESS);
    assert_int_equal(*at(PAGE(1) + 4), 1); /* none of those reached the TPM */
}

static void test_addresses(void **state)
{
    (void)state;
    assert_int_equal(cmd(0).result, SVSM_ERR_INVALID_PARAMETER);
    assert_int_equal(cmd(SVSM_TEST_GUEST_GPA - 1).result, SVSM_ERR_INVALID_ADDRESS);
    assert_int_equal(cmd(UINT64_MAX).result, SVSM_ERR_INVALID_ADDRESS);
    assert_int_equal(cmd(UINT64_C(1) << 63).result, SVSM_ERR_INVALID_ADDRESS);
    assert_int_equal(cmd(UINT64_C(1) << 51 | PAGE(1)).result, SVSM_ERR_INVALID_ADDRESS);
    svsm_test_guest_page(2, false);
    for (unsigned there = 1; there < 20; there++) { /* of a request of 20 bytes */
        request(PAGE(2) - there, 'e', 11, 11);
        assert_int_equal(cmd(PAGE(2) - there).result, SVSM_ERR_INVALID_ADDRESS);
    }
    request(PAGE(2) - 20, 'e', 11, 11);
    assert_int_equal(cmd(PAGE(2) - 20).result, SVSM_SUCCESS);
    assert_int_equal(*at(PAGE(2) - 16), 1);
}

static uint32_t code_of(uint64_t gpa)
{
    return (uint32_t)*at(gpa + 4 + 8) << 8 | *at(gpa + 4 + 9);
}

/* What is wrong with the command is said by the TPM. */
static void test_tpm_errors(void **state)
{
    static const struct {
        uint32_t size, stated, code;
        char what;
    } cases[] = {{0, 0, 0x142, 'e'},   {9, 9, 0x142, 'e'},           {11, 12, 0x142, 'e'},
                 {11, 10, 0x142, 'e'}, {11, 0x0b000000, 0x142, 'e'}, {11, 11, 0x101, 'n'}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        request(PAGE(1), cases[i].what, cases[i].size, cases[i].stated);
        assert_int_equal(cmd(PAGE(1)).result, SVSM_SUCCESS);
        assert_int_equal(get32(PAGE(1)), 10);
        assert_int_equal(code_of(PAGE(1)), cases[i].code);
    }
}

static void test_crash(void **state)
{
    (void)state;
    request(PAGE(1), 'x', 11, 11);
    assert_int_equal(cmd(PAGE(1)).result, SVSM_ERR_INVALID_REQUEST);
    assert_int_equal(get32(PAGE(1)), SVSM_VTPM_SEND_COMMAND); /* the buffer is as it was */
    assert_int_equal(svsm_test_status("vtpm").crashes, 2);
    svsm_test_kill_at("vtpm", 1); /* once, at its return */
    request(PAGE(1), 'e', 11, 11);
    assert_int_equal(cmd(PAGE(1)).result, SVSM_SUCCESS);
    assert_int_equal(*at(PAGE(1) + 4), 1);
}

int protocol_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_query, start),
        cmocka_unit_test_setup(test_no_such_call, start),
        cmocka_unit_test_setup(test_command, start),
        cmocka_unit_test_setup(test_one_tpm, start),
        cmocka_unit_test_setup(test_largest, start),
        cmocka_unit_test_setup(test_refused, start),
        cmocka_unit_test_setup(test_addresses, start),
        cmocka_unit_test_setup(test_tpm_errors, start),
        cmocka_unit_test_setup(test_crash, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
