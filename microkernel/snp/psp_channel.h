/* SPDX-License-Identifier: MIT */
/*
 * The rules of guest messages under VMPCK0 (56860), without the key and without cryptography: what
 * keeps an IV from being used for two texts, whoever has the key. A pure state machine over bytes.
 *
 * One number after another, two per exchange: the request bears the next (odd) one, the answer the
 * one behind it. The first ciphertext under a number is latched: until it is answered, nothing else
 * may be sent, and it may be sent again and again (the host may have been busy, or have lost it).
 * Anything doubtful about the answer ends the channel for good; then whoever has the key wipes it.
 *
 * It lives in ring 0 because the psp task is rolled back when it crashes: it then forgets what it
 * has sent, and would use a number twice.
 */
#pragma once
#include <cdefs.h>
#include <svsm/abi/psp.h>

enum psp_channel_phase {
    PSP_CHANNEL_IDLE = 0,    /* the next request may be sent */
    PSP_CHANNEL_PENDING = 1, /* `request` has been sent; only its bytes may be sent */
    PSP_CHANNEL_DEAD = 2,
};

/* All zero at launch. */
struct psp_channel {
    enum psp_channel_phase phase;
    uint64_t number;        /* of the last answer, 0 at launch; even */
    struct psp_msg request; /* PENDING: the one that bears number + 1 */
};

enum psp_channel_verdict {
    PSP_CHANNEL_SEND,      /* the request is pending: send `request` */
    PSP_CHANNEL_OTHER,     /* another one is pending: nothing changed */
    PSP_CHANNEL_MALFORMED, /* no sealed request that bears the next number: nothing changed */
    PSP_CHANNEL_ENDED,
};

/* The number that the next request bears; while one is pending, the number it bears. 0: none. */
[[nodiscard]] uint64_t psp_channel_next(const struct psp_channel *c);

/* May this be sent? Its first bytes are latched. */
[[nodiscard]] enum psp_channel_verdict psp_channel_send(struct psp_channel *c,
                                                        const struct psp_msg *request);

/* The host gave this as the answer to the pending request. true: its header is the one that the
 * answer has to have, and the exchange is over (its tag is not judged here). false: the channel
 * has ended. */
[[nodiscard]] bool psp_channel_accept(struct psp_channel *c, const struct psp_msg *answer);

/* A doubtful outcome of any other kind. */
void psp_channel_end(struct psp_channel *c);
