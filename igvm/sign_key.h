/* SPDX-License-Identifier: MIT */
/* Keys and signatures in IGVM's form: little-endian numbers, zero-extended to 72 bytes. */
#pragma once
#include <openssl/evp.h>
#include <svsm/abi/igvm.h>

#include "fail.h"

bool sign_key_public(EVP_PKEY *key, struct igvm_key *out, struct fail *f);

/* ECDSA with SHA-384. */
bool sign_key_sign(EVP_PKEY *key, const void *bytes, size_t size, struct igvm_signature *out,
                   struct fail *f);
