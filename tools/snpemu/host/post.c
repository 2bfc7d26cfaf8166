/* SPDX-License-Identifier: MIT */
/* The host program's end of the mailbox. See post.h. */
#include "post.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <svsm/abi/psp.h>

#include "say.h"

#define ASKED_SIZE (sizeof(struct mailbox_request) + sizeof(struct psp_msg))

void post_init(struct post *p, int fd, struct psp *psp, bool trace)
{
    *p = (struct post){.fd = fd, .psp = psp, .trace = trace};
}

bool post_waits(const struct post *p)
{
    return p->out_done < p->out_len;
}

static void put(struct post *p, const void *bytes, size_t size)
{
    memcpy(p->out + p->out_len, bytes, size);
    p->out_len += (uint32_t)size;
}

/* Begins the answer; nothing of an earlier one is left. */
static void head(struct post *p, const struct mailbox_frame *asked, size_t size)
{
    struct mailbox_frame frame = *asked;
    frame.size = (uint32_t)size;
    p->out_len = p->out_done = 0;
    put(p, &frame, sizeof(frame));
}

static void answer_request(struct post *p, const struct mailbox_frame *frame,
                           const uint8_t *payload)
{
    struct mailbox_request asked;
    struct psp_msg request;
    struct psp_msg response;
    memcpy(&asked, payload, sizeof(asked));
    memcpy(&request, payload + sizeof(asked), sizeof(request));
    struct psp_result result = psp_request(p->psp, &request, &response);
    struct mailbox_response answer = {.status = result.status, .stop = result.stop};
    if (p->trace || result.stop) {
        say_note("vCPU %u, VMPL %u asks the firmware: status 0x%x%s%s", asked.vcpu, asked.vmpl,
                 result.status, result.why == NULL ? "" : ", ",
                 result.why == NULL ? "" : result.why);
    }
    head(p, frame, sizeof(answer) + sizeof(response));
    put(p, &answer, sizeof(answer));
    put(p, &response, sizeof(response));
}

static void answer_certificates(struct post *p, const struct mailbox_frame *frame)
{
    static uint8_t table[PSP_CERTIFICATES_MAX];
    size_t size = psp_certificates(p->psp, table, sizeof(table));
    head(p, frame, size);
    put(p, table, size);
}

bool post_answer(struct post *p, const struct mailbox_frame *frame, const uint8_t *payload)
{
    if (frame->type == MAILBOX_HELLO && frame->size == 0) {
        head(p, frame, 0);
    } else if (frame->type == MAILBOX_GUEST_REQUEST && frame->size == ASKED_SIZE) {
        answer_request(p, frame, payload);
    } else if (frame->type == MAILBOX_CERTIFICATES && frame->size == 0) {
        answer_certificates(p, frame);
    } else {
        say_error(EXIT_FAILED, NULL, "the hypervisor asks for type %u with %u bytes", frame->type,
                  frame->size);
        return false;
    }
    return true;
}

/* Answers the first frame, if it has come whole. *took says so. */
static bool take(struct post *p, bool *took)
{
    struct mailbox_frame frame;
    *took = false;
    if (p->in_len < sizeof(frame)) {
        return true;
    }
    memcpy(&frame, p->in, sizeof(frame));
    if (frame.magic != MAILBOX_MAGIC || frame.size > MAILBOX_PAYLOAD_MAX) {
        say_error(EXIT_FAILED, "has something else written to COM2?",
                  "what comes over the mailbox is no frame");
        return false;
    }
    uint32_t size = (uint32_t)sizeof(frame) + frame.size;
    if (p->in_len < size) {
        return true;
    }
    if (!post_answer(p, &frame, p->in + sizeof(frame))) {
        return false;
    }
    *took = true;
    p->in_len -= size;
    memmove(p->in, p->in + size, p->in_len);
    return true;
}

static bool send_out(struct post *p)
{
    while (post_waits(p)) {
        ssize_t n = send(p->fd, p->out + p->out_done, p->out_len - p->out_done, MSG_NOSIGNAL);
        if (n < 0) {
            return errno == EAGAIN || errno == EINTR;
        }
        p->out_done += (uint32_t)n;
    }
    return true;
}

bool post_turn(struct post *p)
{
    if (p->in_len < sizeof(p->in)) {
        ssize_t n = recv(p->fd, p->in + p->in_len, sizeof(p->in) - p->in_len, 0);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
            return false;
        }
        p->in_len += n > 0 ? (uint32_t)n : 0;
    }
    bool took = true;
    while (took) {
        if (!send_out(p)) {
            return false;
        }
        if (post_waits(p)) {
            return true; /* one answer at a time */
        }
        if (!take(p, &took)) {
            return false;
        }
    }
    return true;
}
