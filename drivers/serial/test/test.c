/* SPDX-License-Identifier: MIT */
/*
 * Host tests of the serial driver: frames from the line to the vTPM service (its handlers over a
 * small TPM, services/vtpm/test) and back, over a UART of the test's.
 */
#include "uart.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include <svsm/testing.h>

SVSM_TEST_SERVICE(serial);
SVSM_TEST_SERVICE(vtpm);

#define COMMAND_SIZE 11u

static int start(void **state)
{
    (void)state;
    uart_reset();
    svsm_test_start((const struct svsm_host_task *[]){&svsm_host_vtpm, &svsm_host_serial, NULL});
    return 0;
}

static void command(uint8_t out[COMMAND_SIZE], char what)
{
    memset(out, 0, COMMAND_SIZE);
    out[5] = COMMAND_SIZE;
    out[10] = (uint8_t)what;
}

static size_t command_frame(uint8_t *out, uint16_t sequence, char what)
{
    static struct serial_frame f;
    f.type = SERIAL_COMMAND;
    f.sequence = sequence;
    f.len = COMMAND_SIZE;
    command(f.payload, what);
    return serial_encode(&f, out);
}

static void expect_frame(unsigned n, uint8_t type, uint16_t sequence, uint32_t len)
{
    assert_true(uart.frame_count > n);
    assert_int_equal(uart.frames[n].type, type);
    assert_int_equal(uart.frames[n].sequence, sequence);
    assert_int_equal(uart.frames[n].len, len);
}

static void expect_error(unsigned n, uint16_t sequence, uint32_t result)
{
    expect_frame(n, SERIAL_ERROR, sequence, 4);
    assert_memory_equal(uart.frames[n].payload, &result, 4);
}

static void test_ready(void **state)
{
    (void)state;
    assert_int_equal(uart.frame_count, 1);
    expect_frame(0, SERIAL_READY, 0, 0);
    assert_int_equal(uart.enabled, 1);
    assert_int_equal(uart.line, 3);
    assert_int_equal(uart.modem, 0x0b);
    uart_feed_frame(SERIAL_RESET, 5, "", 0);
    assert_int_equal(uart.frame_count, 2);
    expect_frame(1, SERIAL_READY, 0, 0);
}

static void test_command(void **state)
{
    uint8_t c[COMMAND_SIZE];
    (void)state;
    command(c, 'e');
    uart_feed_frame(SERIAL_COMMAND, 0x1234, c, sizeof(c));
    assert_int_equal(uart.frame_count, 2);
    expect_frame(1, SERIAL_RESPONSE, 0x1234, COMMAND_SIZE + 1);
    assert_int_equal(uart.frames[1].payload[0], 1);
    assert_memory_equal(uart.frames[1].payload + 1, c, sizeof(c));
    command(c, 'l');
    uart_feed_frame(SERIAL_COMMAND, 0xffff, c, sizeof(c));
    expect_frame(2, SERIAL_RESPONSE, 0xffff, SERIAL_PAYLOAD_MAX);
    assert_int_equal(uart.receiver.dropped, 0);
}

/* Two pieces, cut anywhere, with an interrupt each. */
static void test_partial_frames(void **state)
{
    uint8_t bytes[64];
    size_t size = command_frame(bytes, 9, 'e');
    (void)state;
    for (size_t cut = 0; cut <= size; cut++) {
        uart.frame_count = 0;
        uart_feed(bytes, cut);
        assert_int_equal(uart.frame_count, cut == size ? 1 : 0);
        uart_feed(bytes + cut, size - cut);
        assert_int_equal(uart.frame_count, 1);
        expect_frame(0, SERIAL_RESPONSE, 9, COMMAND_SIZE + 1);
        assert_int_equal(uart.frames[0].payload[0], cut + 1);
    }
}

static void test_two_frames_at_once(void **state)
{
    uint8_t bytes[128];
    size_t size = command_frame(bytes, 1, 'e');
    (void)state;
    size += command_frame(bytes + size, 2, 'e');
    uart_feed(bytes, size);
    assert_int_equal(uart.frame_count, 3);
    expect_frame(1, SERIAL_RESPONSE, 1, COMMAND_SIZE + 1);
    expect_frame(2, SERIAL_RESPONSE, 2, COMMAND_SIZE + 1);
}

static void test_garbage(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
    } noise[] = {
        {"x", 1},
        {"S", 1},
        {"SV", 2},
        {"SVF", 3},
        {"SVF1SVF1", 8},
        {"SVSVF", 5},
        {"SVF1\1\0\0\0\377\377\377\377", 12}, /* length far too large */
        {"SVF1\1\0\0\0\1\20\0\0", 12},        /* by one */
        {"SVF1\2\0\1\0\0\0\0\0\1\2\3\4", 16}, /* wrong check sum */
        {"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 26},
    };
    uint8_t bytes[64];
    (void)state;
    for (size_t i = 0; i < sizeof(noise) / sizeof(noise[0]); i++) {
        size_t size = command_frame(bytes, (uint16_t)i, 'e');
        uart.frame_count = 0;
        uart_feed(noise[i].bytes, noise[i].size);
        assert_int_equal(uart.frame_count, 0);
        uart_feed(bytes, size);
        assert_int_equal(uart.frame_count, 1);
        expect_frame(0, SERIAL_RESPONSE, (uint16_t)i, COMMAND_SIZE + 1);
    }
}

/* Whichever byte is damaged, that frame is not answered and the next one is. */
static void test_damage(void **state)
{
    uint8_t bytes[64];
    size_t size = command_frame(bytes, 1, 'e');
    (void)state;
    for (size_t i = 0; i < size; i++) {
        (void)start(NULL);
        bytes[i] ^= 0x10;
        uart_feed(bytes, size);
        bytes[i] ^= 0x10;
        assert_int_equal(uart.frame_count, 1); /* READY */
        /* A damaged length waits for more: as many good frames as fill the longest. */
        for (unsigned n = 0; n < 200 && uart.frame_count == 1; n++) {
            uart_feed(bytes, size);
        }
        assert_true(uart.frame_count > 1);
        expect_frame(1, SERIAL_RESPONSE, 1, COMMAND_SIZE + 1);
    }
}

static void test_unknown_types(void **state)
{
    (void)state;
    uart_feed_frame(0, 1, "", 0);
    uart_feed_frame(SERIAL_READY, 1, "", 0);
    uart_feed_frame(SERIAL_RESPONSE, 1, "abc", 3);
    uart_feed_frame(SERIAL_ERROR, 1, "abcd", 4);
    uart_feed_frame(255, 1, "", 0);
    assert_int_equal(uart.frame_count, 1);
}

static void test_errors(void **state)
{
    uint8_t c[COMMAND_SIZE];
    (void)state;
    command(c, 'e');
    uart_feed_frame(SERIAL_COMMAND, 1, c, 9);
    expect_error(1, 1, SVSM_ERR_INVALID_FORMAT);
    uart_feed_frame(SERIAL_COMMAND, 2, c, 0);
    expect_error(2, 2, SVSM_ERR_INVALID_FORMAT);
    command(c, 'n');
    uart_feed_frame(SERIAL_COMMAND, 3, c, sizeof(c));
    expect_error(3, 3, SVSM_ERR_INVALID_REQUEST);
    command(c, 'x');
    uart_feed_frame(SERIAL_COMMAND, 4, c, sizeof(c));
    expect_error(4, 4, SVSM_ERR_CRASHED);
    command(c, 'e');
    uart_feed_frame(SERIAL_COMMAND, 5, c, sizeof(c));
    expect_frame(5, SERIAL_RESPONSE, 5, COMMAND_SIZE + 1);
    assert_int_equal(svsm_test_status("serial").crashes, 0);
}

/* The vTPM crashes once: its replay answers, and the host notices nothing. */
static void test_vtpm_killed(void **state)
{
    uint8_t c[COMMAND_SIZE];
    (void)state;
    command(c, 'e');
    svsm_test_kill_at("vtpm", 1);
    uart_feed_frame(SERIAL_COMMAND, 1, c, sizeof(c));
    expect_frame(1, SERIAL_RESPONSE, 1, COMMAND_SIZE + 1);
    assert_int_equal(uart.frames[1].payload[0], 1);
    assert_int_equal(svsm_test_status("vtpm").replays, 1);
}

/* Wherever the driver crashes, it says READY at the next interrupt and works. */
static void test_driver_killed(void **state)
{
    uint8_t c[COMMAND_SIZE];
    (void)state;
    command(c, 'e');
    for (uint64_t n = 1; n <= 60; n++) {
        (void)start(NULL);
        svsm_test_kill_at("serial", n);
        uart_feed_frame(SERIAL_COMMAND, 1, c, sizeof(c));
        assert_int_equal(svsm_test_status("serial").crashes, 1);
        uart.frame_count = 0;
        memset(&uart.receiver, 0, sizeof(uart.receiver)); /* half a frame may have been sent */
        uart_feed("", 0);
        assert_int_equal(uart.frame_count, 1);
        expect_frame(0, SERIAL_READY, 0, 0);
        uart_feed_frame(SERIAL_COMMAND, 2, c, sizeof(c));
        assert_int_equal(uart.frame_count, 2);
        expect_frame(1, SERIAL_RESPONSE, 2, COMMAND_SIZE + 1);
    }
}

static void test_host_does_not_read(void **state)
{
    (void)state;
    uart.deaf = 1;
    uart_feed_frame(SERIAL_RESET, 1, "", 0);
    assert_int_equal(svsm_test_logged("the host does not read"), 1);
    uart.deaf = 0;
    uart_feed_frame(SERIAL_RESET, 1, "", 0);
    assert_int_equal(uart.frame_count, 2);
    assert_int_equal(svsm_test_status("serial").crashes, 0);
}

static void test_frame_limits(void **state)
{
    static struct serial_frame f;
    static struct serial_frame got;
    static struct serial_receiver r;
    static uint8_t bytes[SERIAL_FRAME_HEADER + SERIAL_PAYLOAD_MAX];
    (void)state;
    f.type = 7;
    f.sequence = 0x8001;
    for (size_t i = 0; i < sizeof(f.payload); i++) {
        f.payload[i] = (uint8_t)(i * 7);
    }
    for (f.len = 0; f.len <= SERIAL_PAYLOAD_MAX; f.len += f.len == 0 ? 1 : f.len) {
        size_t size = serial_encode(&f, bytes);
        assert_int_equal(size, SERIAL_FRAME_HEADER + f.len);
        for (size_t i = 0; i < size; i++) {
            assert_int_equal(serial_receive(&r, bytes[i], &got), i == size - 1 ? 1 : 0);
        }
        assert_int_equal(got.type, 7);
        assert_int_equal(got.sequence, 0x8001);
        assert_int_equal(got.len, f.len);
        assert_memory_equal(got.payload, f.payload, f.len);
    }
    assert_int_equal(r.dropped, 0);
    assert_int_equal(r.have, 0);
    f.len = SERIAL_PAYLOAD_MAX + 1;
    assert_int_equal(serial_encode(&f, bytes), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_ready, start),
        cmocka_unit_test_setup(test_command, start),
        cmocka_unit_test_setup(test_partial_frames, start),
        cmocka_unit_test_setup(test_two_frames_at_once, start),
        cmocka_unit_test_setup(test_garbage, start),
        cmocka_unit_test_setup(test_damage, start),
        cmocka_unit_test_setup(test_unknown_types, start),
        cmocka_unit_test_setup(test_errors, start),
        cmocka_unit_test_setup(test_vtpm_killed, start),
        cmocka_unit_test_setup(test_driver_killed, start),
        cmocka_unit_test_setup(test_host_does_not_read, start),
        cmocka_unit_test(test_frame_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
