/* SPDX-License-Identifier: MIT */
/* One block of a cipher, for the modes in evp_cipher.c. */
#pragma once
#include <stdint.h>

enum shim_cipher_kind { SHIM_AES, SHIM_CAMELLIA, SHIM_DES3 };

struct shim_cipher_key {
    uint8_t key[32];
    uint32_t size;
};

/* `in` and `out` are one block, and may be the same. */
void shim_cipher_block(enum shim_cipher_kind kind, const struct shim_cipher_key *k,
                       const uint8_t *in, uint8_t *out, int encrypt);
