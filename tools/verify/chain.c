/* SPDX-License-Identifier: MIT */
#include "chain.h"

#include <string.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <psp_test_keys.h>

#define RSA_BITS 4096 /* of AMD's authorities */

/* What is wrong with how `cert` is signed, or NULL. */
static const char *issuing_fault(X509 *cert, X509 *issuer)
{
    EVP_PKEY *key = X509_get0_pubkey(issuer);
    int digest = NID_undef;

    if (X509_NAME_cmp(X509_get_issuer_name(cert), X509_get_subject_name(issuer)) != 0) {
        return "names another issuer";
    }
    if (X509_get_signature_nid(cert) != NID_rsassaPss ||
        X509_get_signature_info(cert, &digest, NULL, NULL, NULL) != 1 || digest != NID_sha384) {
        return "is not signed with RSA-PSS and SHA-384";
    }
    if (key == NULL || EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA ||
        EVP_PKEY_get_bits(key) != RSA_BITS) {
        return "has an issuer whose key is not RSA with 4096 bits";
    }
    if (X509_verify(cert, key) != 1) {
        return "has a wrong signature";
    }
    return NULL;
}

/* What forbids `cert` to issue certificates, or NULL. */
static const char *authority_fault(X509 *cert)
{
    uint32_t flags = X509_get_extension_flags(cert);

    if ((flags & EXFLAG_INVALID) != 0) {
        return "has extensions that cannot be read";
    }
    if ((flags & EXFLAG_CA) == 0) {
        return "is not the certificate of an authority";
    }
    if ((X509_get_key_usage(cert) & KU_KEY_CERT_SIGN) == 0) { /* all ones where it does not say */
        return "is of a key that may not sign certificates";
    }
    return NULL;
}

static void conclude(struct checks *checks, const char *name, const char *who, const char *fault,
                     const char *good)
{
    if (fault != NULL) {
        check_add(checks, CHECK_FAILED, name, "the certificate of the %s %s", who, fault);
    } else {
        check_add(checks, CHECK_OK, name, "%s", good);
    }
}

static void check_ark(struct checks *checks, X509 *ark)
{
    const char *fault = issuing_fault(ark, ark);

    conclude(checks, "ark", "ARK", fault != NULL ? fault : authority_fault(ark),
             "the root signed itself; it is trusted because it was given");
}

static void check_ask(struct checks *checks, const struct chain *chain)
{
    const char *fault = issuing_fault(chain->ask, chain->ark);

    conclude(checks, "ask", "ASK", fault != NULL ? fault : authority_fault(chain->ask),
             "signed by the ARK");
}

static bool is_p384(const EVP_PKEY *key)
{
    char group[32] = "";

    return key != NULL && EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
           EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 &&
           strcmp(group, SN_secp384r1) == 0;
}

static void check_vek(struct checks *checks, const struct chain *chain)
{
    const char *fault = issuing_fault(chain->vek, chain->ask);

    if (fault == NULL && !is_p384(X509_get0_pubkey(chain->vek))) {
        fault = "is not of a key on P-384";
    }
    conclude(checks, "vek", "VCEK or VLEK", fault, "signed by the ASK");
}

/* One of the keys whose private halves everybody has. */
static bool is_test_key(const X509 *cert)
{
    BIGNUM *n = NULL, *p = NULL, *q = NULL, *product = BN_new();
    BN_CTX *ctx = BN_CTX_new();
    const EVP_PKEY *key = X509_get0_pubkey(cert);
    bool found = false;

    if (key != NULL && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA && product != NULL &&
        ctx != NULL && EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) == 1) {
        for (unsigned i = 0; i < PSP_TEST_KEYS && !found; i++) {
            found = BN_hex2bn(&p, psp_test_keys[i].p) > 0 &&
                    BN_hex2bn(&q, psp_test_keys[i].q) > 0 && BN_mul(product, p, q, ctx) == 1 &&
                    BN_cmp(product, n) == 0;
        }
    }
    BN_free(n);
    BN_free(p);
    BN_free(q);
    BN_free(product);
    BN_CTX_free(ctx);
    return found;
}

static bool has_test_name(const X509 *cert)
{
    char *name = X509_NAME_oneline(X509_get_subject_name(cert), NULL, 0);
    bool found = name != NULL && strstr(name, PSP_TEST_NAME) != NULL;

    OPENSSL_free(name);
    return found;
}

static void check_root(struct checks *checks, const struct chain *chain,
                       const struct chain_rules *rules)
{
    X509 *const certs[] = {chain->ark, chain->ask, chain->vek};
    bool test = false;

    for (unsigned i = 0; i < 3; i++) {
        test = test || is_test_key(certs[i]) || has_test_name(certs[i]);
    }
    if (!test) {
        check_add(checks, CHECK_OK, "root", "no key or name of the emulator");
    } else if (rules->allow_test_root) {
        check_add(checks, CHECK_NOTE, "root",
                  "the emulator's public test keys, allowed by --allow-test-root: this proves "
                  "nothing about hardware");
    } else {
        check_add(checks, CHECK_FAILED, "root",
                  "the chain is the emulator's (%s), whose private keys are public; "
                  "--allow-test-root takes it in tests",
                  PSP_TEST_NAME);
    }
}

static void check_validity(struct checks *checks, const struct chain *chain,
                           const struct chain_rules *rules)
{
    X509 *const certs[] = {chain->ark, chain->ask, chain->vek};
    static const char *const who[] = {"ARK", "ASK", "VCEK or VLEK"};
    time_t at = rules->at;

    for (unsigned i = 0; i < 3; i++) {
        if (X509_cmp_time(X509_get0_notBefore(certs[i]), &at) >= 0) { /* 0: malformed */
            check_add(checks, CHECK_FAILED, "validity",
                      "the certificate of the %s is not valid yet", who[i]);
            return;
        }
        if (X509_cmp_time(X509_get0_notAfter(certs[i]), &at) <= 0) {
            check_add(checks, CHECK_FAILED, "validity", "the certificate of the %s has expired",
                      who[i]);
            return;
        }
    }
    check_add(checks, CHECK_OK, "validity", "all certificates are within their time");
}

/* What is wrong with the list itself, or NULL. */
static const char *crl_fault(const struct chain *chain, time_t at)
{
    X509_CRL *crl = chain->crl;
    const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl);

    if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(chain->ark)) != 0 ||
        X509_CRL_get_signature_nid(crl) != NID_rsassaPss ||
        X509_CRL_verify(crl, X509_get0_pubkey(chain->ark)) != 1) {
        return "the list is not the ARK's";
    }
    if (X509_cmp_time(X509_CRL_get0_lastUpdate(crl), &at) >= 0) {
        return "the list is not valid yet";
    }
    if (next == NULL || X509_cmp_time(next, &at) <= 0) {
        return "the list is too old";
    }
    return NULL;
}

static void check_crl(struct checks *checks, const struct chain *chain, time_t at)
{
    const char *fault = crl_fault(chain, at);
    X509_REVOKED *entry;

    if (fault != NULL) {
        check_add(checks, CHECK_FAILED, "crl", "%s", fault);
    } else if (X509_CRL_get0_by_cert(chain->crl, &entry, chain->ask) != 0) {
        check_add(checks, CHECK_FAILED, "crl", "AMD has revoked this ASK");
    } else {
        check_add(checks, CHECK_OK, "crl", "the ASK is not on the ARK's list");
    }
}

void chain_check(struct checks *checks, const struct chain *chain, const struct chain_rules *rules)
{
    check_ark(checks, chain->ark);
    check_ask(checks, chain);
    check_vek(checks, chain);
    check_root(checks, chain, rules);
    check_validity(checks, chain, rules);
    if (chain->crl != NULL) {
        check_crl(checks, chain, rules->at);
    }
    ERR_clear_error();
}
