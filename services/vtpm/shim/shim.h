/* SPDX-License-Identifier: MIT */
/*
 * What the distribution's libtpms.a wants of OpenSSL 3.0, on wolfCrypt's native interface.
 *
 * libtpms was compiled against OpenSSL's headers, so the symbols, their signatures and the layout
 * of what it embeds by value (SHA*_CTX, AES_KEY, CAMELLIA_KEY, DES_key_schedule) are given.
 * Everything else is a pointer to it and may look as we like. Functions return 1 for success
 * and 0 (or a negative number) for failure unless their comment says otherwise.
 *
 * We declare what we define; none of OpenSSL's text is used.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/wolfcrypt/random.h>
#include <wolfssl/wolfcrypt/wolfmath.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/hash.h>
#include <wolfssl/wolfcrypt/rsa.h>

/* A number: libtpms holds pointers only. Never negative. */
typedef struct shim_bn {
    mp_int n;
} BIGNUM;
typedef struct shim_bn_ctx BN_CTX;

BIGNUM *BN_new(void);
void BN_free(BIGNUM *a);
void BN_clear_free(BIGNUM *a);
BIGNUM *BN_dup(const BIGNUM *a);
BIGNUM *BN_copy(BIGNUM *to, const BIGNUM *from);
BIGNUM *BN_bin2bn(const unsigned char *in, int len, BIGNUM *out);
int BN_bn2bin(const BIGNUM *a, unsigned char *out);
int BN_num_bits(const BIGNUM *a);
int BN_is_zero(const BIGNUM *a);
int BN_cmp(const BIGNUM *a, const BIGNUM *b);
int BN_set_word(BIGNUM *a, unsigned long w);

/* One generator for the whole process; ends it rather than fail. */
WC_RNG *shim_rng(void);
/* Draw a new seed: the memory that the generator lives in was rolled back. */
void shim_reseed(void);
[[gnu::noreturn]] void shim_fatal(const char *why);

/* memset that stays: what is cleared was secret. */
static inline void shim_zero(void *p, size_t size)
{
    memset(p, 0, size);
    /* SAFETY: no instruction; the compiler must think that somebody reads the zeros. */
    __asm__ volatile("" : : "r"(p) : "memory");
}

/* Hashes by OpenSSL's name for them. */
typedef struct shim_md {
    const char *name;
    enum wc_HashType type;
    int mgf; /* WC_MGF1SHA* */
    int oid; /* wolfCrypt's hash OID for DigestInfo */
    int size;
} EVP_MD;

typedef struct shim_ec_point {
    int infinity;
    mp_int x, y;
} EC_POINT;

typedef struct shim_ec_group {
    int curve_id; /* wolfCrypt's, if it is one of its NIST curves; else ECC_CURVE_INVALID */
    mp_int p, a, b, order;
    EC_POINT generator;
} EC_GROUP;

/* r = k * q; handles zero, infinity and scalars above the order. 1 or 0. */
int shim_point_mul(const EC_GROUP *g, EC_POINT *r, const EC_POINT *q, const mp_int *k);
int shim_point_add(const EC_GROUP *g, EC_POINT *r, const EC_POINT *a, const EC_POINT *b);
void shim_point_init(EC_POINT *p);
void shim_point_clear(EC_POINT *p);
/* A random scalar in [1, order). */
int shim_random_scalar(const EC_GROUP *g, mp_int *k);

typedef struct shim_rsa {
    unsigned references;
    BIGNUM *n, *e, *d;
    BIGNUM *p, *q;
} RSA;
