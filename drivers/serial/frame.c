/* SPDX-License-Identifier: MIT */
/* Frames on the serial line. See svsm/serial_frame.h. */
#include <svsm/serial_frame.h>

#include <string.h>

static uint32_t crc32_step(uint32_t crc, const uint8_t *p, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (0xedb88320u & (0u - (crc & 1)));
        }
    }
    return crc;
}

/* Over the header without its last field, then the payload. */
static uint32_t check_of(const uint8_t *bytes, uint32_t len)
{
    uint32_t crc = crc32_step(UINT32_MAX, bytes, SERIAL_FRAME_HEADER - 4);
    return ~crc32_step(crc, bytes + SERIAL_FRAME_HEADER, len);
}

static void put32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
    p[2] = (uint8_t)(v >> 16);
    p[3] = (uint8_t)(v >> 24);
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

size_t serial_encode(const struct serial_frame *f, uint8_t *out)
{
    if (f->len > SERIAL_PAYLOAD_MAX) {
        return 0;
    }
    put32(out, SERIAL_FRAME_MAGIC);
    out[4] = f->type;
    out[5] = 0;
    out[6] = (uint8_t)f->sequence;
    out[7] = (uint8_t)(f->sequence >> 8);
    put32(out + 8, f->len);
    memcpy(out + SERIAL_FRAME_HEADER, f->payload, f->len);
    put32(out + 12, check_of(out, f->len));
    return SERIAL_FRAME_HEADER + f->len;
}

/* Could these `have` bytes be the start of a frame? */
static int plausible(const uint8_t *bytes, uint32_t have)
{
    uint8_t magic[4];
    put32(magic, SERIAL_FRAME_MAGIC);
    if (memcmp(bytes, magic, have < 4 ? have : 4) != 0) {
        return 0;
    }
    return have < 12 || get32(bytes + 8) <= SERIAL_PAYLOAD_MAX;
}

/* Drop bytes from the front until what is left could be the start of a frame. */
static void resynchronise(struct serial_receiver *r)
{
    uint32_t from = 1;
    while (from < r->have && !plausible(r->bytes + from, r->have - from)) {
        from++;
    }
    r->dropped += from;
    r->have -= from;
    memmove(r->bytes, r->bytes + from, r->have);
}

/* A whole frame at the front? 1: yes, taken. */
static int take(struct serial_receiver *r, struct serial_frame *out)
{
    while (r->have >= SERIAL_FRAME_HEADER) {
        uint32_t len = get32(r->bytes + 8);
        if (r->have < SERIAL_FRAME_HEADER + len) {
            return 0;
        }
        if (check_of(r->bytes, len) == get32(r->bytes + 12)) {
            out->type = r->bytes[4];
            out->sequence = (uint16_t)(r->bytes[6] | r->bytes[7] << 8);
            out->len = len;
            memcpy(out->payload, r->bytes + SERIAL_FRAME_HEADER, len);
            r->have -= SERIAL_FRAME_HEADER + len;
            memmove(r->bytes, r->bytes + SERIAL_FRAME_HEADER + len, r->have);
            return 1;
        }
        resynchronise(r);
    }
    return 0;
}

int serial_receive(struct serial_receiver *r, uint8_t byte, struct serial_frame *out)
{
    if (r->have == sizeof(r->bytes)) {
        resynchronise(r);
    }
    r->bytes[r->have++] = byte;
    if (!plausible(r->bytes, r->have)) {
        resynchronise(r);
    }
    return take(r, out);
}
