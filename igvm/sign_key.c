/* SPDX-License-Identifier: MIT */
/* Keys and signatures in the firmware's form. See sign_key.h. */
#include "sign_key.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <svsm/abi/attest.h>

#include "sign.h"

#define SIGNATURE_MAX 160 /* DER */
#define PEM_MAX 0x10000u

static const char mend[] =
    "openssl ecparam -name secp384r1 -genkey -noout -out FILE makes one that can be used";

/* No passphrase is asked for: this runs in scripts. */
static int no_passphrase(char *buffer, int size, int writing, void *asked)
{
    (void)buffer;
    (void)size;
    (void)writing;
    *(bool *)asked = true;
    return -1;
}

static bool check(EVP_PKEY *key, const char *name, struct fail *f)
{
    char group[64] = "";
    if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC) {
        return fail_with_mend(f, mend, "%s holds a key of the kind %s; ECDSA on P-384 is needed",
                              name, EVP_PKEY_get0_type_name(key));
    }
    (void)EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group),
                                         NULL);
    if (strcmp(group, "secp384r1") != 0 && strcmp(group, "P-384") != 0) {
        return fail_with_mend(f, mend, "%s holds a key on the curve %s; P-384 is needed", name,
                              group);
    }
    return true;
}

EVP_PKEY *sign_key(struct bytes pem, const char *name, struct fail *f)
{
    bool asked = false;
    BIO *text = pem.size <= PEM_MAX ? BIO_new_mem_buf(pem.at, (int)pem.size) : NULL;
    EVP_PKEY *key =
        text == NULL ? NULL : PEM_read_bio_PrivateKey(text, NULL, no_passphrase, &asked);
    BIO_free(text);
    ERR_clear_error();
    if (key == NULL && asked) {
        fail_with_mend(f, "openssl pkey -in FILE -out FILE2 takes the passphrase away",
                       "%s is protected by a passphrase", name);
    } else if (key == NULL) {
        fail_with_mend(f, mend, "%s holds no private key in PEM form", name);
    } else if (!check(key, name, f)) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    return key;
}

static bool put_number(EVP_PKEY *key, const char *name, uint8_t *out, size_t size)
{
    BIGNUM *number = NULL;
    bool done = EVP_PKEY_get_bn_param(key, name, &number) == 1 &&
                BN_bn2lebinpad(number, out, (int)size) == (int)size;
    BN_free(number);
    return done;
}

bool sign_key_public(EVP_PKEY *key, struct igvm_key *out, struct fail *f)
{
    *out = (struct igvm_key){.curve = PSP_CURVE_P384};
    return (put_number(key, OSSL_PKEY_PARAM_EC_PUB_X, out->qx, sizeof(out->qx)) &&
            put_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, out->qy, sizeof(out->qy))) ||
           fail_because(f, "the key does not tell its public half");
}

static bool take(const uint8_t *der, size_t len, struct igvm_signature *out)
{
    const uint8_t *at = der;
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &at, (long)len);
    if (signature == NULL) {
        return false;
    }
    bool done = BN_bn2lebinpad(ECDSA_SIG_get0_r(signature), out->r, sizeof(out->r)) > 0 &&
                BN_bn2lebinpad(ECDSA_SIG_get0_s(signature), out->s, sizeof(out->s)) > 0;
    ECDSA_SIG_free(signature);
    return done;
}

bool sign_key_sign(EVP_PKEY *key, const void *bytes, size_t size, struct igvm_signature *out,
                   struct fail *f)
{
    uint8_t der[SIGNATURE_MAX];
    size_t len = sizeof(der);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool done = context != NULL &&
                EVP_DigestSignInit(context, NULL, EVP_sha384(), NULL, key) == 1 &&
                EVP_DigestSign(context, der, &len, bytes, size) == 1 && take(der, len, out);
    EVP_MD_CTX_free(context);
    return done || fail_because(f, "the key could not sign");
}
