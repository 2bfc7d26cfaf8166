/* SPDX-License-Identifier: MIT */
/*
 * The channel to the PSP sends no number under two ciphertexts, and takes no answer but the one to
 * the pending request:
 *   - psp_channel_send() lets a message out if and only if it is well-formed and bears the number
 *     after the last answer, while nothing is pending; or is, whole, the one that is pending. What
 *     it lets out is latched, and it changes nothing else;
 *   - psp_channel_accept() takes an answer if and only if its header is the one that has to follow
 *     the pending request's, and the number that is next is then one that was never sent; whatever
 *     else comes ends the channel;
 *   - a channel that has ended stays so, and neither sends nor takes.
 * The invariant between calls, assumed before and asserted after each: the last answer's number is
 * even, numbers do not wrap, and what is pending bears the number after it.
 *
 * A message is made shorter for the proof (proofs.conf): how its bytes are used does not depend on
 * how many there are. memcmp() is a stub that may say either; that it is asked about whole messages
 * is asserted.
 */
#include <snp/psp_channel.c>
#include "proof.h"

static struct psp_channel c;
static struct psp_msg m;
static bool asked, equal;

int memcmp_any(const void *a, const void *b, size_t size)
{
    bool whole = size == sizeof(struct psp_msg) && !asked;
    __CPROVER_assert(whole && a == &c.request && b == &m, "the pending message with this one");
    asked = true;
    return equal ? 0 : 1;
}

static bool sound(const struct psp_channel *ch)
{
    bool phase = ch->phase == PSP_CHANNEL_IDLE || ch->phase == PSP_CHANNEL_PENDING ||
                 ch->phase == PSP_CHANNEL_DEAD;
    return phase && ch->number % 2 == 0 &&
           (ch->phase != PSP_CHANNEL_PENDING ||
            (ch->number <= UINT64_MAX - 3 && ch->request.header.msg_seqno == ch->number + 1));
}

/* What 56860 demands of every header under VMPCK0; sizes: a page holds it. */
static bool sealed(const struct psp_msg_header *h)
{
    return h->algo == 1 && h->hdr_version == 1 && h->hdr_size == 96 && h->msg_vmpck == 0 &&
           h->msg_size + 96u <= 4096u;
}

static void send_judge(const struct psp_channel *was, enum psp_channel_verdict verdict)
{
    bool room = was->number <= UINT64_MAX - 3;
    bool fresh = was->phase == PSP_CHANNEL_IDLE && room && sealed(&m.header) &&
                 (unsigned __int128)m.header.msg_seqno == (unsigned __int128)was->number + 1;
    bool again = was->phase == PSP_CHANNEL_PENDING && equal;
    __CPROVER_assert((verdict == PSP_CHANNEL_SEND) == (fresh || again), "sent if and only if");
    bool other = was->phase == PSP_CHANNEL_PENDING && !equal;
    __CPROVER_assert((verdict == PSP_CHANNEL_ENDED) == (was->phase == PSP_CHANNEL_DEAD), "why not");
    __CPROVER_assert((verdict == PSP_CHANNEL_OTHER) == other, "why not, again");
    __CPROVER_assert(asked == (was->phase == PSP_CHANNEL_PENDING), "compared when pending");
    __CPROVER_assert(c.number == was->number, "no number is passed over");
    if (verdict != PSP_CHANNEL_SEND) {
        __CPROVER_assert(c.phase == was->phase, "a refusal changes nothing");
        REACH("refused");
        return;
    }
    __CPROVER_assert(c.phase == PSP_CHANNEL_PENDING, "pending");
    if (again) {
        REACH("again");
        return;
    }
    size_t byte;
    __CPROVER_assume(byte < sizeof(m));
    __CPROVER_assert(((const uint8_t *)&c.request)[byte] == ((const uint8_t *)&m)[byte],
                     "every byte is latched");
    REACH("fresh");
}

static void accept_judge(const struct psp_channel *was, bool taken)
{
    const struct psp_msg_header *r = &was->request.header;
    const struct psp_msg_header *a = &m.header;
    bool follows = (unsigned __int128)a->msg_seqno == (unsigned __int128)was->number + 2 &&
                   a->msg_type == r->msg_type + 1u && a->msg_version == r->msg_version && sealed(a);
    __CPROVER_assert(taken == (was->phase == PSP_CHANNEL_PENDING && follows), "the answer to it");
    if (taken) {
        __CPROVER_assert(c.phase == PSP_CHANNEL_IDLE && c.number == was->number + 2, "the next");
        REACH("taken");
    } else {
        __CPROVER_assert(c.phase == PSP_CHANNEL_DEAD, "doubt is the end");
        REACH("doubt");
    }
}

int main(void)
{
    struct psp_channel any;
    struct psp_msg message;
    bool sending, same;
    __CPROVER_assume(sound(&any));
    c = any;
    m = message;
    equal = same;
    uint64_t next = psp_channel_next(&c);
    __CPROVER_assert(next == 0 || next == any.number + 1, "the next number");
    if (sending) {
        send_judge(&any, psp_channel_send(&c, &m));
    } else {
        accept_judge(&any, psp_channel_accept(&c, &m));
    }
    __CPROVER_assert(sound(&c), "sound again");
    if (any.phase == PSP_CHANNEL_DEAD) {
        __CPROVER_assert(c.phase == PSP_CHANNEL_DEAD, "ended for good");
        REACH("ended");
    }
}
