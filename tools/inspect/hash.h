/* SPDX-License-Identifier: MIT */
/* SHA-256 in pieces. A failure of the hash itself shows at the end. */
#pragma once
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>

struct hash {
    EVP_MD_CTX *context;
    bool good;
};

void hash_begin(struct hash *h);
void hash_add(struct hash *h, const void *bytes, size_t size);

/* Frees it. */
bool hash_end(struct hash *h, uint8_t out[32]);
