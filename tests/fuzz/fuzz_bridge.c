/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: svsm-run's bridge, the line and the clients together, between a guest that sends
 * what it likes and clients that do what they like. What a client reads is whole responses, one for
 * each of its commands at most; each command that goes to the guest gets one answer; an honest
 * answer reaches the client whose command it answers; and an honest guest and client get through at
 * last.
 */
#include "fuzz.h"

#include <clients.h>
#include <fcntl.h>
#include <line.h>
#include <say.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <wait.h>

#define OURS 6u            /* clients of the model */
#define NUMBERED 13u       /* bytes of a command that can be told from all others, */
#define MARK 0xc7u         /* which has this behind its header, and then its number */
#define HELD 65536u        /* bytes of responses a client keeps */
#define LONG_TIME 1000000u /* longer than any deadline of line.c */

struct peer {
    int fd; /* -1: not connected */
    uint32_t sent;
    uint32_t answered;
    uint32_t id;   /* of this connection */
    uint32_t last; /* the last of its numbered commands that was answered */
    uint32_t have;
    uint8_t bytes[HELD];
};

static struct line line;
static struct clients clients;
static struct peer peers[OURS];
static struct serial_receiver receiver; /* the guest's */
static struct serial_frame command;     /* the last that the guest got */
static struct serial_frame earlier;     /* the one before */
static bool command_there;
static int guest, listener;
static int64_t now;
static uint32_t numbers, connections, taken, given;
static uint32_t owners[4096]; /* by the number of a command, which fits: the connection's id */
static struct sockaddr_un address;
static socklen_t address_size;

int64_t wait_now(void)
{
    return now;
}

void say_note(const char *what, ...)
{
    (void)what;
}

/* One whole response at the front of what a client has read. */
static void peer_judge(struct peer *k, const uint8_t *response, uint32_t size)
{
    k->answered++;
    require(k->answered <= k->sent, "more answers than commands");
    if (size == NUMBERED && response[10] == MARK) {
        uint32_t number = (uint32_t)response[11] << 8 | response[12];
        require(number <= numbers && owners[number] == k->id, "the answer to another's command");
        require(number > k->last, "the answer to an earlier command");
        k->last = number;
    }
}

static void peer_read(struct peer *k)
{
    ssize_t n = k->fd < 0 ? 0 : recv(k->fd, k->bytes + k->have, HELD - k->have, MSG_DONTWAIT);
    if (n <= 0) {
        return;
    }
    k->have += (uint32_t)n;
    uint32_t at = 0;
    while (k->have - at >= COMMAND_HEADER) {
        uint32_t size = command_size(k->bytes + at);
        require(size >= COMMAND_HEADER && size <= COMMAND_MAX, "a response of impossible size");
        if (k->have - at < size) {
            break;
        }
        peer_judge(k, k->bytes + at, size);
        at += size;
    }
    memmove(k->bytes, k->bytes + at, k->have - at);
    k->have -= at;
}

static void peer_close(struct peer *k)
{
    if (k->fd >= 0) {
        close(k->fd);
    }
    k->fd = -1;
    k->sent = k->answered = k->last = k->have = 0;
}

static void peer_open(struct peer *k)
{
    peer_close(k);
    k->id = ++connections;
    k->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    require(connect(k->fd, (struct sockaddr *)&address, address_size) == 0, "no connection");
}

static void peer_send(struct peer *k, const uint8_t *bytes, size_t size)
{
    /* What does not fit is not sent, so a command may stay half. */
    if (k->fd >= 0 && size > 0 && send(k->fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT) > 0) {
        /* At most so many commands can be in it, and one that began before. */
        k->sent += (uint32_t)(size / COMMAND_HEADER) + 1;
    }
}

/* A command of any size, good or not. */
static void peer_send_sized(struct peer *k, uint32_t size)
{
    static uint8_t bytes[2 * COMMAND_MAX];
    bytes[0] = 0x80;
    bytes[1] = 1;
    bytes[4] = (uint8_t)(size >> 8);
    bytes[5] = (uint8_t)size;
    peer_send(k, bytes, size < COMMAND_HEADER ? COMMAND_HEADER : size);
}

/* A command whose honest answer can be told from all others. */
static void peer_ask(struct peer *k)
{
    if (numbers + 1 == sizeof(owners) / sizeof(owners[0])) {
        return;
    }
    owners[++numbers] = k->id;
    const uint8_t bytes[NUMBERED] = {
        0x80, 1, 0, 0, 0, NUMBERED, 0, 0, 1, 0x7b, MARK, (uint8_t)(numbers >> 8), (uint8_t)numbers};
    peer_send(k, bytes, sizeof(bytes));
}

static void guest_send(const void *bytes, size_t size)
{
    ssize_t n = send(guest, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)n; /* a line that is full loses bytes */
}

static void guest_send_frame(const struct serial_frame *f)
{
    static uint8_t bytes[SERIAL_FRAME_HEADER + SERIAL_PAYLOAD_MAX];
    guest_send(bytes, serial_encode(f, bytes));
}

static void guest_read(void)
{
    static uint8_t bytes[16384];
    for (ssize_t n; (n = recv(guest, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0;) {
        for (ssize_t i = 0; i < n; i++) {
            static struct serial_frame frame;
            if (serial_receive(&receiver, bytes[i], &frame) == 1 && frame.type == SERIAL_COMMAND) {
                earlier = command;
                command = frame;
                command_there = true;
            }
        }
    }
}

/* The command comes back as its response. */
static void guest_answer(void)
{
    static struct serial_frame f;
    guest_read();
    if (command_there && command_whole(command.payload, command.len)) {
        f = command;
        f.type = SERIAL_RESPONSE;
        guest_send_frame(&f);
        command_there = false;
    }
}

/* What may come late: the answer to a command that was given up, or a second one to the last. */
static void guest_answer_again(bool last)
{
    static struct serial_frame f;
    guest_read();
    f = last ? command : earlier;
    if (!(last && command_there) && command_whole(f.payload, f.len)) {
        f.type = SERIAL_RESPONSE;
        guest_send_frame(&f);
    }
}

static void guest_ready(void)
{
    static const struct serial_frame f = {.type = SERIAL_READY};
    guest_send_frame(&f);
}

/* A good frame with what the input wants in it, but no numbered response. */
static void guest_invent(struct input *in)
{
    static struct serial_frame f;
    f.type = (uint8_t)(input_byte(in) % 8);
    f.sequence = (uint16_t)(line.sequence + input_byte(in) - 2);
    f.len = input_byte(in);
    f.len = f.len > 250 ? SERIAL_PAYLOAD_MAX : f.len;
    for (uint32_t i = 0; i < f.len; i++) {
        f.payload[i] = input_byte(in);
    }
    if (f.len > 10 && f.payload[10] == MARK) {
        f.payload[10] = 0;
    }
    guest_send_frame(&f);
}

static void given_to(const struct command *answer)
{
    require(command_whole(answer->bytes, answer->len), "an answer that is not whole");
    given++;
    require(given == taken, "an answer without a command");
    clients_answer(&clients, answer);
}

/* As main.c's turn(). */
static void turn(void)
{
    struct pollfd p[1 + CLIENTS_MAX];
    struct command answer;
    bool answered;
    clients_poll(&clients, p, true);
    poll(p, 1 + CLIENTS_MAX, 0);
    require(line_read(&line, &answer, &answered), "the line ended");
    if (answered) {
        given_to(&answer);
    }
    clients_serve(&clients, p);
    if (line_expire(&line, &answer)) {
        given_to(&answer);
    }
    const struct command *next = line.state == LINE_IDLE ? clients_next(&clients) : NULL;
    if (next != NULL) {
        require(next->len <= COMMAND_MAX && command_whole(next->bytes, next->len),
                "a command that is not whole");
        taken++;
        line_send(&line, next);
    }
    require((line.state == LINE_BUSY) == (taken == given + 1), "a command without its answer");
    require(line.out_len <= sizeof(line.out), "more to write than there is room for");
    require(line_write(&line), "the line ended");
}

static void step(struct input *in)
{
    static const uint32_t sizes[] = {0,   COMMAND_HEADER - 1, COMMAND_HEADER, COMMAND_HEADER + 1,
                                     300, COMMAND_MAX - 1,    COMMAND_MAX,    COMMAND_MAX + 1};
    uint8_t bytes[64];
    uint8_t what = input_byte(in);
    struct peer *k = &peers[(what >> 4) % OURS];
    size_t size = 0;
    switch (what % 16) {
    case 0:
        peer_open(k);
        break;
    case 1:
        peer_close(k);
        break;
    case 2:
        peer_ask(k);
        break;
    case 3:
        size = input_byte(in) % sizeof(bytes);
        for (size_t i = 0; i < size; i++) {
            bytes[i] = input_byte(in);
        }
        peer_send(k, bytes, size);
        break;
    case 4:
        peer_read(k);
        break;
    case 5:
        if (k->fd >= 0) {
            shutdown(k->fd, SHUT_WR);
        }
        break;
    case 6:
        size = input_byte(in) % sizeof(bytes);
        for (size_t i = 0; i < size; i++) {
            bytes[i] = input_byte(in);
        }
        guest_send(bytes, size);
        break;
    case 7:
        guest_invent(in);
        break;
    case 8:
        guest_answer();
        break;
    case 9:
        guest_ready();
        break;
    case 11:
        peer_send_sized(k, sizes[input_byte(in) % (sizeof(sizes) / sizeof(sizes[0]))]);
        break;
    case 12:
    case 13:
        guest_answer_again(what % 16 == 12);
        break;
    case 10:
        now += (int64_t)input_number(in, 2) * 100;
        break;
    default:
        if (k->fd < 0) {
            peer_open(k);
        }
        peer_ask(k);
        turn();
        turn();
        guest_answer();
        break;
    }
    turn();
}

/* Whatever has happened: with everybody honest from now on, a new client gets its answer. */
static void gets_through(void)
{
    struct peer *k = &peers[0];
    for (unsigned i = 0; i < OURS; i++) {
        peer_close(&peers[i]);
    }
    now += LONG_TIME;
    turn();
    guest_read();
    numbers = 0;
    peer_open(k);
    peer_ask(k);
    for (unsigned i = 0; i < 400 && k->answered == 0; i++) {
        if (line.state == LINE_SILENT) {
            guest_ready();
        }
        guest_answer();
        now += LONG_TIME / 100;
        turn();
        peer_read(k);
    }
    require(k->answered == 1, "an honest client got no answer from an honest guest");
}

static void world_make(void)
{
    int pair[2];
    memset(&receiver, 0, sizeof(receiver));
    memset(&address, 0, sizeof(address));
    now = 1;
    taken = given = numbers = connections = 0;
    command_there = false;
    command.len = earlier.len = 0;
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    address.sun_family = AF_UNIX;
    address_size = sizeof(address);
    bool made = bind(listener, (struct sockaddr *)&address, sizeof(sa_family_t)) == 0 &&
                getsockname(listener, (struct sockaddr *)&address, &address_size) == 0 &&
                listen(listener, CLIENTS_MAX) == 0 &&
                socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0;
    require(made && fcntl(pair[0], F_SETFL, O_NONBLOCK) == 0, "no sockets");
    guest = pair[1];
    line_init(&line, pair[0]);
    clients_init(&clients, listener);
    for (unsigned i = 0; i < OURS; i++) {
        peers[i].fd = -1;
        peer_close(&peers[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {.at = data, .end = data + size};
    world_make();
    while (in.at != in.end) {
        step(&in);
    }
    gets_through();
    for (unsigned i = 0; i < OURS; i++) {
        peer_close(&peers[i]);
    }
    clients_close(&clients);
    close(line.fd);
    close(guest);
    close(listener);
    return 0;
}
