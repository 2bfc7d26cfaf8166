/* SPDX-License-Identifier: MIT */
/*
 * The public side: a UNIX socket on which any number of programs speak raw TPM 2.0. From each, one
 * command at a time is read, never a byte more; commands wait in the order in which they came.
 */
#pragma once
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "command.h"

#define CLIENTS_MAX 64

enum client_state {
    CLIENT_FREE,
    CLIENT_READING,
    CLIENT_QUEUED,   /* its command waits for the line */
    CLIENT_UNDERWAY, /* its command is on the line */
    CLIENT_WRITING,  /* its response is being written */
};

struct client {
    enum client_state state;
    int fd;
    bool last;       /* close it after this response */
    uint64_t ticket; /* smaller: came earlier */
    uint32_t done;   /* bytes read or written */
    struct command command;
};

struct clients {
    int listener; /* the caller's */
    uint64_t tickets;
    struct client list[CLIENTS_MAX];
};

/* `listener`: a socket that listens and does not block. */
void clients_init(struct clients *c, int listener);

/* Fills 1 + CLIENTS_MAX entries. `accepting`: new ones may come. */
void clients_poll(struct clients *c, struct pollfd *p, bool accepting);

/* After poll(): reads, writes, accepts. */
void clients_serve(struct clients *c, const struct pollfd *p);

/* The command that has waited longest, now under way; NULL: none. */
const struct command *clients_next(struct clients *c);

/* The answer to the one under way. If that client is gone, so is the answer. */
void clients_answer(struct clients *c, const struct command *answer);

/* Ends all connections. */
void clients_close(struct clients *c);
