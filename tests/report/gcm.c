/* SPDX-License-Identifier: MIT */
/* See gcm.h. The nonce is the message's number, little endian, and four zeros. */
#include <stddef.h>
#include <stdint.h>
#include "gcm.h"

#define BLOCK 16u
#define KEY_WORDS 8u
#define ROUNDS 14u

struct aes {
    uint8_t keys[ROUNDS + 1][BLOCK];
    uint8_t box[256];
};

static uint8_t twice(uint8_t x)
{
    return (uint8_t)(x << 1 ^ (x & 0x80 ? 0x1b : 0));
}

static uint8_t times(uint8_t a, uint8_t b)
{
    uint8_t product = 0;

    for (; b != 0; b >>= 1, a = twice(a)) {
        product ^= b & 1 ? a : 0;
    }
    return product;
}

static uint8_t left(uint8_t x, unsigned by)
{
    return (uint8_t)(x << by | x >> (8 - by));
}

/* Powers of 3 and of its inverse, F6h, run through all of the field but zero together. */
static void box_make(uint8_t box[256])
{
    uint8_t power = 1, inverse = 1;

    do {
        box[power] = inverse ^ left(inverse, 1) ^ left(inverse, 2) ^ left(inverse, 3) ^
                     left(inverse, 4) ^ 0x63;
        power = times(power, 0x03);
        inverse = times(inverse, 0xf6);
    } while (power != 1);
    box[0] = 0x63;
}

static void aes_make(struct aes *a, const uint8_t key[32])
{
    uint8_t *words = &a->keys[0][0], round = 1;

    box_make(a->box);
    for (unsigned i = 0; i < sizeof(a->keys); i += 4) {
        for (unsigned j = 0; j < 4; j++) {
            unsigned at = i + j;
            if (i < KEY_WORDS * 4) {
                words[at] = key[at];
                continue;
            }
            uint8_t last = words[i - 4 + j];
            if (i % 32 == 0) {
                last = a->box[words[i - 4 + (j + 1) % 4]] ^ (j == 0 ? round : 0);
            } else if (i % 32 == 16) {
                last = a->box[last];
            }
            words[at] = words[at - 32] ^ last;
        }
        if (i % 32 == 0 && i > 0) {
            round = twice(round);
        }
    }
}

static void add(uint8_t to[BLOCK], const uint8_t from[BLOCK])
{
    for (unsigned i = 0; i < BLOCK; i++) {
        to[i] ^= from[i];
    }
}

static void columns_mix(uint8_t s[BLOCK])
{
    for (unsigned c = 0; c < BLOCK; c += 4) {
        uint8_t all = s[c] ^ s[c + 1] ^ s[c + 2] ^ s[c + 3], first = s[c];
        for (unsigned r = 0; r < 4; r++) {
            uint8_t next = r == 3 ? first : s[c + r + 1];
            s[c + r] ^= all ^ twice(s[c + r] ^ next);
        }
    }
}

static void encrypt(const struct aes *a, uint8_t s[BLOCK])
{
    add(s, a->keys[0]);
    for (unsigned round = 1; round <= ROUNDS; round++) {
        uint8_t moved[BLOCK];
        for (unsigned i = 0; i < BLOCK; i++) {
            moved[i] = a->box[s[(i + 4 * (i % 4)) % BLOCK]];
        }
        if (round < ROUNDS) {
            columns_mix(moved);
        }
        for (unsigned i = 0; i < BLOCK; i++) {
            s[i] = moved[i];
        }
        add(s, a->keys[round]);
    }
}

static void ghash(const uint8_t h[BLOCK], uint8_t x[BLOCK])
{
    uint8_t product[BLOCK] = {0}, v[BLOCK];

    for (unsigned i = 0; i < BLOCK; i++) {
        v[i] = h[i];
    }
    for (unsigned bit = 0; bit < 128; bit++) {
        if (x[bit / 8] >> (7 - bit % 8) & 1) {
            add(product, v);
        }
        bool carry = v[BLOCK - 1] & 1;
        for (unsigned i = BLOCK - 1; i > 0; i--) {
            v[i] = (uint8_t)(v[i] >> 1 | v[i - 1] << 7);
        }
        v[0] = v[0] >> 1 ^ (carry ? 0xe1 : 0);
    }
    for (unsigned i = 0; i < BLOCK; i++) {
        x[i] = product[i];
    }
}

static void ghash_bytes(const uint8_t h[BLOCK], uint8_t x[BLOCK], const uint8_t *bytes,
                        unsigned size)
{
    for (unsigned at = 0; at < size; at++) {
        x[at % BLOCK] ^= bytes[at];
        if (at % BLOCK == BLOCK - 1 || at == size - 1) {
            ghash(h, x);
        }
    }
}

/* Block `counter` of the stream. */
static void stream(const struct aes *a, const struct psp_msg *msg, uint32_t counter,
                   uint8_t out[BLOCK])
{
    for (unsigned i = 0; i < BLOCK; i++) {
        out[i] = i < 8    ? (uint8_t)(msg->header.msg_seqno >> 8 * i)
                 : i < 12 ? 0
                          : (uint8_t)(counter >> 8 * (15 - i));
    }
    encrypt(a, out);
}

static void tag_make(const struct aes *a, const struct psp_msg *msg, uint8_t tag[BLOCK])
{
    const uint8_t *bytes = (const uint8_t *)msg;
    uint8_t h[BLOCK] = {0}, mask[BLOCK], lengths[BLOCK] = {0};
    unsigned bits = msg->header.msg_size * 8u;

    encrypt(a, h);
    for (unsigned i = 0; i < BLOCK; i++) {
        tag[i] = 0;
    }
    ghash_bytes(h, tag, bytes + PSP_AAD_OFFSET, PSP_AAD_SIZE);
    ghash_bytes(h, tag, msg->payload, msg->header.msg_size);
    lengths[6] = PSP_AAD_SIZE * 8 >> 8;
    lengths[7] = PSP_AAD_SIZE * 8 & 0xff;
    lengths[13] = (uint8_t)(bits >> 16);
    lengths[14] = (uint8_t)(bits >> 8);
    lengths[15] = (uint8_t)bits;
    ghash_bytes(h, tag, lengths, BLOCK);
    stream(a, msg, 1, mask);
    add(tag, mask);
}

static void text_crypt(const struct aes *a, struct psp_msg *msg)
{
    uint8_t mask[BLOCK];

    for (unsigned i = 0; i < msg->header.msg_size; i++) {
        if (i % BLOCK == 0) {
            stream(a, msg, 2 + i / BLOCK, mask);
        }
        msg->payload[i] ^= mask[i % BLOCK];
    }
}

void gcm_seal(const struct snp_vmpck *key, struct psp_msg *msg)
{
    static struct aes a;

    aes_make(&a, key->key);
    text_crypt(&a, msg);
    tag_make(&a, msg, msg->header.authtag);
}

bool gcm_open(const struct snp_vmpck *key, struct psp_msg *msg)
{
    static struct aes a;
    uint8_t tag[BLOCK], wrong = 0;

    if (msg->header.msg_size > PSP_PAYLOAD_MAX) {
        return false;
    }
    aes_make(&a, key->key);
    tag_make(&a, msg, tag);
    for (unsigned i = 0; i < BLOCK; i++) {
        wrong |= tag[i] ^ msg->header.authtag[i];
    }
    text_crypt(&a, msg);
    return wrong == 0;
}
