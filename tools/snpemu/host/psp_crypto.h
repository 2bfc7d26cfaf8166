/* SPDX-License-Identifier: MIT */
/*
 * What the emulated firmware needs of libcrypto, in the ABI's own forms: keys and signatures with
 * little-endian numbers, messages with their IV. Functions return false only when libcrypto fails
 * (out of memory) or, where said, when a check fails.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <openssl/evp.h>
#include <svsm/abi/attest.h>
#include <svsm/abi/psp.h>

#define PSP_CRYPTO_KEY_SIZE 32u
#define PSP_CRYPTO_SHA384_SIZE 48u
#define PSP_CRYPTO_P384_SIZE 48u

/* AES-256-GCM of a message's payload under its number. */
[[nodiscard]] bool psp_crypto_seal(const uint8_t key[PSP_CRYPTO_KEY_SIZE], struct psp_msg *msg,
                                   const void *payload, size_t size);

/* Decrypts into payload, which has PSP_PAYLOAD_MAX bytes. False also when the tag is wrong. */
[[nodiscard]] bool psp_crypto_open(const uint8_t key[PSP_CRYPTO_KEY_SIZE],
                                   const struct psp_msg *msg, uint8_t *payload);

void psp_crypto_sha384(const void *bytes, size_t size, uint8_t out[PSP_CRYPTO_SHA384_SIZE]);

/*
 * The emulator's one way to make a key from another, not AMD's (which is not public):
 * HMAC-SHA-384(root, label || 00h || data), its first `out_size` bytes (at most 48).
 */
void psp_crypto_derive(const uint8_t root[PSP_CRYPTO_KEY_SIZE], const char *label, const void *data,
                       size_t size, uint8_t *out, size_t out_size);

/* A P-384 key whose private number is derived in the same way. NULL: out of memory. */
[[nodiscard]] EVP_PKEY *psp_crypto_derive_p384(const uint8_t root[PSP_CRYPTO_KEY_SIZE],
                                               const char *label, const void *data, size_t size);

/* ECDSA with SHA-384. */
[[nodiscard]] bool psp_crypto_sign(EVP_PKEY *key, const void *bytes, size_t size,
                                   struct psp_signature *signature);

/* False also when key or signature is malformed or wrong. */
[[nodiscard]] bool psp_crypto_verify(const struct psp_public_key *key, const void *bytes,
                                     size_t size, const struct psp_signature *signature);
