/* SPDX-License-Identifier: MIT */
/* An RSA key from its two primes. */
#include "psp_chain_keys.h"

#include <stdbool.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

enum { N, E, D, P, Q, DP, DQ, QINV, NUMBERS };

static const char *const names[NUMBERS] = {
    [N] = OSSL_PKEY_PARAM_RSA_N,          [E] = OSSL_PKEY_PARAM_RSA_E,
    [D] = OSSL_PKEY_PARAM_RSA_D,          [P] = OSSL_PKEY_PARAM_RSA_FACTOR1,
    [Q] = OSSL_PKEY_PARAM_RSA_FACTOR2,    [DP] = OSSL_PKEY_PARAM_RSA_EXPONENT1,
    [DQ] = OSSL_PKEY_PARAM_RSA_EXPONENT2, [QINV] = OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
};

/* What follows from p and q (PKCS #1). `one` less than each is needed for the exponents. */
static bool complete(BIGNUM *number[NUMBERS], BN_CTX *ctx)
{
    BIGNUM *p1 = BN_dup(number[P]), *q1 = BN_dup(number[Q]), *phi = BN_new();
    bool good = p1 != NULL && q1 != NULL && phi != NULL && BN_sub_word(p1, 1) == 1 &&
                BN_sub_word(q1, 1) == 1 && BN_mul(phi, p1, q1, ctx) == 1 &&
                BN_set_word(number[E], PSP_TEST_KEY_EXPONENT) == 1 &&
                BN_mul(number[N], number[P], number[Q], ctx) == 1 &&
                BN_mod_inverse(number[D], number[E], phi, ctx) != NULL &&
                BN_mod(number[DP], number[D], p1, ctx) == 1 &&
                BN_mod(number[DQ], number[D], q1, ctx) == 1 &&
                BN_mod_inverse(number[QINV], number[Q], number[P], ctx) != NULL;

    BN_free(p1);
    BN_free(q1);
    BN_free(phi);
    return good;
}

static EVP_PKEY *assemble(BIGNUM *const number[NUMBERS])
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    OSSL_PARAM *params = NULL;
    bool good = ctx != NULL && build != NULL;

    for (unsigned i = 0; good && i < NUMBERS; i++) {
        good = OSSL_PARAM_BLD_push_BN(build, names[i], number[i]) == 1;
    }
    if (good) {
        params = OSSL_PARAM_BLD_to_param(build);
    }
    if (params != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
        EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) != 1) {
        key = NULL;
    }
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(ctx);
    return key;
}

EVP_PKEY *psp_chain_key(enum psp_test_key which)
{
    EVP_PKEY *key = NULL;
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *number[NUMBERS];
    bool good = ctx != NULL;

    for (unsigned i = 0; i < NUMBERS; i++) {
        number[i] = BN_new();
        good = good && number[i] != NULL;
    }
    if (good && BN_hex2bn(&number[P], psp_test_keys[which].p) > 0 &&
        BN_hex2bn(&number[Q], psp_test_keys[which].q) > 0 && complete(number, ctx)) {
        key = assemble(number);
    }
    for (unsigned i = 0; i < NUMBERS; i++) {
        BN_free(number[i]);
    }
    BN_CTX_free(ctx);
    return key;
}
