/* SPDX-License-Identifier: MIT */
/* The emulated firmware's use of libcrypto. No state. */
#include "psp_crypto.h"

#include <string.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/hmac.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <openssl/sha.h>

#define LABEL_MAX 64u
#define DATA_MAX 256u
#define POINT_SIZE (1u + 2u * PSP_CRYPTO_P384_SIZE) /* 04h, x, y */
#define NUMBER_SIZE sizeof(((struct psp_signature *)NULL)->r)

static void make_iv(uint64_t seqno, uint8_t iv[PSP_IV_SIZE])
{
    memset(iv, 0, PSP_IV_SIZE);
    memcpy(iv, &seqno, sizeof(seqno));
}

/* Starts either direction and takes the part of the header that is authenticated. */
static bool gcm_start(EVP_CIPHER_CTX *ctx, const uint8_t *key, const struct psp_msg *msg,
                      int encrypt)
{
    uint8_t iv[PSP_IV_SIZE];
    int len;

    make_iv(msg->header.msg_seqno, iv);
    return EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, iv, encrypt) == 1 &&
           EVP_CipherUpdate(ctx, NULL, &len, (const uint8_t *)&msg->header + PSP_AAD_OFFSET,
                            PSP_AAD_SIZE) == 1;
}

bool psp_crypto_seal(const uint8_t key[PSP_CRYPTO_KEY_SIZE], struct psp_msg *msg,
                     const void *payload, size_t size)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int len;
    bool sealed =
        ctx != NULL && gcm_start(ctx, key, msg, 1) &&
        EVP_CipherUpdate(ctx, msg->payload, &len, payload, (int)size) == 1 &&
        EVP_CipherFinal_ex(ctx, msg->payload + size, &len) == 1 &&
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, PSP_TAG_SIZE, msg->header.authtag) == 1;

    EVP_CIPHER_CTX_free(ctx);
    return sealed;
}

bool psp_crypto_open(const uint8_t key[PSP_CRYPTO_KEY_SIZE], const struct psp_msg *msg,
                     uint8_t *payload)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    uint8_t tag[PSP_TAG_SIZE];
    int len;

    memcpy(tag, msg->header.authtag, sizeof(tag));
    bool good = ctx != NULL && gcm_start(ctx, key, msg, 0) &&
                EVP_CipherUpdate(ctx, payload, &len, msg->payload, msg->header.msg_size) == 1 &&
                EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, PSP_TAG_SIZE, tag) == 1 &&
                EVP_CipherFinal_ex(ctx, payload + msg->header.msg_size, &len) == 1;
    EVP_CIPHER_CTX_free(ctx);
    return good;
}

void psp_crypto_sha384(const void *bytes, size_t size, uint8_t out[PSP_CRYPTO_SHA384_SIZE])
{
    (void)SHA384(bytes, size, out);
}

void psp_crypto_derive(const uint8_t root[PSP_CRYPTO_KEY_SIZE], const char *label, const void *data,
                       size_t size, uint8_t *out, size_t out_size)
{
    uint8_t input[LABEL_MAX + DATA_MAX] = {0}, mac[PSP_CRYPTO_SHA384_SIZE];
    size_t label_size = strlen(label) + 1;

    memcpy(input, label, label_size);
    if (size != 0) {
        memcpy(input + label_size, data, size);
    }
    (void)HMAC(EVP_sha384(), root, PSP_CRYPTO_KEY_SIZE, input, label_size + size, mac, NULL);
    memcpy(out, mac, out_size);
    OPENSSL_cleanse(mac, sizeof(mac));
}

/* The next of a row of derived numbers that is a private key of the group, or NULL. */
static BIGNUM *derive_scalar(const EC_GROUP *group, const uint8_t *root, const char *label,
                             const uint8_t *data, size_t size)
{
    uint8_t row[DATA_MAX], number[PSP_CRYPTO_P384_SIZE];
    BIGNUM *scalar = BN_secure_new();

    memcpy(row, data, size);
    for (unsigned i = 0; scalar != NULL && i < UINT8_MAX; i++) {
        row[size] = (uint8_t)i;
        psp_crypto_derive(root, label, row, size + 1, number, sizeof(number));
        if (BN_bin2bn(number, sizeof(number), scalar) != NULL && !BN_is_zero(scalar) &&
            BN_cmp(scalar, EC_GROUP_get0_order(group)) < 0) {
            break;
        }
    }
    OPENSSL_cleanse(number, sizeof(number));
    return scalar;
}

/* A key of P-384 from its point and, if not NULL, its private number. */
static EVP_PKEY *make_key(const uint8_t point[POINT_SIZE], const BIGNUM *scalar)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    OSSL_PARAM *params = NULL;

    if (ctx != NULL && build != NULL &&
        OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, SN_secp384r1, 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, POINT_SIZE) == 1 &&
        (scalar == NULL || OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, scalar) == 1)) {
        params = OSSL_PARAM_BLD_to_param(build);
    }
    if (params != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
        EVP_PKEY_fromdata(ctx, &key, scalar == NULL ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR,
                          params) != 1) {
        key = NULL;
    }
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(ctx);
    return key;
}

EVP_PKEY *psp_crypto_derive_p384(const uint8_t root[PSP_CRYPTO_KEY_SIZE], const char *label,
                                 const void *data, size_t size)
{
    EVP_PKEY *key = NULL;
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_secp384r1);
    EC_POINT *point = group == NULL ? NULL : EC_POINT_new(group);
    BIGNUM *scalar = group == NULL ? NULL : derive_scalar(group, root, label, data, size);
    uint8_t octets[POINT_SIZE];

    if (point != NULL && scalar != NULL &&
        EC_POINT_mul(group, point, scalar, NULL, NULL, NULL) == 1 &&
        EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, octets, sizeof(octets),
                           NULL) == sizeof(octets)) {
        key = make_key(octets, scalar);
    }
    BN_clear_free(scalar);
    EC_POINT_free(point);
    EC_GROUP_free(group);
    return key;
}

/* DER of an ECDSA signature into r and s. */
static bool split_signature(const uint8_t *der, size_t der_size, struct psp_signature *out)
{
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)der_size);

    memset(out, 0, sizeof(*out));
    bool good = sig != NULL && BN_bn2lebinpad(ECDSA_SIG_get0_r(sig), out->r, sizeof(out->r)) > 0 &&
                BN_bn2lebinpad(ECDSA_SIG_get0_s(sig), out->s, sizeof(out->s)) > 0;
    ECDSA_SIG_free(sig);
    return good;
}

bool psp_crypto_sign(EVP_PKEY *key, const void *bytes, size_t size, struct psp_signature *signature)
{
    uint8_t der[160];
    size_t der_size = sizeof(der);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool made = ctx != NULL && EVP_DigestSignInit(ctx, NULL, EVP_sha384(), NULL, key) == 1 &&
                EVP_DigestSign(ctx, der, &der_size, bytes, size) == 1 &&
                split_signature(der, der_size, signature);

    EVP_MD_CTX_free(ctx);
    return made;
}

/* r and s into DER; NULL: out of memory. Numbers that are too large fail in the check itself. */
static uint8_t *join_signature(const struct psp_signature *signature, int *size)
{
    uint8_t *der = NULL;
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *r = BN_lebin2bn(signature->r, NUMBER_SIZE, NULL);
    BIGNUM *s = BN_lebin2bn(signature->s, NUMBER_SIZE, NULL);

    if (sig == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(sig, r, s) != 1) {
        BN_free(r);
        BN_free(s);
        ECDSA_SIG_free(sig);
        return NULL;
    }
    *size = i2d_ECDSA_SIG(sig, &der);
    ECDSA_SIG_free(sig);
    return *size > 0 ? der : NULL;
}

/* Little-endian, zero-extended, into big-endian. False: the number has more than 384 bits. */
static bool reverse_number(const uint8_t *from, uint8_t out[PSP_CRYPTO_P384_SIZE])
{
    for (size_t i = PSP_CRYPTO_P384_SIZE; i < NUMBER_SIZE; i++) {
        if (from[i] != 0) {
            return false;
        }
    }
    for (size_t i = 0; i < PSP_CRYPTO_P384_SIZE; i++) {
        out[i] = from[PSP_CRYPTO_P384_SIZE - 1 - i];
    }
    return true;
}

static EVP_PKEY *public_key(const struct psp_public_key *key)
{
    uint8_t point[POINT_SIZE] = {POINT_CONVERSION_UNCOMPRESSED};

    if (key->curve != PSP_CURVE_P384 || !reverse_number(key->qx, point + 1) ||
        !reverse_number(key->qy, point + 1 + PSP_CRYPTO_P384_SIZE)) {
        return NULL;
    }
    return make_key(point, NULL); /* libcrypto refuses a point that is not on the curve */
}

bool psp_crypto_verify(const struct psp_public_key *key, const void *bytes, size_t size,
                       const struct psp_signature *signature)
{
    int der_size = 0;
    uint8_t *der = join_signature(signature, &der_size);
    EVP_PKEY *pkey = public_key(key);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = der != NULL && pkey != NULL && ctx != NULL &&
                EVP_DigestVerifyInit(ctx, NULL, EVP_sha384(), NULL, pkey) == 1 &&
                EVP_DigestVerify(ctx, der, (size_t)der_size, bytes, size) == 1;

    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(pkey);
    OPENSSL_free(der);
    return good;
}
