/* SPDX-License-Identifier: MIT */
/*
 * Puts a signed ID block into an IGVM file: firmware then launches it only with this digest and
 * policy, and reports say who signed. Keys are ECDSA on P-384; nothing else is known to firmware.
 */
#pragma once
#include <openssl/evp.h>
#include <svsm/abi/launch.h>

#include "bytes.h"
#include "fail.h"

struct sign_request {
    struct bytes file; /* one that load_file() takes */
    uint32_t mask;     /* of its part for SEV-SNP */
    uint8_t digest[PSP_DIGEST_SIZE];
    uint64_t policy; /* the file's */
    uint8_t family_id[16], image_id[16];
    uint32_t svn;
    EVP_PKEY *id_key;
    EVP_PKEY *author_key; /* signs the ID key; NULL: none */
};

/* A private key in PEM form, the caller's to EVP_PKEY_free(); NULL: *f says why, with the name. */
EVP_PKEY *sign_key(struct bytes pem, const char *name, struct fail *f);

/* *out is the caller's to free(). An ID block that the file has for this part is replaced. */
bool sign_file(const struct sign_request *r, struct bytes *out, struct fail *f);
