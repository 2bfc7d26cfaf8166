/* SPDX-License-Identifier: MIT */
#include "signature.h"

#include <string.h>
#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#define NUMBER_SIZE 48u /* of P-384 */
#define KEY_INFO_KNOWN                                                                             \
    (PSP_KEY_INFO_AUTHOR_KEY | PSP_KEY_INFO_MASK_CHIP_KEY |                                        \
     PSP_KEY_INFO_SIGNING_MASK << PSP_KEY_INFO_SIGNING_SHIFT)

static bool is_zero(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

static void check_signing_key(struct checks *checks, const struct psp_report *report,
                              const struct vek *vek)
{
    unsigned signing = psp_key_info_signing(report->key_info);

    if ((report->key_info & ~KEY_INFO_KNOWN) != 0) {
        check_add(checks, CHECK_FAILED, "signing-key", "KEY_INFO %#x has bits of unknown meaning",
                  report->key_info);
    } else if (signing == PSP_SIGNING_NONE) {
        check_add(checks, CHECK_FAILED, "signing-key",
                  "the report says that no key signed it (the chip key is masked)");
    } else if (signing != PSP_SIGNING_VCEK && signing != PSP_SIGNING_VLEK) {
        check_add(checks, CHECK_FAILED, "signing-key", "the report names an unknown key, %u",
                  signing);
    } else if (signing == PSP_SIGNING_VCEK ? vek->provider[0] != 0 : vek->hwid_size != 0) {
        check_add(checks, CHECK_FAILED, "signing-key",
                  "the report is signed by a %s, the certificate is of the other kind",
                  signing == PSP_SIGNING_VCEK ? "VCEK" : "VLEK");
    } else {
        check_add(checks, CHECK_OK, "signing-key", "%s",
                  signing == PSP_SIGNING_VCEK ? "VCEK" : "VLEK");
    }
}

void signature_check_key(struct checks *checks, const struct psp_report *report,
                         const struct vek *vek)
{
    if (report->signature_algo != PSP_SIGN_ECDSA_P384_SHA384) {
        check_add(checks, CHECK_FAILED, "algorithm",
                  "signature algorithm %u is not 1, ECDSA P-384 with SHA-384",
                  report->signature_algo);
    } else {
        check_add(checks, CHECK_OK, "algorithm", "ECDSA P-384 with SHA-384");
    }
    check_signing_key(checks, report, vek);
}

/* DER of r and s, which OPENSSL_free() frees; NULL: out of memory. */
static uint8_t *encode(const struct psp_signature *signature, int *size)
{
    uint8_t *der = NULL;
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *r = BN_lebin2bn(signature->r, NUMBER_SIZE, NULL);
    BIGNUM *s = BN_lebin2bn(signature->s, NUMBER_SIZE, NULL);

    if (sig == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(sig, r, s) != 1) {
        BN_free(r);
        BN_free(s);
    } else {
        *size = i2d_ECDSA_SIG(sig, &der);
    }
    ECDSA_SIG_free(sig);
    return der;
}

static bool verifies(const struct psp_report *report, EVP_PKEY *key)
{
    int size = 0;
    uint8_t *der = encode(&report->signature, &size);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = der != NULL && size > 0 && ctx != NULL && key != NULL &&
                EVP_DigestVerifyInit(ctx, NULL, EVP_sha384(), NULL, key) == 1 &&
                EVP_DigestVerify(ctx, der, (size_t)size, (const uint8_t *)report,
                                 PSP_REPORT_SIGNED_SIZE) == 1;

    EVP_MD_CTX_free(ctx);
    OPENSSL_free(der);
    ERR_clear_error();
    return good;
}

void signature_check(struct checks *checks, const struct psp_report *report, X509 *cert)
{
    const struct psp_signature *s = &report->signature;

    if (is_zero(s->r, sizeof(s->r)) && is_zero(s->s, sizeof(s->s))) {
        check_add(checks, CHECK_FAILED, "signature", "the report is not signed");
    } else if (!is_zero(s->r + NUMBER_SIZE, sizeof(s->r) - NUMBER_SIZE) ||
               !is_zero(s->s + NUMBER_SIZE, sizeof(s->s) - NUMBER_SIZE) ||
               !is_zero(s->reserved_090, sizeof(s->reserved_090))) {
        check_add(checks, CHECK_FAILED, "signature",
                  "bytes of the signature that have to be zero are not");
    } else if (!verifies(report, X509_get0_pubkey(cert))) {
        check_add(
            checks, CHECK_FAILED, "signature",
            "it is not the certificate's key's: the report was changed, or is another chip's");
    } else {
        check_add(checks, CHECK_OK, "signature", "made by the certificate's key");
    }
}
