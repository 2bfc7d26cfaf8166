/* SPDX-License-Identifier: MIT */
/*
 * RSA padding (RFC 8017) around no text at all. wolfCrypt refuses to pad nothing in the manner of
 * PKCS#1 v1.5, and where it removes padding it says 0 for an empty text and for bad padding alike;
 * a TPM allows both.
 */
#pragma once
#include "shim.h"

/* 00 02, random bytes that are not zero, 00. 1 or 0. */
int shim_rsa_empty_pad(uint8_t *block, size_t size);

/* Is the decrypted block such a one? Looks at every byte whatever it finds. */
int shim_rsa_empty_pkcs1(const uint8_t *block, size_t size);

/*
 * The same for OAEP, on a block from which wolfCrypt has just tried to remove the padding: it has
 * taken off the masks in place by then.
 */
int shim_rsa_empty_oaep(const uint8_t *block, size_t size, const EVP_MD *md, const uint8_t *label,
                        size_t label_size);
