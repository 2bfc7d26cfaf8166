/* SPDX-License-Identifier: MIT */
/* One block of a cipher, for the modes in evp_cipher.c. */
#pragma once
#include <stdint.h>
#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/wolfcrypt/aes.h>
#include <wolfssl/wolfcrypt/camellia.h>
#include <wolfssl/wolfcrypt/des3.h>

enum shim_cipher_kind { SHIM_AES, SHIM_CAMELLIA, SHIM_DES3 };

/* A key schedule for one direction. */
struct shim_cipher_key {
    enum shim_cipher_kind kind;
    int encrypt;
    union {
        Aes aes;
        Camellia camellia;
        Des3 des;
    };
};

void shim_cipher_set(struct shim_cipher_key *k, enum shim_cipher_kind kind, const uint8_t *key,
                     uint32_t size, int encrypt);

/* `in` and `out` are one block, and may be the same. */
void shim_cipher_block(struct shim_cipher_key *k, const uint8_t *in, uint8_t *out);
