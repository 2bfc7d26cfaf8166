/* SPDX-License-Identifier: MIT */
/* The state machine of guest messages. See psp_channel.h. Pure. */
#include <snp/psp_channel.h>

#define NUMBER_MAX (UINT64_MAX - 3) /* the last after which an exchange still fits */

uint64_t psp_channel_next(const struct psp_channel *c)
{
    return c->phase == PSP_CHANNEL_DEAD || c->number > NUMBER_MAX ? 0 : c->number + 1;
}

/* What is the same in every message under VMPCK0. */
static bool header_ok(const struct psp_msg_header *h)
{
    return h->algo == PSP_ALGO_AES_256_GCM && h->hdr_version == PSP_HDR_VERSION &&
           h->hdr_size == PSP_HDR_SIZE && h->msg_vmpck == 0 && h->msg_size <= PSP_PAYLOAD_MAX;
}

enum psp_channel_verdict psp_channel_send(struct psp_channel *c, const struct psp_msg *request)
{
    if (c->phase == PSP_CHANNEL_DEAD) {
        return PSP_CHANNEL_ENDED;
    }
    if (c->phase == PSP_CHANNEL_PENDING) {
        bool same = memcmp(&c->request, request, sizeof(*request)) == 0;
        return same ? PSP_CHANNEL_SEND : PSP_CHANNEL_OTHER;
    }
    uint64_t next = psp_channel_next(c);
    if (next == 0 || request->header.msg_seqno != next || !header_ok(&request->header)) {
        return PSP_CHANNEL_MALFORMED;
    }
    c->request = *request;
    c->phase = PSP_CHANNEL_PENDING;
    return PSP_CHANNEL_SEND;
}

bool psp_channel_accept(struct psp_channel *c, const struct psp_msg *answer)
{
    const struct psp_msg_header *r = &c->request.header;
    const struct psp_msg_header *a = &answer->header;
    if (c->phase != PSP_CHANNEL_PENDING) {
        c->phase = PSP_CHANNEL_DEAD;
        return false;
    }
    if (!header_ok(a) || a->msg_seqno != r->msg_seqno + 1 || a->msg_type != r->msg_type + 1 ||
        a->msg_version != r->msg_version) {
        c->phase = PSP_CHANNEL_DEAD;
        return false;
    }
    c->number = a->msg_seqno;
    c->phase = PSP_CHANNEL_IDLE;
    return true;
}

void psp_channel_end(struct psp_channel *c)
{
    c->phase = PSP_CHANNEL_DEAD;
}
