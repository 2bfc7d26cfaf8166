/* SPDX-License-Identifier: MIT */
/* Host tests of svsm-run's console, between two pipes and without a symbolizer. */
#include "fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <console.h>

#define PIPE_SIZE 65536

struct fixture {
    struct console console;
    int guest;  /* what is written here comes as the guest's */
    int reader; /* what is read here was passed on; -1: closed */
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    int in[2];
    int out[2];
    assert_non_null(f);
    assert_int_equal(pipe2(in, O_CLOEXEC | O_NONBLOCK), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    fcntl(out[0], F_SETFL, O_NONBLOCK);
    fcntl(out[1], F_SETPIPE_SZ, PIPE_SIZE);
    fcntl(in[1], F_SETPIPE_SZ, 1 << 20);
    f->guest = in[1];
    f->reader = out[0];
    console_open(&f->console, in[0], out[1], "/nonexistent", "/nonexistent");
    signal(SIGPIPE, SIG_IGN);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    close(f->console.in);
    close(f->console.out);
    close(f->guest);
    if (f->reader >= 0) {
        close(f->reader);
    }
    free(f);
    return 0;
}

static void guest_says(struct fixture *f, const char *text)
{
    assert_int_equal(write(f->guest, text, strlen(text)), strlen(text));
    assert_true(console_read(&f->console));
}

/* What console_last prints. */
static void last_lines(const struct fixture *f, char *text, size_t size)
{
    FILE *file = fmemopen(text, size, "w");
    assert_non_null(file);
    console_last(&f->console, file);
    fclose(file);
}

/* Reads all that was passed on; the number of bytes, and those at the end of it. */
static size_t passed_on(struct fixture *f, char *end, size_t size)
{
    static char bytes[2 << 20];
    size_t have = 0;
    for (ssize_t n; (n = read(f->reader, bytes + have, sizeof(bytes) - have)) > 0;) {
        have += (size_t)n;
        console_write(&f->console);
    }
    size_t from = have < size - 1 ? 0 : have - (size - 1);
    memcpy(end, bytes + from, have - from);
    end[have - from] = 0;
    return have;
}

static void test_passes_on(void **state)
{
    struct fixture *f = *state;
    char text[100];
    guest_says(f, "first\r\nsecond");
    guest_says(f, " half\n\xff\x01third");
    passed_on(f, text, sizeof(text));
    assert_string_equal(text, "first\r\nsecond half\n\xff\x01third");
    last_lines(f, text, sizeof(text));
    assert_string_equal(text, "  | first\n  | second half\n  | \xff\x01third\n");
    assert_false(console_waits(&f->console));
    assert_true(console_close(&f->console));
}

static void test_footprint(void **state)
{
    struct fixture *f = *state;
    guest_says(f, "[    0.019001] ring0 info footprint task vtpm bytes=4319861\n"
                  "[    0.020000] hello info footprint total reserved=1 bytes\n"
                  "[    0.020000] hello info ] ring0 info footprint total reserved=2 bytes\n"
                  "footprint total reserved=3 bytes\n"
                  "[    0.025345] ring0 info footprint total reserved=5828608 bytes\n");
    assert_int_equal(f->console.footprints, 2);
    assert_string_equal(f->console.footprint[0], "task vtpm bytes=4319861");
    assert_string_equal(f->console.footprint[1], "total reserved=5828608 bytes");
    for (unsigned i = 0; i < 2 * CONSOLE_FOOTPRINT; i++) {
        guest_says(f, "[    0.1] ring0 info footprint more\n");
    }
    assert_int_equal(f->console.footprints, CONSOLE_FOOTPRINT);
}

static void test_reason(void **state)
{
    struct fixture *f = *state;
    guest_says(f, "[    0.0] hello error not ring 0's\nring0 error without its place\n");
    assert_false(f->console.spoken);
    assert_string_equal(f->console.reason, "");
    guest_says(f, "[    0.0] ring0 info starting\n");
    assert_true(f->console.spoken);
    guest_says(f, "[    0.0] ring0 error too little memory\n[    0.0] ring0 error stop\n");
    assert_string_equal(f->console.reason, "too little memory");
}

static void test_last_lines(void **state)
{
    struct fixture *f = *state;
    char line[20];
    char text[CONSOLE_LAST * 20];
    char want[CONSOLE_LAST * 20] = "";
    for (unsigned i = 0; i < 3 * CONSOLE_LAST; i++) {
        snprintf(line, sizeof(line), "line %u\n", i);
        guest_says(f, line);
    }
    for (unsigned i = 2 * CONSOLE_LAST; i < 3 * CONSOLE_LAST; i++) {
        size_t len = strlen(want);
        snprintf(want + len, sizeof(want) - len, "  | line %u\n", i);
    }
    last_lines(f, text, sizeof(text));
    assert_string_equal(text, want);
}

static void test_long_line(void **state)
{
    struct fixture *f = *state;
    static char line[3 * CONSOLE_LINE];
    static char text[2 * CONSOLE_LINE];
    memset(line, 'x', sizeof(line) - 2);
    line[sizeof(line) - 2] = '\n';
    guest_says(f, line);
    last_lines(f, text, sizeof(text));
    assert_int_equal(strlen(text), CONSOLE_LINE - 1 + strlen("  | \n"));
    assert_int_equal(passed_on(f, text, sizeof(text)), sizeof(line) - 1);
}

/* Nobody reads: the guest's words are taken all the same, and the loss is told where it was. */
static void test_unread(void **state)
{
    struct fixture *f = *state;
    static char chunk[60001];
    static char text[200];
    memset(chunk, 'x', sizeof(chunk) - 1);
    size_t sent = 0;
    while (sent < 4 * CONSOLE_HELD) {
        guest_says(f, chunk);
        sent += sizeof(chunk) - 1;
    }
    assert_true(console_waits(&f->console));
    unsigned long lost = f->console.lost;
    assert_in_range(lost, 2 * CONSOLE_HELD, 4 * CONSOLE_HELD);
    char want[100];
    int len =
        snprintf(want, sizeof(want), "x\nsvsm-run: %lu bytes of the console went unread\n", lost);
    size_t total = passed_on(f, text, sizeof(text));
    assert_int_equal(total, sent - lost + (size_t)len - 1);
    assert_string_equal(text + strlen(text) - (size_t)len, want);
    guest_says(f, "again\n");
    passed_on(f, text, sizeof(text));
    assert_string_equal(text, "again\n");
}

static void test_endless(void **state)
{
    struct fixture *f = *state;
    static char chunk[500001];
    memset(chunk, 'y', sizeof(chunk) - 1);
    assert_int_equal(write(f->guest, chunk, sizeof(chunk) - 1), sizeof(chunk) - 1);
    assert_true(console_read(&f->console));
    char rest[1];
    assert_int_equal(read(f->console.in, rest, 1), 1); /* it has not waited for the end */
}

static void test_reader_gone(void **state)
{
    struct fixture *f = *state;
    close(f->reader);
    f->reader = -1;
    guest_says(f, "into the void\n");
    assert_false(console_waits(&f->console));
    assert_false(console_close(&f->console));
}

static void test_guest_gone(void **state)
{
    struct fixture *f = *state;
    close(f->guest);
    f->guest = -1;
    assert_false(console_read(&f->console));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_passes_on, setup, teardown),
        cmocka_unit_test_setup_teardown(test_footprint, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reason, setup, teardown),
        cmocka_unit_test_setup_teardown(test_last_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(test_long_line, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unread, setup, teardown),
        cmocka_unit_test_setup_teardown(test_endless, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reader_gone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_guest_gone, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
