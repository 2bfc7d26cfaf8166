/* SPDX-License-Identifier: MIT */
/*
 * RSA keys, and the EVP_PKEY contexts through which libtpms uses them. Padding is wolfCrypt's, the
 * private operation is one constant-time exponentiation with d: libtpms 0.9 hands over no primes,
 * so OpenSSL does no CRT either.
 */
#include "rsa_empty.h"
#include "shim.h"

#include <stdlib.h>
#include <string.h>
#include <wolfssl/wolfcrypt/asn.h>

enum padding { PAD_PKCS1 = 1, PAD_NONE = 3, PAD_OAEP = 4, PAD_PSS = 6 }; /* OpenSSL's numbers */
#define SALT_AUTO (-2)
#define SALT_DIGEST (-1)
#define MODULUS_MAX 512

typedef struct {
    RSA *rsa;
} EVP_PKEY;

typedef struct {
    RSA *rsa;
    enum padding padding;
    const EVP_MD *md;     /* of the signature, or of OAEP */
    unsigned char *label; /* owned */
    int label_size;
    int salt;
} EVP_PKEY_CTX;

RSA *RSA_new(void);
void RSA_free(RSA *r);
int RSA_set0_key(RSA *r, BIGNUM *n, BIGNUM *e, BIGNUM *d);
void RSA_get0_key(const RSA *r, const BIGNUM **n, const BIGNUM **e, const BIGNUM **d);
void RSA_get0_factors(const RSA *r, const BIGNUM **p, const BIGNUM **q);
int RSA_set0_crt_params(RSA *r, BIGNUM *dp, BIGNUM *dq, BIGNUM *qinv);
void RSA_set_flags(RSA *r, int flags);
int RSA_generate_key_ex(RSA *r, int bits, BIGNUM *e, void *callback);
EVP_PKEY *EVP_PKEY_new(void);
void EVP_PKEY_free(EVP_PKEY *k);
int EVP_PKEY_assign(EVP_PKEY *k, int type, void *key);
RSA *EVP_PKEY_get1_RSA(EVP_PKEY *k);
EVP_PKEY_CTX *EVP_PKEY_CTX_new(EVP_PKEY *k, void *engine);
void EVP_PKEY_CTX_free(EVP_PKEY_CTX *c);
int EVP_PKEY_CTX_set_rsa_padding(EVP_PKEY_CTX *c, int padding);
int EVP_PKEY_CTX_set_rsa_oaep_md(EVP_PKEY_CTX *c, const EVP_MD *md);
int EVP_PKEY_CTX_set0_rsa_oaep_label(EVP_PKEY_CTX *c, void *label, int size);
int EVP_PKEY_CTX_set_signature_md(EVP_PKEY_CTX *c, const EVP_MD *md);
int EVP_PKEY_CTX_set_rsa_pss_saltlen(EVP_PKEY_CTX *c, int salt);
int EVP_PKEY_encrypt_init(EVP_PKEY_CTX *c);
int EVP_PKEY_decrypt_init(EVP_PKEY_CTX *c);
int EVP_PKEY_sign_init(EVP_PKEY_CTX *c);
int EVP_PKEY_verify_init(EVP_PKEY_CTX *c);
int EVP_PKEY_encrypt(EVP_PKEY_CTX *c, unsigned char *out, size_t *out_len, const unsigned char *in,
                     size_t in_len);
int EVP_PKEY_decrypt(EVP_PKEY_CTX *c, unsigned char *out, size_t *out_len, const unsigned char *in,
                     size_t in_len);
int EVP_PKEY_sign(EVP_PKEY_CTX *c, unsigned char *sig, size_t *sig_len, const unsigned char *digest,
                  size_t size);
int EVP_PKEY_verify(EVP_PKEY_CTX *c, const unsigned char *sig, size_t sig_len,
                    const unsigned char *digest, size_t size);

RSA *RSA_new(void)
{
    RSA *r = calloc(1, sizeof(*r));
    if (r != NULL) {
        r->references = 1;
    }
    return r;
}

void RSA_free(RSA *r)
{
    if (r == NULL || --r->references > 0) {
        return;
    }
    BN_clear_free(r->n);
    BN_clear_free(r->e);
    BN_clear_free(r->d);
    BN_clear_free(r->p);
    BN_clear_free(r->q);
    free(r);
}

static void replace(BIGNUM **slot, BIGNUM *value)
{
    if (value != NULL) {
        BN_clear_free(*slot);
        *slot = value;
    }
}

int RSA_set0_key(RSA *r, BIGNUM *n, BIGNUM *e, BIGNUM *d)
{
    if ((r->n == NULL && n == NULL) || (r->e == NULL && e == NULL)) {
        return 0;
    }
    replace(&r->n, n);
    replace(&r->e, e);
    replace(&r->d, d);
    return 1;
}

void RSA_get0_key(const RSA *r, const BIGNUM **n, const BIGNUM **e, const BIGNUM **d)
{
    if (n != NULL) {
        *n = r->n;
    }
    if (e != NULL) {
        *e = r->e;
    }
    if (d != NULL) {
        *d = r->d;
    }
}

void RSA_get0_factors(const RSA *r, const BIGNUM **p, const BIGNUM **q)
{
    if (p != NULL) {
        *p = r->p;
    }
    if (q != NULL) {
        *q = r->q;
    }
}

/* Ownership passes over; without the primes they are of no use. */
int RSA_set0_crt_params(RSA *r, BIGNUM *dp, BIGNUM *dq, BIGNUM *qinv)
{
    (void)r;
    BN_clear_free(dp);
    BN_clear_free(dq);
    BN_clear_free(qinv);
    return 1;
}

void RSA_set_flags(RSA *r, int flags)
{
    (void)r;
    (void)flags;
}

static BIGNUM *number_of(mp_int *n)
{
    BIGNUM *a = BN_new();
    if (a != NULL && mp_copy(n, &a->n) != MP_OKAY) {
        BN_free(a);
        a = NULL;
    }
    return a;
}

int RSA_generate_key_ex(RSA *r, int bits, BIGNUM *e, void *callback)
{
    RsaKey key;
    (void)callback;
    if (wc_InitRsaKey(&key, NULL) != 0) {
        return 0;
    }
    int ok =
        mp_count_bits(&e->n) <= 31 && wc_MakeRsaKey(&key, bits, (long)e->n.dp[0], shim_rng()) == 0;
    if (ok) {
        replace(&r->n, number_of(&key.n));
        replace(&r->e, number_of(&key.e));
        replace(&r->d, number_of(&key.d));
        replace(&r->p, number_of(&key.p));
        replace(&r->q, number_of(&key.q));
        ok = r->n != NULL && r->e != NULL && r->d != NULL && r->p != NULL && r->q != NULL;
    }
    (void)wc_FreeRsaKey(&key);
    return ok;
}

EVP_PKEY *EVP_PKEY_new(void)
{
    return calloc(1, sizeof(EVP_PKEY));
}

void EVP_PKEY_free(EVP_PKEY *k)
{
    if (k != NULL) {
        RSA_free(k->rsa);
        free(k);
    }
}

int EVP_PKEY_assign(EVP_PKEY *k, int type, void *key)
{
    (void)type; /* RSA is the only one libtpms assigns */
    k->rsa = key;
    return key != NULL;
}

RSA *EVP_PKEY_get1_RSA(EVP_PKEY *k)
{
    if (k->rsa != NULL) {
        k->rsa->references++;
    }
    return k->rsa;
}

EVP_PKEY_CTX *EVP_PKEY_CTX_new(EVP_PKEY *k, void *engine)
{
    (void)engine;
    EVP_PKEY_CTX *c = calloc(1, sizeof(*c));
    if (c != NULL) {
        c->rsa = EVP_PKEY_get1_RSA(k);
        c->padding = PAD_PKCS1;
        c->salt = SALT_AUTO;
    }
    return c;
}

void EVP_PKEY_CTX_free(EVP_PKEY_CTX *c)
{
    if (c != NULL) {
        RSA_free(c->rsa);
        free(c->label);
        free(c);
    }
}

int EVP_PKEY_CTX_set_rsa_padding(EVP_PKEY_CTX *c, int padding)
{
    c->padding = (enum padding)padding;
    return padding == PAD_PKCS1 || padding == PAD_NONE || padding == PAD_OAEP || padding == PAD_PSS;
}

int EVP_PKEY_CTX_set_rsa_oaep_md(EVP_PKEY_CTX *c, const EVP_MD *md)
{
    c->md = md;
    return md != NULL;
}

int EVP_PKEY_CTX_set0_rsa_oaep_label(EVP_PKEY_CTX *c, void *label, int size)
{
    free(c->label);
    c->label = label;
    c->label_size = size;
    return 1;
}

int EVP_PKEY_CTX_set_signature_md(EVP_PKEY_CTX *c, const EVP_MD *md)
{
    c->md = md;
    return md != NULL;
}

int EVP_PKEY_CTX_set_rsa_pss_saltlen(EVP_PKEY_CTX *c, int salt)
{
    c->salt = salt;
    return 1;
}

int EVP_PKEY_encrypt_init(EVP_PKEY_CTX *c)
{
    return c->rsa != NULL;
}

int EVP_PKEY_decrypt_init(EVP_PKEY_CTX *c)
{
    return c->rsa != NULL && c->rsa->d != NULL;
}

int EVP_PKEY_sign_init(EVP_PKEY_CTX *c)
{
    return c->rsa != NULL && c->rsa->d != NULL;
}

int EVP_PKEY_verify_init(EVP_PKEY_CTX *c)
{
    return c->rsa != NULL;
}

static size_t modulus_size(const EVP_PKEY_CTX *c)
{
    return (size_t)mp_unsigned_bin_size(&c->rsa->n->n);
}

/* out = in ^ exponent mod n, both of the modulus's size. Numbers not below n are refused. */
static int power(const RSA *r, const BIGNUM *exponent, const uint8_t *in, size_t in_len,
                 uint8_t *out, size_t size)
{
    mp_int x;
    int ok = mp_init(&x) == MP_OKAY && mp_read_unsigned_bin(&x, in, (word32)in_len) == MP_OKAY &&
             mp_cmp(&x, &r->n->n) == MP_LT &&
             mp_exptmod(&x, (mp_int *)&exponent->n, &r->n->n, &x) == MP_OKAY &&
             mp_to_unsigned_bin_len(&x, out, (int)size) == MP_OKAY;
    mp_forcezero(&x);
    return ok;
}

static int pad_for_encryption(EVP_PKEY_CTX *c, const uint8_t *in, size_t in_len, uint8_t *out,
                              size_t size)
{
    switch (c->padding) {
    case PAD_NONE:
        memcpy(out, in, in_len == size ? size : 0);
        return in_len == size;
    case PAD_PKCS1:
        return in_len == 0 ? shim_rsa_empty_pad(out, size)
                           : wc_RsaPad_ex(in, (word32)in_len, out, (word32)size, RSA_BLOCK_TYPE_2,
                                          shim_rng(), WC_RSA_PKCSV15_PAD, WC_HASH_TYPE_NONE,
                                          WC_MGF1NONE, NULL, 0, 0, 0, NULL) == 0;
    case PAD_OAEP:
        return c->md != NULL &&
               wc_RsaPad_ex(in, (word32)in_len, out, (word32)size, RSA_BLOCK_TYPE_2, shim_rng(),
                            WC_RSA_OAEP_PAD, c->md->type, c->md->mgf, c->label,
                            (word32)c->label_size, 0, 0, NULL) == 0;
    default:
        return 0;
    }
}

int EVP_PKEY_encrypt(EVP_PKEY_CTX *c, unsigned char *out, size_t *out_len, const unsigned char *in,
                     size_t in_len)
{
    uint8_t block[MODULUS_MAX];
    size_t size = modulus_size(c);
    if (size > sizeof(block) || *out_len < size ||
        !pad_for_encryption(c, in, in_len, block, size) ||
        !power(c->rsa, c->rsa->e, block, size, out, size)) {
        shim_zero(block, sizeof(block));
        return 0;
    }
    shim_zero(block, sizeof(block));
    *out_len = size;
    return 1;
}

/* What is left behind the padding: its length, or -1. */
static int unpad(EVP_PKEY_CTX *c, uint8_t *block, size_t size, uint8_t **text)
{
    int len = -1;
    int empty = 0; /* wolfCrypt says 0 both for an empty text and for bad padding */
    *text = block;
    switch (c->padding) {
    case PAD_NONE:
        return (int)size;
    case PAD_PKCS1:
        empty = shim_rsa_empty_pkcs1(block, size);
        len = wc_RsaUnPad_ex(block, (word32)size, text, RSA_BLOCK_TYPE_2, WC_RSA_PKCSV15_PAD,
                             WC_HASH_TYPE_NONE, WC_MGF1NONE, NULL, 0, 0, 0, NULL);
        break;
    case PAD_OAEP:
        if (c->md != NULL) {
            len = wc_RsaUnPad_ex(block, (word32)size, text, RSA_BLOCK_TYPE_2, WC_RSA_OAEP_PAD,
                                 c->md->type, c->md->mgf, c->label, (word32)c->label_size, 0, 0,
                                 NULL);
            empty = shim_rsa_empty_oaep(block, size, c->md, c->label, (size_t)c->label_size);
        }
        break;
    default:
        break;
    }
    return len > 0 || (len == 0 && empty) ? len : -1;
}

int EVP_PKEY_decrypt(EVP_PKEY_CTX *c, unsigned char *out, size_t *out_len, const unsigned char *in,
                     size_t in_len)
{
    uint8_t block[MODULUS_MAX];
    uint8_t *text = NULL;
    size_t size = modulus_size(c);
    int len = -1;
    if (size <= sizeof(block) && in_len <= size &&
        power(c->rsa, c->rsa->d, in, in_len, block, size)) {
        len = unpad(c, block, size, &text);
    }
    if (len >= 0 && (size_t)len <= *out_len) {
        memcpy(out, text, (size_t)len);
        *out_len = (size_t)len;
    } else {
        len = -1;
    }
    shim_zero(block, sizeof(block));
    return len >= 0;
}

/* The encoded message of a PKCS#1 v1.5 signature. */
static int encode_pkcs1(const EVP_PKEY_CTX *c, const uint8_t *digest, size_t size, uint8_t *out,
                        size_t out_size)
{
    uint8_t info[MAX_DER_DIGEST_SZ];
    word32 len = wc_EncodeSignature(info, digest, (word32)size, c->md->oid);
    return len > 0 && wc_RsaPad_ex(info, len, out, (word32)out_size, RSA_BLOCK_TYPE_1, NULL,
                                   WC_RSA_PKCSV15_PAD, WC_HASH_TYPE_NONE, WC_MGF1NONE, NULL, 0, 0,
                                   0, NULL) == 0;
}

/* Salt as OpenSSL chooses it: as long as the digest, or as long as there is room for. */
static int pss_salt(const EVP_PKEY_CTX *c)
{
    int room = (mp_count_bits(&c->rsa->n->n) - 1 + 7) / 8 - c->md->size - 2;
    return c->salt == SALT_DIGEST ? c->md->size : room;
}

int EVP_PKEY_sign(EVP_PKEY_CTX *c, unsigned char *sig, size_t *sig_len, const unsigned char *digest,
                  size_t size)
{
    uint8_t block[MODULUS_MAX];
    size_t modulus = modulus_size(c);
    int ok = c->md != NULL && size == (size_t)c->md->size && modulus <= sizeof(block) &&
             *sig_len >= modulus;
    if (ok && c->padding == PAD_PSS) {
        ok = pss_salt(c) >= 0 &&
             wc_RsaPad_ex(digest, (word32)size, block, (word32)modulus, RSA_BLOCK_TYPE_1,
                          shim_rng(), WC_RSA_PSS_PAD, c->md->type, c->md->mgf, NULL, 0, pss_salt(c),
                          mp_count_bits(&c->rsa->n->n), NULL) == 0;
    } else if (ok) {
        ok = c->padding == PAD_PKCS1 && encode_pkcs1(c, digest, size, block, modulus);
    }
    ok = ok && power(c->rsa, c->rsa->d, block, modulus, sig, modulus);
    if (ok) {
        *sig_len = modulus;
    }
    return ok;
}

static int verify_pss(const EVP_PKEY_CTX *c, uint8_t *block, size_t modulus, const uint8_t *digest,
                      size_t size)
{
    uint8_t *inner = NULL;
    int bits = mp_count_bits(&c->rsa->n->n);
    int len =
        wc_RsaUnPad_ex(block, (word32)modulus, &inner, RSA_BLOCK_TYPE_1, WC_RSA_PSS_PAD,
                       c->md->type, c->md->mgf, NULL, 0, RSA_PSS_SALT_LEN_DISCOVER, bits, NULL);
    return len > 0 && wc_RsaPSS_CheckPadding_ex(digest, (word32)size, inner, (word32)len,
                                                c->md->type, RSA_PSS_SALT_LEN_DISCOVER, bits) == 0;
}

int EVP_PKEY_verify(EVP_PKEY_CTX *c, const unsigned char *sig, size_t sig_len,
                    const unsigned char *digest, size_t size)
{
    uint8_t block[MODULUS_MAX];
    uint8_t expected[MODULUS_MAX];
    size_t modulus = modulus_size(c);
    if (c->md == NULL || size != (size_t)c->md->size || sig_len != modulus ||
        modulus > sizeof(block) || !power(c->rsa, c->rsa->e, sig, sig_len, block, modulus)) {
        return 0;
    }
    if (c->padding == PAD_PSS) {
        return verify_pss(c, block, modulus, digest, size);
    }
    return c->padding == PAD_PKCS1 && encode_pkcs1(c, digest, size, expected, modulus) &&
           memcmp(block, expected, modulus) == 0;
}
