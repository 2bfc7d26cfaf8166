/* SPDX-License-Identifier: MIT */
/* Starting, asking and ending the TPMs. */
#include "target.h"
#include "swtpm.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PERMANENT 1 /* enum tpm_state, and swtpm's PTM_BLOB_TYPE_PERMANENT */

static bool fail(const struct target *t, const char *what)
{
    fprintf(stderr, "bench: %s: %s\n", t->name, what);
    return false;
}

static bool sockets(int type, int ends[2])
{
    if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) != 0) {
        perror("bench: socketpair");
        return false;
    }
    return true;
}

/* A child that ends with us, however we end. */
static pid_t child_start(void)
{
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) {
            _exit(1);
        }
    }
    return pid;
}

bool target_start_worker(struct target *t, const char *name, const char *path)
{
    int ends[2];
    t->name = name;
    t->control = -1;
    if (!sockets(SOCK_SEQPACKET, ends)) {
        return false;
    }
    t->pid = child_start();
    if (t->pid == 0) {
        dup2(ends[1], WORKER_FD);
        dup2(STDERR_FILENO, STDOUT_FILENO);
        execl(path, path, (char *)NULL);
        perror(path);
        _exit(127);
    }
    close(ends[1]);
    t->fd = ends[0];
    return t->pid > 0;
}

bool target_start_swtpm(struct target *t, const char *name, const char *folder)
{
    int data[2];
    int control[2];
    t->name = name;
    if (!sockets(SOCK_STREAM, data) || !sockets(SOCK_STREAM, control)) {
        return false;
    }
    t->pid = child_start();
    if (t->pid == 0) {
        dup2(STDERR_FILENO, STDOUT_FILENO);
        swtpm_exec(data[1], control[1], folder);
    }
    close(data[1]);
    close(control[1]);
    t->fd = data[0];
    t->control = control[0];
    return t->pid > 0 && (swtpm_power(t->control) || fail(t, "it does not start"));
}

void target_stop(struct target *t)
{
    if (t->pid <= 0) {
        return;
    }
    close(t->fd);
    if (t->control >= 0) {
        close(t->control);
    }
    kill(t->pid, SIGKILL);
    while (waitpid(t->pid, NULL, 0) < 0 && errno == EINTR) {
    }
    t->pid = 0;
}

static bool answer_take(struct target *t, const uint8_t *message, size_t got, unsigned repeat,
                        uint64_t *inside)
{
    struct answer answer;
    if (got < sizeof(answer)) {
        return fail(t, "it ended");
    }
    memcpy(&answer, message, sizeof(answer));
    const size_t times = (size_t)answer.count * sizeof(uint64_t);
    if (answer.size > STATE_MAX || got != sizeof(answer) + times + answer.size) {
        return fail(t, "its answer is malformed");
    }
    memcpy(t->response, message + sizeof(answer) + times, answer.size);
    t->response_size = answer.size;
    if (answer.good == 0 || answer.count != repeat) {
        return false;
    }
    if (inside != NULL) {
        memcpy(inside, message + sizeof(answer), times);
    }
    return true;
}

static bool worker_do(struct target *t, enum job_kind kind, const struct command *c,
                      unsigned repeat, const struct command *after, uint64_t *inside,
                      uint64_t *trip)
{
    static uint8_t message[MESSAGE_MAX];
    const struct job job = {
        .kind = kind,
        .repeat = repeat,
        .size = c == NULL ? 0 : (uint32_t)c->size,
        .after_size = after == NULL ? 0 : (uint32_t)after->size,
    };
    size_t size = sizeof(job);
    memcpy(message, &job, sizeof(job));
    if (c != NULL) {
        memcpy(message + size, c->bytes, c->size);
        size += c->size;
    }
    if (after != NULL) {
        memcpy(message + size, after->bytes, after->size);
        size += after->size;
    }
    const uint64_t began = ticks_now();
    if (send(t->fd, message, size, MSG_NOSIGNAL) != (ssize_t)size) {
        return fail(t, "it takes no job");
    }
    const ssize_t got = recv(t->fd, message, sizeof(message), 0);
    *trip = ticks_now() - began;
    return answer_take(t, message, got < 0 ? 0 : (size_t)got, repeat, inside);
}

static bool swtpm_do(struct target *t, enum job_kind kind, const struct command *c, uint64_t *trip)
{
    bool good = false;
    const uint64_t began = ticks_now();
    switch (kind) {
    case JOB_COMMAND:
        t->response_size = swtpm_command(t->fd, c->bytes, c->size, t->response, RESPONSE_MAX);
        break;
    case JOB_POWER:
        good = swtpm_power(t->control);
        break;
    case JOB_SAVE:
        t->response_size = swtpm_save(t->control, c->bytes[0], t->response, sizeof(t->response));
        good = t->response_size != 0;
        break;
    case JOB_RESTORE:
        break; /* it is the others that take its state */
    }
    *trip = ticks_now() - began;
    return kind == JOB_COMMAND ? response_good(t->response, t->response_size) : good;
}

static bool complain(const struct target *t, const struct command *c)
{
    const uint8_t *code = t->response + 6;
    if (c != NULL && c->size >= 10 && t->response_size >= 10) {
        fprintf(stderr, "bench: %s: command 0x%02x%02x is answered with code 0x%02x%02x\n", t->name,
                c->bytes[8], c->bytes[9], code[2], code[3]);
        return false;
    }
    return fail(t, "a job failed");
}

bool target_do(struct target *t, enum job_kind kind, const struct command *c, unsigned repeat,
               const struct command *after, uint64_t *inside, uint64_t *trip)
{
    uint64_t ignored;
    trip = trip == NULL ? &ignored : trip;
    const bool good = target_is_worker(t) ? worker_do(t, kind, c, repeat, after, inside, trip)
                                          : swtpm_do(t, kind, c, trip);
    return good || complain(t, c);
}

bool target_state(struct target *t, uint8_t *state, size_t *size)
{
    const struct command kind = {.size = 1, .bytes = {PERMANENT}};
    size_t offset = 0;
    if (!target_do(t, JOB_SAVE, &kind, 1, NULL, NULL, NULL)) {
        return false;
    }
    *size = target_is_worker(t) ? t->response_size
                                : swtpm_payload(t->response, t->response_size, &offset);
    memcpy(state, t->response + offset, *size);
    return *size != 0 || fail(t, "its state has an unknown form");
}

bool target_adopt(struct target *t, const uint8_t *state, size_t size)
{
    struct command c = {0};
    put8(&c, PERMANENT);
    if (size > COMMAND_MAX - 1) {
        return fail(t, "the state is larger than a new TPM's can be");
    }
    put_bytes(&c, state, size);
    return target_do(t, JOB_RESTORE, &c, 1, NULL, NULL, NULL);
}
