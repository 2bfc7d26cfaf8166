/* SPDX-License-Identifier: MIT */
/*
 * The line to the TPM. See line.h. A command is never sent twice: whether one was done that got no
 * answer is not known here, and TPM commands are not idempotent.
 */
#include "line.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <svsm/abi/result.h>

#include "say.h"
#include "wait.h"

/* RSA keys under emulation take minutes at worst; the vTPM's own budget per call is shorter. */
#define COMMAND_MS 300000
/* After noise on the line: it may have been the answer. */
#define NOISE_MS 5000
#define RESET_MS 10000
/* Per call, so that a line that never falls silent does not take the whole loop. */
#define READS_MAX 64

void line_init(struct line *l, int fd)
{
    memset(l, 0, sizeof(*l));
    l->fd = fd;
}

static void queue(struct line *l, const struct serial_frame *f)
{
    if (l->out_len + SERIAL_FRAME_HEADER + f->len <= sizeof(l->out)) {
        l->out_len += (uint32_t)serial_encode(f, l->out + l->out_len);
    }
}

void line_send(struct line *l, const struct command *c)
{
    l->sequence++;
    l->frame.type = SERIAL_COMMAND;
    l->frame.sequence = l->sequence;
    l->frame.len = c->len;
    memcpy(l->frame.payload, c->bytes, c->len);
    queue(l, &l->frame);
    l->state = LINE_BUSY;
    l->deadline = wait_now() + COMMAND_MS;
}

/*
 * Zeros first: they complete whatever frame the driver believes to be in the middle of. The same
 * for our side, or half an answer would swallow the READY.
 */
static void reset(struct line *l)
{
    l->receiver.dropped += l->receiver.have;
    l->receiver.have = 0;
    if (l->out_len == 0) {
        uint32_t zeros = SERIAL_FRAME_HEADER + SERIAL_PAYLOAD_MAX;
        memset(l->out, 0, zeros);
        l->out_len = zeros;
        l->frame.type = SERIAL_RESET;
        l->frame.sequence = l->sequence;
        l->frame.len = 0;
        queue(l, &l->frame);
    }
    l->state = LINE_SILENT;
    l->deadline = wait_now() + RESET_MS;
}

bool line_write(struct line *l)
{
    while (l->out_len > 0) {
        ssize_t n = send(l->fd, l->out, l->out_len, MSG_NOSIGNAL);
        if (n < 0) {
            return errno == EAGAIN || errno == EINTR;
        }
        l->out_len -= (uint32_t)n;
        memmove(l->out, l->out + n, l->out_len);
    }
    return true;
}

static uint32_t code_of_error(const struct serial_frame *f)
{
    uint32_t code = 0;
    if (f->len == 4) {
        code = (uint32_t)f->payload[0] | (uint32_t)f->payload[1] << 8 |
               (uint32_t)f->payload[2] << 16 | (uint32_t)f->payload[3] << 24;
    }
    if (code == SVSM_ERR_BUSY) {
        return TPM_RC_RETRY;
    }
    say_note("the TPM did not answer a command: result code 0x%08x", code);
    return TPM_RC_FAILURE;
}

/* True: the command under way has its answer. */
static bool take(struct line *l, struct command *answer)
{
    const struct serial_frame *f = &l->frame;
    bool busy = l->state == LINE_BUSY;
    if (f->type == SERIAL_READY) {
        l->state = LINE_IDLE;
        l->deadline = 0;
        if (busy) {
            say_note("the serial driver started again; the command under way is lost");
            command_refuse(answer, TPM_RC_FAILURE);
        }
        return busy;
    }
    if (!busy || f->sequence != l->sequence) {
        return false; /* of a command that was given up */
    }
    if (f->type == SERIAL_ERROR) {
        command_refuse(answer, code_of_error(f));
    } else if (f->type != SERIAL_RESPONSE) {
        return false;
    } else if (command_whole(f->payload, f->len)) {
        memcpy(answer->bytes, f->payload, f->len);
        answer->len = f->len;
    } else {
        say_note("the TPM's response is not as long as it says; the client gets TPM_RC_FAILURE");
        command_refuse(answer, TPM_RC_FAILURE);
    }
    l->state = LINE_IDLE;
    l->deadline = 0;
    return true;
}

bool line_read(struct line *l, struct command *answer, bool *answered)
{
    uint8_t bytes[512];
    *answered = false;
    for (unsigned reads = 0; reads < READS_MAX; reads++) {
        ssize_t n = recv(l->fd, bytes, sizeof(bytes), 0);
        if (n <= 0) {
            return n < 0 && (errno == EAGAIN || errno == EINTR);
        }
        for (ssize_t i = 0; i < n; i++) {
            if (serial_receive(&l->receiver, bytes[i], &l->frame) && take(l, answer)) {
                *answered = true;
            }
        }
        int64_t soon = wait_now() + NOISE_MS;
        if (l->receiver.dropped != l->dropped && l->state == LINE_BUSY && l->deadline > soon) {
            l->deadline = soon;
        }
        l->dropped = l->receiver.dropped;
    }
    return true;
}

bool line_expire(struct line *l, struct command *answer)
{
    if (l->deadline == 0 || wait_now() < l->deadline) {
        return false;
    }
    bool busy = l->state == LINE_BUSY;
    if (busy) {
        say_note("no answer from the TPM in time; the line is reset");
        command_refuse(answer, TPM_RC_FAILURE);
    }
    reset(l);
    return busy;
}
