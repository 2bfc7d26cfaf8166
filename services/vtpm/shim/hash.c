/* SPDX-License-Identifier: MIT */
/*
 * SHA-1 and SHA-2 on OpenSSL's context layouts. libtpms embeds and marshals these contexts (a
 * hash sequence survives in saved state), so the layout stays and each call moves the state into
 * a wolfCrypt context and back. Lengths are bits there, bytes here.
 */
#include "shim.h"

#include <string.h>
#include <wolfssl/wolfcrypt/asn.h>
#include <wolfssl/wolfcrypt/sha.h>
#include <wolfssl/wolfcrypt/sha256.h>
#include <wolfssl/wolfcrypt/sha512.h>

typedef struct {
    uint32_t h[5];
    uint32_t bits_low, bits_high;
    uint8_t data[64];
    uint32_t count;
} SHA_CTX;
_Static_assert(sizeof(SHA_CTX) == 96, "OpenSSL's SHA_CTX");

typedef struct {
    uint32_t h[8];
    uint32_t bits_low, bits_high;
    uint8_t data[64];
    uint32_t count, digest_size;
} SHA256_CTX;
_Static_assert(sizeof(SHA256_CTX) == 112, "OpenSSL's SHA256_CTX");

typedef struct {
    uint64_t h[8];
    uint64_t bits_low, bits_high;
    uint8_t data[128];
    uint32_t count, digest_size;
} SHA512_CTX;
_Static_assert(sizeof(SHA512_CTX) == 216, "OpenSSL's SHA512_CTX");

int SHA1_Init(SHA_CTX *c);
int SHA1_Update(SHA_CTX *c, const void *in, size_t size);
int SHA1_Final(unsigned char *out, SHA_CTX *c);
int SHA256_Init(SHA256_CTX *c);
int SHA256_Update(SHA256_CTX *c, const void *in, size_t size);
int SHA256_Final(unsigned char *out, SHA256_CTX *c);
int SHA384_Init(SHA512_CTX *c);
int SHA384_Update(SHA512_CTX *c, const void *in, size_t size);
int SHA384_Final(unsigned char *out, SHA512_CTX *c);
int SHA512_Init(SHA512_CTX *c);
int SHA512_Update(SHA512_CTX *c, const void *in, size_t size);
int SHA512_Final(unsigned char *out, SHA512_CTX *c);

/* wolfCrypt takes 32-bit lengths. */
#define PART_MAX ((size_t)1 << 30)

static void sha1_load(wc_Sha *w, const SHA_CTX *c)
{
    uint64_t bytes = ((uint64_t)c->bits_high << 32 | c->bits_low) >> 3;
    (void)wc_InitSha(w);
    memcpy(w->digest, c->h, sizeof(c->h));
    memcpy(w->buffer, c->data, sizeof(c->data));
    w->buffLen = c->count % sizeof(c->data);
    w->loLen = (word32)bytes;
    w->hiLen = (word32)(bytes >> 32);
}

static void sha1_store(SHA_CTX *c, const wc_Sha *w)
{
    uint64_t bits = ((uint64_t)w->hiLen << 32 | w->loLen) << 3;
    memcpy(c->h, w->digest, sizeof(c->h));
    memset(c->data, 0, sizeof(c->data));
    memcpy(c->data, w->buffer, w->buffLen);
    c->count = w->buffLen;
    c->bits_low = (uint32_t)bits;
    c->bits_high = (uint32_t)(bits >> 32);
}

int SHA1_Init(SHA_CTX *c)
{
    wc_Sha w;
    memset(c, 0, sizeof(*c));
    (void)wc_InitSha(&w);
    memcpy(c->h, w.digest, sizeof(c->h));
    return 1;
}

int SHA1_Update(SHA_CTX *c, const void *in, size_t size)
{
    wc_Sha w;
    const uint8_t *p = in;
    sha1_load(&w, c);
    while (size > 0) {
        size_t part = size < PART_MAX ? size : PART_MAX;
        if (wc_ShaUpdate(&w, p, (word32)part) != 0) {
            return 0;
        }
        p += part;
        size -= part;
    }
    sha1_store(c, &w);
    shim_zero(&w, sizeof(w));
    return 1;
}

int SHA1_Final(unsigned char *out, SHA_CTX *c)
{
    wc_Sha w;
    sha1_load(&w, c);
    int ok = wc_ShaFinal(&w, out) == 0;
    memset(c->data, 0, sizeof(c->data));
    c->count = 0;
    shim_zero(&w, sizeof(w));
    return ok;
}

static void sha256_load(wc_Sha256 *w, const SHA256_CTX *c)
{
    uint64_t bytes = ((uint64_t)c->bits_high << 32 | c->bits_low) >> 3;
    (void)wc_InitSha256(w);
    memcpy(w->digest, c->h, sizeof(c->h));
    memcpy(w->buffer, c->data, sizeof(c->data));
    w->buffLen = c->count % sizeof(c->data);
    w->loLen = (word32)bytes;
    w->hiLen = (word32)(bytes >> 32);
}

static void sha256_store(SHA256_CTX *c, const wc_Sha256 *w)
{
    uint64_t bits = ((uint64_t)w->hiLen << 32 | w->loLen) << 3;
    memcpy(c->h, w->digest, sizeof(c->h));
    memset(c->data, 0, sizeof(c->data));
    memcpy(c->data, w->buffer, w->buffLen);
    c->count = w->buffLen;
    c->bits_low = (uint32_t)bits;
    c->bits_high = (uint32_t)(bits >> 32);
}

int SHA256_Init(SHA256_CTX *c)
{
    wc_Sha256 w;
    memset(c, 0, sizeof(*c));
    (void)wc_InitSha256(&w);
    memcpy(c->h, w.digest, sizeof(c->h));
    c->digest_size = 32;
    return 1;
}

int SHA256_Update(SHA256_CTX *c, const void *in, size_t size)
{
    wc_Sha256 w;
    const uint8_t *p = in;
    sha256_load(&w, c);
    while (size > 0) {
        size_t part = size < PART_MAX ? size : PART_MAX;
        if (wc_Sha256Update(&w, p, (word32)part) != 0) {
            return 0;
        }
        p += part;
        size -= part;
    }
    sha256_store(c, &w);
    shim_zero(&w, sizeof(w));
    return 1;
}

int SHA256_Final(unsigned char *out, SHA256_CTX *c)
{
    wc_Sha256 w;
    sha256_load(&w, c);
    int ok = wc_Sha256Final(&w, out) == 0;
    memset(c->data, 0, sizeof(c->data));
    c->count = 0;
    shim_zero(&w, sizeof(w));
    return ok;
}

/* SHA-384 and SHA-512 differ in their start and in how much of the state comes out. */
static void sha512_load(wc_Sha512 *w, const SHA512_CTX *c)
{
    if (c->digest_size == 48) {
        (void)wc_InitSha384(w);
    } else {
        (void)wc_InitSha512(w);
    }
    memcpy(w->digest, c->h, sizeof(c->h));
    memcpy(w->buffer, c->data, sizeof(c->data));
    w->buffLen = c->count % sizeof(c->data);
    w->loLen = c->bits_low >> 3 | c->bits_high << 61;
    w->hiLen = c->bits_high >> 3;
}

static void sha512_store(SHA512_CTX *c, const wc_Sha512 *w)
{
    memcpy(c->h, w->digest, sizeof(c->h));
    memset(c->data, 0, sizeof(c->data));
    memcpy(c->data, w->buffer, w->buffLen);
    c->count = w->buffLen;
    c->bits_low = w->loLen << 3;
    c->bits_high = w->hiLen << 3 | w->loLen >> 61;
}

static int sha512_init(SHA512_CTX *c, uint32_t digest_size)
{
    wc_Sha512 w;
    memset(c, 0, sizeof(*c));
    if (digest_size == 48) {
        (void)wc_InitSha384(&w);
    } else {
        (void)wc_InitSha512(&w);
    }
    memcpy(c->h, w.digest, sizeof(c->h));
    c->digest_size = digest_size;
    return 1;
}

static int sha512_update(SHA512_CTX *c, const uint8_t *p, size_t size)
{
    wc_Sha512 w;
    int ok = 1;
    sha512_load(&w, c);
    while (size > 0 && ok) {
        size_t part = size < PART_MAX ? size : PART_MAX;
        ok = (c->digest_size == 48 ? wc_Sha384Update(&w, p, (word32)part)
                                   : wc_Sha512Update(&w, p, (word32)part)) == 0;
        p += part;
        size -= part;
    }
    sha512_store(c, &w);
    shim_zero(&w, sizeof(w));
    return ok;
}

static int sha512_final(unsigned char *out, SHA512_CTX *c)
{
    wc_Sha512 w;
    sha512_load(&w, c);
    int ok = (c->digest_size == 48 ? wc_Sha384Final(&w, out) : wc_Sha512Final(&w, out)) == 0;
    memset(c->data, 0, sizeof(c->data));
    c->count = 0;
    shim_zero(&w, sizeof(w));
    return ok;
}

int SHA384_Init(SHA512_CTX *c)
{
    return sha512_init(c, 48);
}

int SHA384_Update(SHA512_CTX *c, const void *in, size_t size)
{
    return sha512_update(c, in, size);
}

int SHA384_Final(unsigned char *out, SHA512_CTX *c)
{
    return sha512_final(out, c);
}

int SHA512_Init(SHA512_CTX *c)
{
    return sha512_init(c, 64);
}

int SHA512_Update(SHA512_CTX *c, const void *in, size_t size)
{
    return sha512_update(c, in, size);
}

int SHA512_Final(unsigned char *out, SHA512_CTX *c)
{
    return sha512_final(out, c);
}

static const EVP_MD digests[] = {
    {"sha1", WC_HASH_TYPE_SHA, WC_MGF1SHA1, SHAh, 20},
    {"sha256", WC_HASH_TYPE_SHA256, WC_MGF1SHA256, SHA256h, 32},
    {"sha384", WC_HASH_TYPE_SHA384, WC_MGF1SHA384, SHA384h, 48},
    {"sha512", WC_HASH_TYPE_SHA512, WC_MGF1SHA512, SHA512h, 64},
};

const EVP_MD *EVP_get_digestbyname(const char *name);
const EVP_MD *EVP_get_digestbyname(const char *name)
{
    for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
        if (strcmp(digests[i].name, name) == 0) {
            return &digests[i];
        }
    }
    return NULL;
}

int EVP_MD_get_size(const EVP_MD *md);
int EVP_MD_get_size(const EVP_MD *md)
{
    return md == NULL ? -1 : md->size;
}
