/* SPDX-License-Identifier: MIT */
/*
 * serial_receive(): whatever has been collected, whatever byte comes: nothing is touched outside of
 * the receiver and the frame; a frame is delivered if and only if the one looked at last has the
 * right check sum, and then it is that one; and every byte is accounted for, as collected, dropped
 * or delivered.
 *
 * Assumes have <= sizeof(bytes), which it leaves behind again. check_of() is a stub of any result.
 * The payload is two bytes at most (proofs.conf) in place of 4096: the passes of the loops are the
 * same.
 */
#include <serial/frame.c>
#include "proof.h"

static bool looked, right;
static struct serial_frame last;

/* In place of check_of(). Notes what it was asked about. */
static uint32_t check_any(const uint8_t *bytes, uint32_t len)
{
    uint32_t sum;
    __CPROVER_assert(len <= SERIAL_PAYLOAD_MAX, "no frame is larger");
    looked = true;
    right = sum == get32(bytes + 12);
    last.type = bytes[4];
    last.sequence = (uint16_t)(bytes[6] + 256 * bytes[7]);
    last.len = len;
    for (uint32_t i = 0; i < SERIAL_PAYLOAD_MAX; i++) {
        last.payload[i] = i < len ? bytes[SERIAL_FRAME_HEADER + i] : 0;
    }
    return sum;
}

int main(void)
{
    struct serial_receiver r;
    struct serial_frame out;
    uint8_t byte;
    __CPROVER_assume(r.have <= sizeof(r.bytes));
    __CPROVER_assume(r.dropped < UINT64_MAX / 2);
    (void)check_any; /* in use by way of proofs.conf */
    uint64_t before = r.have + 1 + r.dropped;

    int taken = serial_receive(&r, byte, &out);

    __CPROVER_assert(r.have <= sizeof(r.bytes), "as it was assumed");
    uint64_t size = taken ? SERIAL_FRAME_HEADER + out.len : 0;
    __CPROVER_assert(r.have + r.dropped + size == before, "every byte is accounted for");
    __CPROVER_assert(taken == (looked && right), "delivered if and only if its check sum is right");
    if (!taken) {
        REACH("not yet");
        return 0;
    }
    __CPROVER_assert(out.len == last.len && out.type == last.type && out.sequence == last.sequence,
                     "that very frame");
    for (uint32_t i = 0; i < out.len; i++) {
        __CPROVER_assert(out.payload[i] == last.payload[i], "and its payload");
    }
    REACH("a frame");
    if (r.have > 0) {
        REACH("and bytes behind it");
    }
}
