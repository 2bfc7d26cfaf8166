/* SPDX-License-Identifier: MIT */
/* SHA-256 in pieces. See hash.h. */
#include "hash.h"

#include <string.h>

void hash_begin(struct hash *h)
{
    h->context = EVP_MD_CTX_new();
    h->good = h->context != NULL && EVP_DigestInit_ex(h->context, EVP_sha256(), NULL) == 1;
}

void hash_add(struct hash *h, const void *bytes, size_t size)
{
    h->good = h->good && EVP_DigestUpdate(h->context, bytes, size) == 1;
}

bool hash_end(struct hash *h, uint8_t out[32])
{
    memset(out, 0, 32);
    h->good = h->good && EVP_DigestFinal_ex(h->context, out, NULL) == 1;
    EVP_MD_CTX_free(h->context);
    return h->good;
}
