/* SPDX-License-Identifier: MIT */
/*
 * The line to the TPM: one command at a time, in frames (svsm/serial_frame.h), over a byte stream
 * that may lose or invent bytes. Whatever happens on it, each command gets exactly one answer.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <svsm/serial_frame.h>

#include "command.h"

enum line_state {
    LINE_SILENT, /* waiting for READY */
    LINE_IDLE,   /* a command may be sent */
    LINE_BUSY,   /* a command is under way */
};

struct line {
    enum line_state state;
    int fd;
    uint16_t sequence;
    int64_t deadline; /* of what is awaited, in wait_now's time; 0: none */
    uint64_t dropped; /* bytes without a place in a frame, when last looked */
    struct serial_receiver receiver;
    struct serial_frame frame;
    /* Still to be written; at most the zeros and the frame of a reset, and a command. */
    uint8_t out[2 * (SERIAL_FRAME_HEADER + SERIAL_PAYLOAD_MAX) + SERIAL_FRAME_HEADER];
    uint32_t out_len;
};

void line_init(struct line *l, int fd);

/* Only when idle. */
void line_send(struct line *l, const struct command *c);

/* Write what waits. False: the other side is gone. */
bool line_write(struct line *l);

/*
 * Read what there is. False: the other side is gone. *answered: the command under way has its
 * answer, in `answer`.
 */
bool line_read(struct line *l, struct command *answer, bool *answered);

/* Has the deadline passed? Then the line is reset; true: the command under way is answered so. */
bool line_expire(struct line *l, struct command *answer);
