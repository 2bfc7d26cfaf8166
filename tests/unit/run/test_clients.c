/* SPDX-License-Identifier: MIT */
/* Host tests of svsm-run's public side, over a real listening socket without a name in a folder. */
#include "fixture.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <clients.h>

#define SPARE 4

struct fixture {
    struct clients clients;
    int listener;
    struct sockaddr_un address;
    socklen_t address_size;
    int fds[CLIENTS_MAX + SPARE];
    unsigned count;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    f->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* Only the family: Linux then chooses a free abstract name. */
    f->address.sun_family = AF_UNIX;
    assert_int_equal(bind(f->listener, (struct sockaddr *)&f->address, sizeof(sa_family_t)), 0);
    f->address_size = sizeof(f->address);
    assert_int_equal(getsockname(f->listener, (struct sockaddr *)&f->address, &f->address_size), 0);
    assert_int_equal(listen(f->listener, CLIENTS_MAX + SPARE), 0);
    clients_init(&f->clients, f->listener);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    for (unsigned i = 0; i < f->count; i++) {
        if (f->fds[i] >= 0) {
            close(f->fds[i]);
        }
    }
    clients_close(&f->clients);
    close(f->listener);
    free(f);
    return 0;
}

static int client_open(struct fixture *f)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&f->address, f->address_size), 0);
    f->fds[f->count] = fd;
    f->count++;
    return fd;
}

static void client_close(struct fixture *f, int fd)
{
    for (unsigned i = 0; i < f->count; i++) {
        if (f->fds[i] == fd) {
            f->fds[i] = -1;
        }
    }
    close(fd);
}

/* As the loop of svsm-run does it, until nothing happens any more. */
static void pump_as(struct fixture *f, bool accepting)
{
    struct pollfd p[1 + CLIENTS_MAX];
    clients_poll(&f->clients, p, accepting);
    for (unsigned turns = 0; turns < 1000 && poll(p, 1 + CLIENTS_MAX, 0) > 0; turns++) {
        clients_serve(&f->clients, p);
        clients_poll(&f->clients, p, accepting);
    }
}

static void pump(struct fixture *f)
{
    pump_as(f, true);
}

/* A command of `size` bytes that carries `number`. */
static void client_sends(int fd, uint32_t size, uint8_t number)
{
    static uint8_t bytes[COMMAND_MAX];
    memset(bytes, number, sizeof(bytes));
    const uint8_t header[COMMAND_HEADER] = {0x80,          1, 0, 0, (uint8_t)(size >> 8),
                                            (uint8_t)size, 0, 0, 1, number};
    memcpy(bytes, header, sizeof(header));
    assert_int_equal(send(fd, bytes, size, MSG_NOSIGNAL), size);
}

static void expect_next(struct fixture *f, uint8_t number)
{
    const struct command *c = clients_next(&f->clients);
    assert_non_null(c);
    assert_true(command_whole(c->bytes, c->len));
    assert_int_equal(c->bytes[9], number);
}

static void answer_with(struct fixture *f, uint32_t code)
{
    struct command answer;
    command_refuse(&answer, code);
    clients_answer(&f->clients, &answer);
}

static void expect_response(int fd, uint32_t code)
{
    uint8_t bytes[COMMAND_MAX];
    assert_int_equal(fake_read(fd, bytes, sizeof(bytes)), COMMAND_HEADER);
    assert_int_equal(command_size(bytes), COMMAND_HEADER);
    assert_int_equal(command_code(bytes), code);
}

static bool is_closed(int fd)
{
    uint8_t byte;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, 0) == 1 && recv(fd, &byte, 1, MSG_DONTWAIT) <= 0;
}

static void test_in_the_order_they_came(void **state)
{
    struct fixture *f = *state;
    int fds[5];
    for (unsigned i = 0; i < 5; i++) {
        fds[i] = client_open(f);
    }
    pump(f);
    assert_null(clients_next(&f->clients));
    for (unsigned i = 0; i < 5; i++) {
        client_sends(fds[4 - i], 20, (uint8_t)i);
        pump(f);
    }
    for (unsigned i = 0; i < 5; i++) {
        expect_next(f, (uint8_t)i);
        answer_with(f, 0x900 + i);
    }
    pump(f);
    for (unsigned i = 0; i < 5; i++) {
        expect_response(fds[4 - i], 0x900 + i);
    }
    assert_null(clients_next(&f->clients));
}

static void test_byte_by_byte(void **state)
{
    struct fixture *f = *state;
    const uint8_t bytes[11] = {0x80, 1, 0, 0, 0, 11, 0, 0, 1, 9, 1};
    int fd = client_open(f);
    for (unsigned i = 0; i < sizeof(bytes); i++) {
        pump(f);
        assert_null(clients_next(&f->clients));
        assert_int_equal(send(fd, bytes + i, 1, 0), 1);
    }
    pump(f);
    expect_next(f, 9);
}

static void test_sizes(void **state)
{
    struct fixture *f = *state;
    const struct {
        uint32_t size;
        bool good;
    } cases[] = {{0, false},
                 {9, false},
                 {COMMAND_HEADER, true},
                 {COMMAND_MAX, true},
                 {COMMAND_MAX + 1, false},
                 {0x80000000, false},
                 {UINT32_MAX, false}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint32_t size = cases[i].size;
        uint8_t bytes[COMMAND_MAX] = {
            0x80,         1, (uint8_t)(size >> 24), (uint8_t)(size >> 16), (uint8_t)(size >> 8),
            (uint8_t)size};
        int fd = client_open(f);
        size_t sent = cases[i].good ? size : COMMAND_HEADER;
        assert_int_equal(send(fd, bytes, sent, 0), sent);
        pump(f);
        const struct command *next = clients_next(&f->clients);
        if (cases[i].good) {
            assert_non_null(next);
            assert_int_equal(next->len, size);
            answer_with(f, 0);
            expect_response(fd, 0);
            assert_false(is_closed(fd));
        } else {
            assert_null(next);
            expect_response(fd, TPM_RC_COMMAND_SIZE);
            assert_true(is_closed(fd));
        }
        client_close(f, fd);
        pump(f);
    }
}

/* Of commands sent ahead, one is taken at a time. */
static void test_sent_ahead(void **state)
{
    struct fixture *f = *state;
    int greedy = client_open(f);
    int other = client_open(f);
    for (uint8_t i = 0; i < 3; i++) {
        client_sends(greedy, 12, i);
    }
    pump(f);
    client_sends(other, 12, 77);
    pump(f);
    expect_next(f, 0);
    answer_with(f, 0);
    pump(f);
    expect_next(f, 77);
    answer_with(f, 7);
    pump(f);
    expect_next(f, 1);
    answer_with(f, 1);
    pump(f);
    expect_next(f, 2);
    answer_with(f, 2);
    expect_response(other, 7);
}

static void test_gone_while_waiting(void **state)
{
    struct fixture *f = *state;
    int first = client_open(f);
    int second = client_open(f);
    client_sends(first, 12, 1);
    pump(f);
    client_sends(second, 12, 2);
    pump(f);
    client_close(f, first);
    pump(f);
    expect_next(f, 2);
    answer_with(f, 2);
    expect_response(second, 2);
    assert_null(clients_next(&f->clients));
}

/* The answer to one that is gone goes to nobody, also not to the one that got its place. */
static void test_gone_underway(void **state)
{
    struct fixture *f = *state;
    int gone = client_open(f);
    client_sends(gone, 12, 1);
    pump(f);
    expect_next(f, 1);
    client_close(f, gone);
    pump(f);
    int heir = client_open(f);
    client_sends(heir, 12, 2);
    pump(f);
    answer_with(f, 1);
    uint8_t byte;
    assert_int_equal(fake_read(heir, &byte, 1), 0);
    expect_next(f, 2);
    answer_with(f, 2);
    expect_response(heir, 2);
}

/* One that has only no more to say still gets its answer; one cut off in a command gets none. */
static void test_half_closed(void **state)
{
    struct fixture *f = *state;
    int polite = client_open(f);
    int cut = client_open(f);
    client_sends(polite, 12, 1);
    assert_int_equal(send(cut, "\x80\x01\0\0\0\x0c", 6, 0), 6);
    shutdown(polite, SHUT_WR);
    shutdown(cut, SHUT_WR);
    pump(f);
    assert_true(is_closed(cut));
    expect_next(f, 1);
    answer_with(f, 1);
    expect_response(polite, 1);
    pump(f);
    assert_true(is_closed(polite));
}

static void test_places(void **state)
{
    struct fixture *f = *state;
    int fds[CLIENTS_MAX];
    for (unsigned i = 0; i < CLIENTS_MAX; i++) {
        fds[i] = client_open(f);
    }
    pump(f);
    int late = client_open(f);
    client_sends(late, 12, 5);
    pump(f);
    assert_null(clients_next(&f->clients));
    client_close(f, fds[17]);
    pump(f);
    expect_next(f, 5);
    answer_with(f, 5);
    expect_response(late, 5);
}

static void test_not_accepting(void **state)
{
    struct fixture *f = *state;
    int fd = client_open(f);
    client_sends(fd, 12, 5);
    pump_as(f, false);
    assert_null(clients_next(&f->clients));
    pump(f);
    expect_next(f, 5);
}

/* A response that does not fit into what the client's side takes is written in parts. */
static void test_slow_reader(void **state)
{
    struct fixture *f = *state;
    static struct command answer = {.len = COMMAND_MAX, .bytes = {0x80, 1, 0, 0, 0x10, 0}};
    static uint8_t bytes[COMMAND_MAX];
    int fd = client_open(f);
    pump(f);
    int small = 1; /* the kernel's least */
    for (unsigned i = 0; i < CLIENTS_MAX; i++) {
        if (f->clients.list[i].fd >= 0) {
            setsockopt(f->clients.list[i].fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
        }
    }
    for (unsigned i = 0; i < COMMAND_MAX - COMMAND_HEADER; i++) {
        answer.bytes[COMMAND_HEADER + i] = (uint8_t)(i * 7);
    }
    for (unsigned round = 0; round < 3; round++) {
        client_sends(fd, 12, 1);
        pump(f);
        expect_next(f, 1);
        clients_answer(&f->clients, &answer);
        size_t have = 0;
        for (unsigned turns = 0; have < COMMAND_MAX && turns < 1000; turns++) {
            have += fake_read(fd, bytes + have, turns % 100 + 1);
            pump(f);
        }
        assert_int_equal(have, COMMAND_MAX);
        assert_memory_equal(bytes, answer.bytes, COMMAND_MAX);
    }
}

static void test_close(void **state)
{
    struct fixture *f = *state;
    int idle = client_open(f);
    int waiting = client_open(f);
    int underway = client_open(f);
    client_sends(underway, 12, 1);
    pump(f);
    client_sends(waiting, 12, 2);
    pump(f);
    expect_next(f, 1);
    clients_close(&f->clients);
    assert_true(is_closed(idle) && is_closed(waiting) && is_closed(underway));
    assert_null(clients_next(&f->clients));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_in_the_order_they_came, setup, teardown),
        cmocka_unit_test_setup_teardown(test_byte_by_byte, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sizes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sent_ahead, setup, teardown),
        cmocka_unit_test_setup_teardown(test_gone_while_waiting, setup, teardown),
        cmocka_unit_test_setup_teardown(test_gone_underway, setup, teardown),
        cmocka_unit_test_setup_teardown(test_half_closed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_places, setup, teardown),
        cmocka_unit_test_setup_teardown(test_not_accepting, setup, teardown),
        cmocka_unit_test_setup_teardown(test_slow_reader, setup, teardown),
        cmocka_unit_test_setup_teardown(test_close, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
