/* SPDX-License-Identifier: MIT */
/*
 * Frames on the serial line between the host's bridge (svsm-run) and the serial driver task.
 *
 * A header of 16 little-endian bytes, then `len` bytes of payload. The receiver looks for the
 * magic, takes a frame whose check sum is right and drops everything else byte by byte, so noise
 * costs frames but never alignment. One COMMAND is under way at a time; RESPONSE and ERROR carry
 * its sequence number. A host that waits in vain sends RESET and waits for READY.
 *
 * The parser is a pure state machine over bytes: driver, bridge, tests and fuzzers compile the
 * same.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define SERIAL_FRAME_MAGIC 0x31465653u /* "SVF1" */
#define SERIAL_FRAME_HEADER 16u
#define SERIAL_PAYLOAD_MAX 4096u

enum serial_frame_type {
    SERIAL_READY = 1,    /* driver: started, or reset as asked */
    SERIAL_COMMAND = 2,  /* host: a TPM command */
    SERIAL_RESPONSE = 3, /* driver: its response */
    SERIAL_ERROR = 4,    /* driver: no response; payload: u32 result code (svsm/abi/result.h) */
    SERIAL_RESET = 5,    /* host: forget everything and answer READY */
};

/* One frame in one buffer, header included, so that it can be sent in one go. */
struct serial_frame {
    uint8_t type;
    uint16_t sequence;
    uint32_t len;
    uint8_t payload[SERIAL_PAYLOAD_MAX];
};

struct serial_receiver {
    uint32_t have; /* bytes of header and payload collected */
    uint8_t bytes[SERIAL_FRAME_HEADER + SERIAL_PAYLOAD_MAX];
    uint64_t dropped; /* bytes that belonged to no good frame */
};

/* Header and payload as bytes into `out` (SERIAL_FRAME_HEADER + len). Returns their number, 0 if
 * len is too large. */
size_t serial_encode(const struct serial_frame *f, uint8_t *out);

/* Take one byte. 1: *out is a good frame now. 0: not yet. */
int serial_receive(struct serial_receiver *r, uint8_t byte, struct serial_frame *out);
