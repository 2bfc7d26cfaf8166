/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: the decoder of serial frames. Every frame it gives out was on the line as it is; no
 * byte is lost or counted twice; behind any noise a good frame gets through.
 */
#include "fuzz.h"
#include <svsm/serial_frame.h>

#define FRAME_MAX (SERIAL_FRAME_HEADER + SERIAL_PAYLOAD_MAX)

static struct serial_receiver receiver;
static struct serial_frame frame;
static uint64_t consumed, delivered;

/* Is `f` somewhere on the line? The reserved byte and so the check sum may be any. */
static bool was_sent(const uint8_t *line, size_t size, const uint8_t *f, size_t len)
{
    for (size_t p = 0; p + len <= size; p++) {
        if (memcmp(line + p, f, 5) == 0 && memcmp(line + p + 6, f + 6, 6) == 0 &&
            memcmp(line + p + SERIAL_FRAME_HEADER, f + SERIAL_FRAME_HEADER,
                   len - SERIAL_FRAME_HEADER) == 0) {
            return true;
        }
    }
    return false;
}

/* Take one byte of `line`, which is the last of its `size` bytes. */
static bool feed(const uint8_t *line, size_t size)
{
    static uint8_t bytes[FRAME_MAX];
    bool good = serial_receive(&receiver, line[size - 1], &frame) == 1;
    consumed++;
    require(receiver.have <= sizeof(receiver.bytes), "more bytes than there is room for");
    if (good) {
        size_t encoded = serial_encode(&frame, bytes);
        require(encoded >= SERIAL_FRAME_HEADER, "a frame that cannot be encoded");
        delivered += encoded;
        require(was_sent(line, size, bytes, encoded), "a frame that was never sent");
    }
    require(delivered + receiver.dropped + receiver.have == consumed, "bytes do not add up");
    return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t good[SERIAL_FRAME_HEADER + 3];
    const struct serial_frame sent = {
        .type = SERIAL_COMMAND, .sequence = 0x55aa, .len = 3, .payload = {1, 2, 3}};
    size_t end = size + FRAME_MAX + sizeof(good);
    uint8_t *line = calloc(1, end);
    if (line == NULL || serial_encode(&sent, good) != sizeof(good)) {
        abort();
    }
    memset(&receiver, 0, sizeof(receiver));
    consumed = 0;
    delivered = 0;
    if (size != 0) {
        memcpy(line, data, size);
    }
    memcpy(line + size + FRAME_MAX, good, sizeof(good));
    bool last = false;
    for (size_t n = 1; n <= end; n++) {
        last = feed(line, n);
    }
    require(last && frame.sequence == 0x55aa && frame.len == 3, "a good frame got lost");
    free(line);
    return 0;
}
