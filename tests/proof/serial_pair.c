/* SPDX-License-Identifier: MIT */
/*
 * What serial_encode() makes, serial_receive() gives back: every frame, with its last byte and not
 * before, and with an empty receiver behind it.
 *
 * Assumes a receiver that starts empty. crc32_step() is a stub that folds the bytes in another way,
 * the same on both sides. The payload is two bytes at most (proofs.conf) in place of 4096.
 */
#include <serial/frame.c>
#include "proof.h"

/* In place of crc32_step(). */
static uint32_t crc_fold(uint32_t crc, const uint8_t *p, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        crc = (crc << 8 | crc >> 24) ^ p[i];
    }
    return crc;
}

static void pair(uint32_t len)
{
    struct serial_frame f, out;
    struct serial_receiver r = {0};
    uint8_t wire[SERIAL_FRAME_HEADER + SERIAL_PAYLOAD_MAX];
    f.len = len;
    size_t size = serial_encode(&f, wire);
    __CPROVER_assert(size == SERIAL_FRAME_HEADER + len, "as long as it says");
    for (size_t i = 0; i < SERIAL_FRAME_HEADER + len; i++) {
        int taken = serial_receive(&r, wire[i], &out);
        __CPROVER_assert(taken == (i + 1 == size), "with its last byte");
    }
    __CPROVER_assert(out.type == f.type && out.sequence == f.sequence && out.len == len, "header");
    for (uint32_t i = 0; i < len; i++) {
        __CPROVER_assert(out.payload[i] == f.payload[i], "payload");
    }
    __CPROVER_assert(r.have == 0 && r.dropped == 0, "nothing left, nothing lost");
    REACH("a frame");
}

int main(void)
{
    struct serial_frame large;
    uint8_t wire[1];
    (void)crc_fold; /* in use by way of proofs.conf */
    __CPROVER_assume(large.len > SERIAL_PAYLOAD_MAX);
    __CPROVER_assert(serial_encode(&large, wire) == 0, "too large a frame is not encoded");
    for (uint32_t len = 0; len <= SERIAL_PAYLOAD_MAX; len++) {
        pair(len);
    }
}
