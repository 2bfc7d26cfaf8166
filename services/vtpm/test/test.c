/* SPDX-License-Identifier: MIT */
/* Host tests of the vTPM's handlers over the TPM of tpm.c: lengths, states, rollback, reseeding. */
#include "protocol.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include <svsm/abi/fault.h>
#include <svsm/testing.h>

SVSM_TEST_SERVICE(vtpm);

enum { OP_COMMAND, OP_SAVE, OP_RESTORE, OP_INFO };
enum { PERMANENT = 1, VOLATILE = 2 };

static uint8_t in[65537];
static uint8_t out[65537];
static uint64_t out_len;

static int start(void **state)
{
    (void)state;
    svsm_test_start((const struct svsm_host_task *[]){&svsm_host_vtpm, NULL});
    return 0;
}

static uint32_t vtpm(uint32_t operation, size_t in_size, size_t out_size)
{
    uint64_t args[SVSM_ARGS] = {svsm_test_address(in), in_size, svsm_test_address(out), out_size};
    uint32_t result = svsm_test_call("vtpm", operation, args);
    out_len = args[3];
    return result;
}

/* A command of `size` bytes that says it has `stated`, doing `what`. */
static uint32_t command(char what, size_t size, uint32_t stated, size_t room)
{
    memset(in, 0, sizeof(in));
    in[0] = 0x80;
    in[2] = (uint8_t)(stated >> 24);
    in[3] = (uint8_t)(stated >> 16);
    in[4] = (uint8_t)(stated >> 8);
    in[5] = (uint8_t)stated;
    in[10] = (uint8_t)what;
    return vtpm(OP_COMMAND, size, room);
}

static uint32_t restore(uint8_t kind, const char *text)
{
    size_t size = strlen(text);
    in[0] = kind;
    memcpy(in + 1, text, size + 1);
    return vtpm(OP_RESTORE, size + 1, 0);
}

static uint32_t save(uint8_t kind, size_t room)
{
    in[0] = kind;
    return vtpm(OP_SAVE, 1, room);
}

static void test_command(void **state)
{
    (void)state;
    assert_int_equal(command('e', 11, 11, 4096), SVSM_SUCCESS);
    assert_int_equal(out_len, 12);
    assert_int_equal(out[0], 1);
    assert_memory_equal(out + 1, in, 11);
    assert_int_equal(command('e', 10, 10, 4096), SVSM_SUCCESS); /* a header alone */
    assert_int_equal(out[0], 2);
    assert_int_equal(command('l', 4096, 4096, 4096), SVSM_SUCCESS);
    assert_int_equal(out_len, 4096);
    assert_int_equal(out[4095], 'l');
    assert_int_equal(svsm_test_status("vtpm").crashes, 0);
}

static void test_command_lengths(void **state)
{
    static const struct {
        size_t size;
        uint32_t stated;
        uint32_t want;
    } cases[] = {
        {0, 0, SVSM_ERR_INVALID_FORMAT},           {1, 1, SVSM_ERR_INVALID_FORMAT},
        {9, 9, SVSM_ERR_INVALID_FORMAT},           {11, 10, SVSM_ERR_INVALID_FORMAT},
        {11, 12, SVSM_ERR_INVALID_FORMAT},         {11, UINT32_MAX, SVSM_ERR_INVALID_FORMAT},
        {11, 0x0b000000, SVSM_ERR_INVALID_FORMAT}, /* the other byte order */
        {4097, 4097, SVSM_ERR_INVALID_PARAMETER},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(command('e', cases[i].size, cases[i].stated, 4096), cases[i].want);
    }
    assert_int_equal(command('e', 11, 11, 4097), SVSM_ERR_INVALID_PARAMETER);
    assert_int_equal(command('e', 11, 11, 4096), SVSM_SUCCESS);
    assert_int_equal(out[0], 1); /* none of those reached the TPM */
    assert_int_equal(svsm_test_status("vtpm").crashes, 0);
}

static void test_no_response(void **state)
{
    (void)state;
    assert_int_equal(command('n', 11, 11, 4096), SVSM_ERR_INVALID_REQUEST);
    assert_int_equal(command('e', 11, 11, 5), SVSM_ERR_INVALID_REQUEST);
    assert_int_equal(svsm_test_status("vtpm").crashes, 0);
}

static void test_save_and_restore(void **state)
{
    (void)state;
    assert_int_equal(save(PERMANENT, 100), SVSM_SUCCESS);
    assert_string_equal((char *)out, "fresh");
    assert_int_equal(restore(PERMANENT, "permanent state"), SVSM_SUCCESS);
    assert_int_equal(restore(VOLATILE, "volatile state"), SVSM_SUCCESS);
    assert_int_equal(save(PERMANENT, 15), SVSM_SUCCESS);
    assert_int_equal(out_len, 15);
    assert_memory_equal(out, "permanent state", 15);
    assert_int_equal(save(VOLATILE, 65536), SVSM_SUCCESS);
    assert_memory_equal(out, "volatile state", out_len);
    assert_int_equal(save(VOLATILE, 13), SVSM_ERR_INVALID_REQUEST); /* no room */
    assert_int_equal(out_len, 0);
}

static void test_save_and_restore_refused(void **state)
{
    (void)state;
    assert_int_equal(save(0, 100), SVSM_ERR_INVALID_PARAMETER);
    assert_int_equal(save(3, 100), SVSM_ERR_INVALID_PARAMETER);
    assert_int_equal(save(255, 100), SVSM_ERR_INVALID_PARAMETER);
    assert_int_equal(vtpm(OP_SAVE, 0, 100), SVSM_ERR_INVALID_PARAMETER);
    assert_int_equal(vtpm(OP_SAVE, 2, 100), SVSM_ERR_INVALID_PARAMETER);
    assert_int_equal(save(PERMANENT, 65537), SVSM_ERR_INVALID_PARAMETER);
    assert_int_equal(vtpm(OP_RESTORE, 0, 0), SVSM_ERR_INVALID_PARAMETER);
    assert_int_equal(restore(PERMANENT, ""), SVSM_ERR_INVALID_PARAMETER);
    assert_int_equal(restore(3, "state"), SVSM_ERR_INVALID_PARAMETER);
    memset(in, 0, sizeof(in));
    in[0] = PERMANENT;
    assert_int_equal(vtpm(OP_RESTORE, 100, 0), SVSM_ERR_INVALID_FORMAT);
    assert_int_equal(vtpm(OP_RESTORE, 65537, 0), SVSM_ERR_INVALID_PARAMETER);
    assert_int_equal(svsm_test_status("vtpm").crashes, 0);
}

static void test_info(void **state)
{
    (void)state;
    assert_int_equal(vtpm(OP_INFO, 0, 128), SVSM_SUCCESS);
    assert_true(out_len > 10 && out_len < 128);
    assert_memory_equal(out, "libtpms 123", 11);
    assert_int_equal(vtpm(OP_INFO, 0, out_len), SVSM_ERR_INVALID_PARAMETER);
    assert_int_equal(vtpm(OP_INFO, 0, 0), SVSM_ERR_INVALID_PARAMETER);
}

/* A crash that happens once costs nothing, and no generator goes on from used state. */
static void test_killed_once(void **state)
{
    (void)state;
    assert_int_equal(command('e', 11, 11, 4096), SVSM_SUCCESS);
    assert_int_equal(svsm_test_logged("seeded anew"), 0);
    svsm_test_kill_at("vtpm", 1);
    assert_int_equal(command('e', 11, 11, 4096), SVSM_SUCCESS);
    assert_int_equal(out[0], 2);
    assert_int_equal(svsm_test_status("vtpm").replays, 1);
    assert_int_equal(svsm_test_logged("seeded anew"), 1);
    assert_int_equal(svsm_test_logged("TPM stirred"), 1);
    assert_int_equal(command('e', 11, 11, 4096), SVSM_SUCCESS);
    assert_int_equal(out[0], 3);
    assert_int_equal(svsm_test_logged("seeded anew"), 1);
}

/* A command that always crashes is lost, with everything it did, and nothing else is. */
static void test_crash(void **state)
{
    (void)state;
    assert_int_equal(restore(PERMANENT, "kept"), SVSM_SUCCESS);
    assert_int_equal(command('x', 11, 11, 4096), SVSM_ERR_CRASHED);
    assert_int_equal(svsm_test_status("vtpm").crashes, 2);
    assert_int_equal(svsm_test_status("vtpm").last_cause, SVSM_FAULT_PANIC);
    assert_int_equal(command('e', 11, 11, 4096), SVSM_SUCCESS);
    assert_int_equal(out[0], 1);
    assert_int_equal(save(PERMANENT, 100), SVSM_SUCCESS);
    assert_int_equal(out_len, 4);
    assert_memory_equal(out, "kept", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_command, start),
        cmocka_unit_test_setup(test_command_lengths, start),
        cmocka_unit_test_setup(test_no_response, start),
        cmocka_unit_test_setup(test_save_and_restore, start),
        cmocka_unit_test_setup(test_save_and_restore_refused, start),
        cmocka_unit_test_setup(test_info, start),
        cmocka_unit_test_setup(test_killed_once, start),
        cmocka_unit_test_setup(test_crash, start),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return failed + protocol_tests();
}
