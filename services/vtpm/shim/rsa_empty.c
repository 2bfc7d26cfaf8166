/* SPDX-License-Identifier: MIT */
/* RSA padding around no text at all. See rsa_empty.h. */
#include "rsa_empty.h"

#define TYPE_ENCRYPTION 2u
#define PAD_MIN 8u /* PKCS#1 v1.5: bytes between the block type and the zero */

/* 1 or 0, without a branch. */
static unsigned is_zero(unsigned byte)
{
    return (byte - 1u) >> 31;
}

int shim_rsa_empty_pad(uint8_t *block, size_t size)
{
    if (size < 3 + PAD_MIN) {
        return 0;
    }
    for (size_t i = 2; i < size - 1; i++) {
        do {
            if (wc_RNG_GenerateBlock(shim_rng(), block + i, 1) != 0) {
                shim_fatal("the random generator failed");
            }
        } while (block[i] == 0);
    }
    block[0] = 0;
    block[1] = TYPE_ENCRYPTION;
    block[size - 1] = 0;
    return 1;
}

int shim_rsa_empty_pkcs1(const uint8_t *block, size_t size)
{
    if (size < 3 + PAD_MIN) {
        return 0;
    }
    unsigned wrong = block[0] | (block[1] ^ TYPE_ENCRYPTION) | block[size - 1];
    for (size_t i = 2; i < size - 1; i++) {
        wrong |= is_zero(block[i]);
    }
    return (int)is_zero(wrong);
}

int shim_rsa_empty_oaep(const uint8_t *block, size_t size, const EVP_MD *md, const uint8_t *label,
                        size_t label_size)
{
    uint8_t hash[WC_MAX_DIGEST_SIZE];
    const size_t hash_size = (size_t)md->size;
    if (size < 2 * hash_size + 2 ||
        wc_Hash(md->type, label, (word32)label_size, hash, (word32)hash_size) != 0) {
        return 0;
    }
    const uint8_t *data = block + 1 + hash_size;
    const size_t data_size = size - 1 - hash_size;
    unsigned wrong = block[0] | (data[data_size - 1] ^ 1u);
    for (size_t i = 0; i < hash_size; i++) {
        wrong |= data[i] ^ hash[i];
    }
    for (size_t i = hash_size; i < data_size - 1; i++) {
        wrong |= data[i];
    }
    return (int)is_zero(wrong);
}
