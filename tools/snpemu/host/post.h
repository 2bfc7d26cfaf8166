/* SPDX-License-Identifier: MIT */
/*
 * The host program's end of the mailbox (wire/mailbox.h): frames from hv, and the firmware's
 * answers. One request at a time. The stream is trusted no further than that hv wrote it.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <wire/mailbox.h>

#include "psp.h"

#define POST_FRAME_MAX (sizeof(struct mailbox_frame) + MAILBOX_PAYLOAD_MAX)

struct post {
    int fd;
    struct psp *psp;
    bool trace; /* say what is asked, on stderr */
    uint32_t in_len, out_len, out_done;
    uint8_t in[POST_FRAME_MAX], out[POST_FRAME_MAX];
};

void post_init(struct post *p, int fd, struct psp *psp, bool trace);

/* Is something to be written? */
bool post_waits(const struct post *p);

/*
 * Reads what there is, answers, and writes what can be written. False: the other side is gone, or
 * does not speak this language; the latter has been said.
 */
bool post_turn(struct post *p);

/* The answer to one whole frame, into p->out. False: it is none. For tests, too. */
bool post_answer(struct post *p, const struct mailbox_frame *frame, const uint8_t *payload);
