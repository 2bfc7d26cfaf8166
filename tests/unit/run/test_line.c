/* SPDX-License-Identifier: MIT */
/* Host tests of svsm-run's line to the TPM, against a guest that the test plays. */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <line.h>
#include <svsm/abi/result.h>

/* As line.c has them. */
#define COMMAND_MS 300000
#define NOISE_MS 5000
#define RESET_MS 10000

struct fixture {
    struct line line;
    int guest;
    struct command answer;
    struct serial_receiver receiver;
    struct serial_frame frame;
};

static const uint8_t good_response[12] = {0x80, 1, 0, 0, 0, 12, 0, 0, 0, 0, 0xab, 0xcd};

static int setup(void **state)
{
    int ours;
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    fake_pair(&ours, &f->guest);
    line_init(&f->line, ours);
    fake_now = 1000;
    fake_notes = 0;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    close(f->line.fd);
    if (f->guest >= 0) {
        close(f->guest);
    }
    free(f);
    return 0;
}

static void guest_sends(struct fixture *f, uint8_t type, uint16_t sequence, const void *payload,
                        uint32_t len)
{
    static struct serial_frame frame;
    static uint8_t bytes[SERIAL_FRAME_HEADER + SERIAL_PAYLOAD_MAX];
    frame.type = type;
    frame.sequence = sequence;
    frame.len = len;
    if (len > 0) {
        memcpy(frame.payload, payload, len);
    }
    size_t size = serial_encode(&frame, bytes);
    assert_int_equal(send(f->guest, bytes, size, 0), size);
}

/* Everything that the bridge has written; true: the last whole frame of it is in f->frame. */
static bool guest_reads(struct fixture *f)
{
    uint8_t bytes[4096];
    bool got = false;
    assert_true(line_write(&f->line));
    for (size_t n; (n = fake_read(f->guest, bytes, sizeof(bytes))) > 0;) {
        for (size_t i = 0; i < n; i++) {
            got = serial_receive(&f->receiver, bytes[i], &f->frame) == 1 || got;
        }
    }
    return got;
}

/* Is there an answer? */
static bool read_answer(struct fixture *f)
{
    bool answered;
    assert_true(line_read(&f->line, &f->answer, &answered));
    return answered;
}

static void become_idle(struct fixture *f)
{
    guest_sends(f, SERIAL_READY, 0, NULL, 0);
    assert_false(read_answer(f));
    assert_int_equal(f->line.state, LINE_IDLE);
}

/* A command is under way, and the guest has it. */
static void become_busy(struct fixture *f)
{
    struct command c = {.len = 12, .bytes = {0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x7b, 0, 8}};
    if (f->line.state == LINE_SILENT) {
        become_idle(f);
    }
    line_send(&f->line, &c);
    assert_int_equal(f->line.state, LINE_BUSY);
    assert_true(guest_reads(f));
    assert_int_equal(f->frame.type, SERIAL_COMMAND);
    assert_int_equal(f->frame.len, 12);
    assert_memory_equal(f->frame.payload, c.bytes, 12);
}

static uint32_t answer_code(const struct fixture *f)
{
    assert_true(command_whole(f->answer.bytes, f->answer.len));
    return command_code(f->answer.bytes);
}

static void test_round_trip(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(f->line.state, LINE_SILENT);
    for (unsigned i = 0; i < 3; i++) {
        become_busy(f);
        guest_sends(f, SERIAL_RESPONSE, f->frame.sequence, good_response, 12);
        assert_true(read_answer(f));
        assert_int_equal(f->answer.len, 12);
        assert_memory_equal(f->answer.bytes, good_response, 12);
        assert_int_equal(f->line.state, LINE_IDLE);
    }
    assert_int_equal(fake_notes, 0);
}

static void test_sequence_wraps(void **state)
{
    struct fixture *f = *state;
    f->line.sequence = UINT16_MAX - 1;
    for (unsigned i = 0; i < 4; i++) {
        become_busy(f);
        assert_int_equal(f->frame.sequence, (uint16_t)(UINT16_MAX + i));
        guest_sends(f, SERIAL_RESPONSE, f->frame.sequence, good_response, 12);
        assert_true(read_answer(f));
    }
}

static void test_foreign_frames(void **state)
{
    struct fixture *f = *state;
    become_busy(f);
    guest_sends(f, SERIAL_RESPONSE, (uint16_t)(f->frame.sequence - 1), good_response, 12);
    guest_sends(f, SERIAL_ERROR, (uint16_t)(f->frame.sequence + 1), "abcd", 4);
    guest_sends(f, SERIAL_COMMAND, f->frame.sequence, good_response, 12);
    guest_sends(f, SERIAL_RESET, f->frame.sequence, NULL, 0);
    guest_sends(f, 99, f->frame.sequence, good_response, 12);
    assert_false(read_answer(f));
    guest_sends(f, SERIAL_RESPONSE, f->frame.sequence, good_response, 12);
    assert_true(read_answer(f));
    guest_sends(f, SERIAL_RESPONSE, f->frame.sequence, good_response, 12);
    assert_false(read_answer(f));
    assert_int_equal(f->line.state, LINE_IDLE);
}

static void errors_become(struct fixture *f, const void *payload, uint32_t len, uint32_t code)
{
    become_busy(f);
    guest_sends(f, SERIAL_ERROR, f->frame.sequence, payload, len);
    assert_true(read_answer(f));
    assert_int_equal(answer_code(f), code);
    assert_int_equal(f->line.state, LINE_IDLE);
}

static void test_errors(void **state)
{
    struct fixture *f = *state;
    const uint32_t busy = SVSM_ERR_BUSY; /* the frame's order of bytes is this machine's */
    const uint32_t crashed = SVSM_ERR_CRASHED;
    errors_become(f, &busy, 4, TPM_RC_RETRY);
    errors_become(f, &crashed, 4, TPM_RC_FAILURE);
    errors_become(f, &busy, 3, TPM_RC_FAILURE);
    errors_become(f, NULL, 0, TPM_RC_FAILURE);
}

static void test_response_of_wrong_size(void **state)
{
    static uint8_t response[SERIAL_PAYLOAD_MAX];
    struct fixture *f = *state;
    memcpy(response, good_response, 12);
    const uint32_t sizes[] = {0, 1, 9, 10, 11, 13, SERIAL_PAYLOAD_MAX};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        become_busy(f);
        guest_sends(f, SERIAL_RESPONSE, f->frame.sequence, response, sizes[i]);
        assert_true(read_answer(f));
        assert_int_equal(f->answer.len, COMMAND_HEADER);
        assert_int_equal(answer_code(f), TPM_RC_FAILURE);
    }
}

static void test_driver_restarts(void **state)
{
    struct fixture *f = *state;
    become_busy(f);
    guest_sends(f, SERIAL_READY, 0, NULL, 0);
    assert_true(read_answer(f));
    assert_int_equal(answer_code(f), TPM_RC_FAILURE);
    assert_int_equal(f->line.state, LINE_IDLE);
    guest_sends(f, SERIAL_READY, 0, NULL, 0);
    assert_false(read_answer(f));
}

static void test_deadline(void **state)
{
    struct fixture *f = *state;
    become_busy(f);
    fake_now += COMMAND_MS - 1;
    assert_false(line_expire(&f->line, &f->answer));
    fake_now += 1;
    assert_true(line_expire(&f->line, &f->answer));
    assert_int_equal(answer_code(f), TPM_RC_FAILURE);
    assert_int_equal(f->line.state, LINE_SILENT);
    assert_true(guest_reads(f));
    assert_int_equal(f->frame.type, SERIAL_RESET);
    /* The answer that comes after all belongs to nobody. */
    guest_sends(f, SERIAL_RESPONSE, f->line.sequence, good_response, 12);
    assert_false(read_answer(f));
    /* No READY: asked again, without another answer. */
    fake_now += RESET_MS;
    assert_false(line_expire(&f->line, &f->answer));
    assert_true(guest_reads(f));
    assert_int_equal(f->frame.type, SERIAL_RESET);
    become_idle(f);
    fake_now += 10 * COMMAND_MS;
    assert_false(line_expire(&f->line, &f->answer));
}

static void test_noise_shortens(void **state)
{
    struct fixture *f = *state;
    become_busy(f);
    for (unsigned second = 0; second < NOISE_MS / 1000; second++) {
        assert_false(line_expire(&f->line, &f->answer));
        assert_int_equal(send(f->guest, "noise", 5, 0), 5);
        assert_false(read_answer(f));
        fake_now += 1000;
    }
    assert_true(line_expire(&f->line, &f->answer));
    assert_int_equal(answer_code(f), TPM_RC_FAILURE);
}

static void test_noise_without_command(void **state)
{
    struct fixture *f = *state;
    become_idle(f);
    assert_int_equal(send(f->guest, "noise", 5, 0), 5);
    assert_false(read_answer(f));
    fake_now += 10 * COMMAND_MS;
    assert_false(line_expire(&f->line, &f->answer));
    assert_int_equal(f->line.state, LINE_IDLE);
}

/* Half an answer does not swallow what comes after a reset. */
static void test_half_answer(void **state)
{
    struct fixture *f = *state;
    uint8_t bytes[SERIAL_FRAME_HEADER + 12];
    become_busy(f);
    struct serial_frame half = {
        .type = SERIAL_RESPONSE, .sequence = f->frame.sequence, .len = SERIAL_PAYLOAD_MAX};
    memcpy(half.payload, good_response, 12);
    static uint8_t whole[SERIAL_FRAME_HEADER + SERIAL_PAYLOAD_MAX];
    serial_encode(&half, whole);
    memcpy(bytes, whole, sizeof(bytes));
    assert_int_equal(send(f->guest, bytes, sizeof(bytes), 0), sizeof(bytes));
    assert_false(read_answer(f));
    fake_now += COMMAND_MS;
    assert_true(line_expire(&f->line, &f->answer));
    assert_true(guest_reads(f));
    become_idle(f);
}

/* A guest that does not read: nothing is written past the buffer, and nothing of a frame is lost.
 */
static void test_deaf_guest(void **state)
{
    struct fixture *f = *state;
    struct command c = {.len = COMMAND_MAX};
    int small = 4096;
    setsockopt(f->line.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
    become_idle(f);
    for (unsigned i = 0; i < 20; i++) {
        line_send(&f->line, &c);
        assert_true(line_write(&f->line));
        fake_now += COMMAND_MS;
        assert_true(line_expire(&f->line, &f->answer));
        assert_true(f->line.out_len <= sizeof(f->line.out));
        become_idle(f); /* it speaks all the same */
    }
    line_send(&f->line, &c);
    assert_true(f->line.out_len <= sizeof(f->line.out));
    bool got = false;
    for (unsigned i = 0; i < 1000; i++) {
        got = guest_reads(f) || got;
    }
    assert_true(got);
    assert_int_equal(f->line.out_len, 0);
}

/* A reset that still waits to be written leaves room for the largest command. */
static void test_out_has_room(void **state)
{
    struct fixture *f = *state;
    struct command c = {.len = COMMAND_MAX, .bytes = {0x80, 1, 0, 0, 0x10, 0}};
    become_busy(f);
    fake_now += COMMAND_MS;
    assert_true(line_expire(&f->line, &f->answer));
    become_idle(f);
    line_send(&f->line, &c);
    assert_true(guest_reads(f));
    assert_int_equal(f->frame.type, SERIAL_COMMAND);
    assert_int_equal(f->frame.len, COMMAND_MAX);
}

static void test_endless_line(void **state)
{
    struct fixture *f = *state;
    static uint8_t noise[100000];
    assert_true(send(f->guest, noise, sizeof(noise), MSG_DONTWAIT) > 40000);
    assert_false(read_answer(f));
    assert_true(f->line.receiver.dropped < 40000);
    assert_false(read_answer(f));
    assert_true(f->line.receiver.dropped > 40000);
}

static void test_other_side_gone(void **state)
{
    struct fixture *f = *state;
    bool answered;
    struct command c = {.len = COMMAND_HEADER};
    become_idle(f);
    close(f->guest);
    f->guest = -1;
    assert_false(line_read(&f->line, &f->answer, &answered));
    assert_false(answered);
    line_send(&f->line, &c);
    assert_false(line_write(&f->line));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sequence_wraps, setup, teardown),
        cmocka_unit_test_setup_teardown(test_foreign_frames, setup, teardown),
        cmocka_unit_test_setup_teardown(test_errors, setup, teardown),
        cmocka_unit_test_setup_teardown(test_response_of_wrong_size, setup, teardown),
        cmocka_unit_test_setup_teardown(test_driver_restarts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_deadline, setup, teardown),
        cmocka_unit_test_setup_teardown(test_noise_shortens, setup, teardown),
        cmocka_unit_test_setup_teardown(test_noise_without_command, setup, teardown),
        cmocka_unit_test_setup_teardown(test_half_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_deaf_guest, setup, teardown),
        cmocka_unit_test_setup_teardown(test_out_has_room, setup, teardown),
        cmocka_unit_test_setup_teardown(test_endless_line, setup, teardown),
        cmocka_unit_test_setup_teardown(test_other_side_gone, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
