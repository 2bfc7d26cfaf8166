/* SPDX-License-Identifier: MIT */
/* Certificates of the test hierarchy, by libcrypto. */
#include "psp_chain.h"

#include <string.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include "psp_chain_keys.h"
#include "psp_test_keys.h"

#define AMD_OID "1.3.6.1.4.1.3704.1"
#define SALT_SIZE 48 /* of RSA-PSS: as long as the hash */
#define VALID_FROM "20240101000000Z"
#define VALID_TO "20491231235959Z"
#define EXTENSION_MAX 80u

static const char *const product_names[] = {
    [PSP_MILAN] = "Milan-B0", [PSP_GENOA] = "Genoa-B0", [PSP_TURIN] = "Turin-B0"};

static bool add_name(X509_NAME *name, const char *field, const char *text)
{
    return X509_NAME_add_entry_by_txt(name, field, MBSTRING_ASC, (const unsigned char *)text, -1,
                                      -1, 0) == 1;
}

static X509_NAME *make_name(const char *who)
{
    char text[64] = PSP_TEST_NAME " ";
    X509_NAME *name = X509_NAME_new();

    strncat(text, who, sizeof(text) - strlen(text) - 1);
    strncat(text, " - NOT AMD", sizeof(text) - strlen(text) - 1);
    if (name != NULL && add_name(name, "OU", "public test keys, worth nothing") &&
        add_name(name, "O", PSP_TEST_NAME " - NOT AMD") && add_name(name, "CN", text)) {
        return name;
    }
    X509_NAME_free(name);
    return NULL;
}

/* A certificate without extensions and signature. */
static X509 *start(const char *issuer, const char *subject, EVP_PKEY *key, long serial)
{
    X509 *cert = X509_new();
    X509_NAME *from = make_name(issuer), *to = make_name(subject);
    bool good = cert != NULL && from != NULL && to != NULL &&
                X509_set_version(cert, X509_VERSION_3) == 1 &&
                ASN1_INTEGER_set(X509_get_serialNumber(cert), serial) == 1 &&
                X509_set_issuer_name(cert, from) == 1 && X509_set_subject_name(cert, to) == 1 &&
                ASN1_TIME_set_string(X509_getm_notBefore(cert), VALID_FROM) == 1 &&
                ASN1_TIME_set_string(X509_getm_notAfter(cert), VALID_TO) == 1 &&
                X509_set_pubkey(cert, key) == 1;

    X509_NAME_free(from);
    X509_NAME_free(to);
    if (!good) {
        X509_free(cert);
        return NULL;
    }
    return cert;
}

/* RSA-PSS with SHA-384, as AMD's authorities sign. */
static bool sign(X509 *cert, EVP_PKEY *authority)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *params = NULL; /* owned by ctx */
    bool good =
        ctx != NULL && EVP_DigestSignInit(ctx, &params, EVP_sha384(), NULL, authority) == 1 &&
        EVP_PKEY_CTX_set_rsa_padding(params, RSA_PKCS1_PSS_PADDING) == 1 &&
        EVP_PKEY_CTX_set_rsa_pss_saltlen(params, SALT_SIZE) == 1 &&
        EVP_PKEY_CTX_set_rsa_mgf1_md(params, EVP_sha384()) == 1 && X509_sign_ctx(cert, ctx) > 0;

    EVP_MD_CTX_free(ctx);
    return good;
}

static bool add_standard(X509 *cert, int nid, const char *text)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, text);
    bool added = extension != NULL && X509_add_ext(cert, extension, -1) == 1;

    X509_EXTENSION_free(extension);
    return added;
}

static X509 *make_authority(const char *issuer, const char *subject, EVP_PKEY *key,
                            EVP_PKEY *issuer_key, long serial)
{
    X509 *cert = start(issuer, subject, key, serial);

    if (cert != NULL && add_standard(cert, NID_basic_constraints, "critical,CA:TRUE") &&
        add_standard(cert, NID_key_usage, "critical,keyCertSign,cRLSign") &&
        sign(cert, issuer_key)) {
        return cert;
    }
    X509_free(cert);
    return NULL;
}

/* An extension whose value is `tag`, length and bytes in DER; all are shorter than 128. */
static bool add_amd(X509 *cert, const char *oid, uint8_t tag, const void *bytes, size_t size)
{
    uint8_t der[EXTENSION_MAX] = {tag, (uint8_t)size};
    ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    X509_EXTENSION *extension = NULL;
    bool added = false;

    memcpy(der + 2, bytes, size);
    if (object != NULL && value != NULL &&
        ASN1_OCTET_STRING_set(value, der, (int)(size + 2)) == 1) {
        extension = X509_EXTENSION_create_by_OBJ(NULL, object, 0, value);
        added = extension != NULL && X509_add_ext(cert, extension, -1) == 1;
    }
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(value);
    ASN1_OBJECT_free(object);
    return added;
}

/* A number from 0 to 255; DER puts a zero before one that would look negative. */
static bool add_number(X509 *cert, const char *oid, uint8_t number)
{
    const uint8_t bytes[2] = {0, number};

    return number < 0x80 ? add_amd(cert, oid, V_ASN1_INTEGER, bytes + 1, 1)
                         : add_amd(cert, oid, V_ASN1_INTEGER, bytes, 2);
}

static bool add_tcb(X509 *cert, const struct psp_chain_subject *subject)
{
    const uint8_t *part = subject->tcb.part;

    if (subject->product == PSP_TURIN) {
        return add_number(cert, AMD_OID ".3.1", part[PSP_TCB_TURIN_BOOT_LOADER]) &&
               add_number(cert, AMD_OID ".3.2", part[PSP_TCB_TURIN_TEE]) &&
               add_number(cert, AMD_OID ".3.3", part[PSP_TCB_TURIN_SNP]) &&
               add_number(cert, AMD_OID ".3.8", part[PSP_TCB_TURIN_MICROCODE]) &&
               add_number(cert, AMD_OID ".3.9", part[PSP_TCB_TURIN_FMC]);
    }
    return add_number(cert, AMD_OID ".3.1", part[PSP_TCB_MILAN_BOOT_LOADER]) &&
           add_number(cert, AMD_OID ".3.2", part[PSP_TCB_MILAN_TEE]) &&
           add_number(cert, AMD_OID ".3.4", part[2]) && add_number(cert, AMD_OID ".3.5", part[3]) &&
           add_number(cert, AMD_OID ".3.6", part[4]) && add_number(cert, AMD_OID ".3.7", part[5]) &&
           add_number(cert, AMD_OID ".3.3", part[PSP_TCB_MILAN_SNP]) &&
           add_number(cert, AMD_OID ".3.8", part[PSP_TCB_MILAN_MICROCODE]);
}

static bool add_identity(X509 *cert, const struct psp_chain_subject *subject)
{
    static const char provider[] = "svsm-emulator"; /* plays the CSP that a VLEK belongs to */

    return subject->vlek
               ? add_amd(cert, AMD_OID ".5", V_ASN1_IA5STRING, provider, sizeof(provider) - 1)
               : add_amd(cert, AMD_OID ".4", V_ASN1_OCTET_STRING, subject->chip_id,
                         sizeof(subject->chip_id));
}

static X509 *make_vek(const struct psp_chain_subject *subject, EVP_PKEY *key, EVP_PKEY *authority)
{
    const char *product = product_names[subject->product];
    X509 *cert = start(subject->vlek ? "ASVK" : "ASK", subject->vlek ? "VLEK" : "VCEK", key, 0);

    if (cert != NULL && add_number(cert, AMD_OID ".1", subject->product == PSP_TURIN ? 1 : 0) &&
        add_amd(cert, AMD_OID ".2", V_ASN1_IA5STRING, product, strlen(product)) &&
        add_tcb(cert, subject) && add_identity(cert, subject) && sign(cert, authority)) {
        return cert;
    }
    X509_free(cert);
    return NULL;
}

bool psp_chain_make(struct psp_chain *chain, const struct psp_chain_subject *subject, EVP_PKEY *key)
{
    EVP_PKEY *ark = psp_chain_key(PSP_TEST_KEY_ARK);
    EVP_PKEY *ask = psp_chain_key(subject->vlek ? PSP_TEST_KEY_ASVK : PSP_TEST_KEY_ASK);

    *chain = (struct psp_chain){0};
    if (ark != NULL && ask != NULL) {
        chain->ark = make_authority("ARK", "ARK", ark, ark, 1);
        chain->ask = subject->vlek ? make_authority("ARK", "ASVK", ask, ark, 3)
                                   : make_authority("ARK", "ASK", ask, ark, 2);
        chain->vek = make_vek(subject, key, ask);
    }
    EVP_PKEY_free(ark);
    EVP_PKEY_free(ask);
    if (chain->ark == NULL || chain->ask == NULL || chain->vek == NULL) {
        psp_chain_free(chain);
        return false;
    }
    return true;
}

void psp_chain_free(struct psp_chain *chain)
{
    X509_free(chain->ark);
    X509_free(chain->ask);
    X509_free(chain->vek);
    *chain = (struct psp_chain){0};
}
