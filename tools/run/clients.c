/* SPDX-License-Identifier: MIT */
/* The public side of svsm-run. See clients.h. */
#include "clients.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

void clients_init(struct clients *c, int listener)
{
    c->listener = listener;
    c->tickets = 0;
    for (unsigned i = 0; i < CLIENTS_MAX; i++) {
        c->list[i].state = CLIENT_FREE;
        c->list[i].fd = -1;
    }
}

static void drop(struct client *k)
{
    close(k->fd);
    k->fd = -1;
    k->state = CLIENT_FREE;
}

static void respond(struct client *k, const struct command *response)
{
    k->command = *response;
    k->done = 0;
    k->state = CLIENT_WRITING;
}

/* What cannot be the start of a command leaves no way to find the next one. */
static void refuse(struct client *k)
{
    struct command response;
    command_refuse(&response, TPM_RC_COMMAND_SIZE);
    k->last = true;
    respond(k, &response);
}

static void client_read(struct clients *c, struct client *k)
{
    uint32_t want = COMMAND_HEADER;
    while (k->state == CLIENT_READING) {
        if (k->done >= COMMAND_HEADER) {
            want = command_size(k->command.bytes);
        }
        if (want < COMMAND_HEADER || want > COMMAND_MAX) {
            refuse(k);
            return;
        }
        if (k->done == want && k->done >= COMMAND_HEADER) {
            k->command.len = want;
            k->ticket = ++c->tickets;
            k->state = CLIENT_QUEUED;
            return;
        }
        ssize_t n = recv(k->fd, k->command.bytes + k->done, want - k->done, 0);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            return;
        }
        if (n <= 0) {
            drop(k);
            return;
        }
        k->done += (uint32_t)n;
    }
}

static void client_write(struct client *k)
{
    ssize_t n = send(k->fd, k->command.bytes + k->done, k->command.len - k->done, MSG_NOSIGNAL);
    if (n < 0) {
        if (errno != EAGAIN && errno != EINTR) {
            drop(k);
        }
        return;
    }
    k->done += (uint32_t)n;
    if (k->done < k->command.len) {
        return;
    }
    if (k->last) {
        drop(k);
        return;
    }
    k->done = 0;
    k->state = CLIENT_READING;
}

static bool room(const struct clients *c)
{
    for (unsigned i = 0; i < CLIENTS_MAX; i++) {
        if (c->list[i].state == CLIENT_FREE && c->list[i].fd < 0) {
            return true;
        }
    }
    return false;
}

static void accept_one(struct clients *c)
{
    for (unsigned i = 0; i < CLIENTS_MAX; i++) {
        struct client *k = &c->list[i];
        if (k->state == CLIENT_FREE) {
            int fd = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
            if (fd >= 0) {
                k->fd = fd;
                k->last = false;
                k->done = 0;
                k->state = CLIENT_READING;
            }
            return;
        }
    }
}

void clients_poll(struct clients *c, struct pollfd *p, bool accepting)
{
    p[0] = (struct pollfd){.fd = accepting && room(c) ? c->listener : -1, .events = POLLIN};
    for (unsigned i = 0; i < CLIENTS_MAX; i++) {
        const struct client *k = &c->list[i];
        short events = 0;
        if (k->state == CLIENT_READING) {
            events = POLLIN;
        } else if (k->state == CLIENT_WRITING) {
            events = POLLOUT;
        }
        p[i + 1] = (struct pollfd){.fd = k->fd, .events = events};
    }
}

void clients_serve(struct clients *c, const struct pollfd *p)
{
    for (unsigned i = 0; i < CLIENTS_MAX; i++) {
        struct client *k = &c->list[i];
        short events = p[i + 1].revents;
        if (k->fd < 0 || events == 0 || k->fd != p[i + 1].fd) {
            continue;
        }
        if (k->state == CLIENT_READING) {
            client_read(c, k);
        } else if (k->state == CLIENT_WRITING) {
            client_write(k);
        } else if ((events & (POLLHUP | POLLERR)) != 0) {
            drop(k); /* closed both ways; one that only has no more to say still gets its answer */
        }
    }
    if ((p[0].revents & POLLIN) != 0) {
        accept_one(c);
    }
}

const struct command *clients_next(struct clients *c)
{
    struct client *first = NULL;
    for (unsigned i = 0; i < CLIENTS_MAX; i++) {
        struct client *k = &c->list[i];
        if (k->state == CLIENT_QUEUED && (first == NULL || k->ticket < first->ticket)) {
            first = k;
        }
    }
    if (first == NULL) {
        return NULL;
    }
    first->state = CLIENT_UNDERWAY;
    return &first->command;
}

void clients_answer(struct clients *c, const struct command *answer)
{
    for (unsigned i = 0; i < CLIENTS_MAX; i++) {
        if (c->list[i].state == CLIENT_UNDERWAY) {
            respond(&c->list[i], answer);
            client_write(&c->list[i]);
        }
    }
}

void clients_close(struct clients *c)
{
    for (unsigned i = 0; i < CLIENTS_MAX; i++) {
        if (c->list[i].state != CLIENT_FREE) {
            drop(&c->list[i]);
        }
    }
}
