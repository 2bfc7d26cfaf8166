/* SPDX-License-Identifier: MIT */
/*
 * Writes a report and its certificates for tests of verifiers:
 *
 *   make-report FOLDER [WORD...]
 *
 * milan, genoa, turin   the machine (default milan)        version=N  of the report
 * vlek                  a VLEK signs                       mask       the chip key is masked
 * chip=N                another chip                       policy=N   of the guest
 * set=OFFSET:HEX        bytes of the report, before it is signed
 * after=OFFSET:HEX      bytes of the report, after it was signed
 * cert=NAME             a fault of the VCEK's certificate, which is signed nevertheless
 *
 * ask=NAME, ark=NAME    the same of the ASK's, the ARK's
 * renamed               the certificates have other names, with the same keys
 * crl=NAME              a list of revoked certificates, good or with a fault
 *
 * FOLDER gets report.bin, ark.der, ask.der (or asvk.der), vcek.der (or vlek.der), table.bin, and
 * crl.der where asked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "psp_guest.h"
#include "psp_chain_keys.h"
#include "psp_internal.h"

#define PATCHES 16u
#define AMD_OID "1.3.6.1.4.1.3704.1"

struct patch {
    unsigned long offset;
    const char *hex;
};

static struct psp_options options;
static struct patch before[PATCHES], after[PATCHES];
static unsigned before_count, after_count;
static const char *fault, *ask_fault, *ark_fault, *list;
static bool renamed;

[[gnu::noreturn]] static void give_up(const char *what, const char *word)
{
    fprintf(stderr, "make-report: %s: %s\n", what, word);
    exit(2);
}

static bool is_prefix(const char *prefix, const char *word)
{
    return strncmp(word, prefix, strlen(prefix)) == 0;
}

static void add_patch(struct patch *list, unsigned *count, const char *text)
{
    char *colon;

    if (*count == PATCHES) {
        give_up("too many patches", text);
    }
    list[*count].offset = strtoul(text, &colon, 0);
    if (*colon != ':' || list[*count].offset >= sizeof(struct psp_report)) {
        give_up("not OFFSET:HEX", text);
    }
    list[(*count)++].hex = colon + 1;
}

static void take(const char *word)
{
    if (strcmp(word, "vlek") == 0) {
        options.vlek = true;
    } else if (strcmp(word, "mask") == 0) {
        options.mask_chip_key = true;
    } else if (is_prefix("version=", word)) {
        options.report_version = (uint32_t)strtoul(word + 8, NULL, 0);
    } else if (is_prefix("chip=", word)) {
        options.chip_seed[0] = (uint8_t)strtoul(word + 5, NULL, 0);
    } else if (is_prefix("policy=", word)) {
        options.policy = strtoull(word + 7, NULL, 0);
    } else if (is_prefix("set=", word)) {
        add_patch(before, &before_count, word + 4);
    } else if (is_prefix("after=", word)) {
        add_patch(after, &after_count, word + 6);
    } else if (is_prefix("cert=", word)) {
        fault = word + 5;
    } else if (is_prefix("ask=", word)) {
        ask_fault = word + 4;
    } else if (is_prefix("ark=", word)) {
        ark_fault = word + 4;
    } else if (strcmp(word, "renamed") == 0) {
        renamed = true;
    } else if (is_prefix("crl=", word)) {
        list = word + 4;
    } else if (strcmp(word, "milan") != 0 && strcmp(word, "genoa") != 0 &&
               strcmp(word, "turin") != 0) {
        give_up("unknown word", word);
    }
}

static void apply(const struct patch *patch, struct psp_report *report)
{
    uint8_t *at = (uint8_t *)report + patch->offset, *end = (uint8_t *)(report + 1);

    for (const char *hex = patch->hex; *hex != 0 && at < end; hex += 2, at++) {
        char pair[3] = {hex[0], hex[1], 0};
        *at = (uint8_t)strtoul(pair, NULL, 16);
    }
}

static struct psp_report get_report(struct guest *guest)
{
    static uint8_t bytes[PSP_PAYLOAD_MAX];
    struct psp_report_rsp response;
    struct psp_report_req request = {.vmpl = 2};

    memset(request.report_data, 0xda, sizeof(request.report_data));
    if (guest_exchange(guest, 0, PSP_MSG_REPORT_REQ, &request, sizeof(request), bytes) !=
        sizeof(response)) {
        give_up("the firmware refuses", "MSG_REPORT_REQ");
    }
    memcpy(&response, bytes, sizeof(response));
    return response.report;
}

/* Patches and, if there was one, a new signature. */
static void finish(struct guest *guest, struct psp_report *report)
{
    EVP_PKEY *key = options.vlek ? guest->psp->vlek : guest->psp->vcek;

    for (unsigned i = 0; i < before_count; i++) {
        apply(&before[i], report);
    }
    if (before_count != 0 &&
        !psp_crypto_sign(key, report, PSP_REPORT_SIGNED_SIZE, &report->signature)) {
        give_up("cannot sign", "the report");
    }
    for (unsigned i = 0; i < after_count; i++) {
        apply(&after[i], report);
    }
}

static void write_file(const char *folder, const char *name, const void *bytes, size_t size)
{
    char path[4096];
    int len = snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = len < (int)sizeof(path) ? fopen(path, "wb") : NULL;

    if (file == NULL) {
        give_up("cannot write", name);
    }
    bool written = fwrite(bytes, 1, size, file) == size;
    if (fclose(file) != 0 || !written) {
        give_up("cannot write", name);
    }
}

static void write_cert(const char *folder, const char *name, X509 *cert)
{
    uint8_t *der = NULL;
    int size = i2d_X509(cert, &der);

    if (size <= 0) {
        give_up("cannot encode", name);
    }
    write_file(folder, name, der, (size_t)size);
    OPENSSL_free(der);
}

static void remove_extension(X509 *cert, const char *oid)
{
    ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
    int at = X509_get_ext_by_OBJ(cert, object, -1);

    if (at < 0) {
        give_up("no such extension", oid);
    }
    X509_EXTENSION_free(X509_delete_ext(cert, at));
    ASN1_OBJECT_free(object);
}

static void add_extension(X509 *cert, const char *oid, const void *der, int size)
{
    ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();

    ASN1_OCTET_STRING_set(value, der, size);
    X509_EXTENSION *extension = X509_EXTENSION_create_by_OBJ(NULL, object, 0, value);
    if (extension == NULL || X509_add_ext(cert, extension, -1) != 1) {
        give_up("cannot add", oid);
    }
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(value);
    ASN1_OBJECT_free(object);
}

static void replace_extension(X509 *cert, const char *oid, const void *der, int size)
{
    remove_extension(cert, oid);
    add_extension(cert, oid, der, size);
}

static void sign_by(X509 *cert, enum psp_test_key authority, const EVP_MD *digest, int padding)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *params = NULL;
    EVP_PKEY *key = psp_chain_key(authority);

    if (EVP_DigestSignInit(ctx, &params, digest, NULL, key) != 1 ||
        EVP_PKEY_CTX_set_rsa_padding(params, padding) != 1 ||
        (padding == RSA_PKCS1_PSS_PADDING &&
         (EVP_PKEY_CTX_set_rsa_pss_saltlen(params, EVP_MD_get_size(digest)) != 1 ||
          EVP_PKEY_CTX_set_rsa_mgf1_md(params, digest) != 1)) ||
        X509_sign_ctx(cert, ctx) <= 0) {
        give_up("cannot sign", "the certificate");
    }
    EVP_PKEY_free(key);
    EVP_MD_CTX_free(ctx);
}

static enum psp_test_key issuer_of_vek(void)
{
    return options.vlek ? PSP_TEST_KEY_ASVK : PSP_TEST_KEY_ASK;
}

/* Changes that are signed rightly. */
static bool change(X509 *cert)
{
    static const uint8_t raw_id[64] = {1}, spl[] = {2, 1, 99};

    if (strcmp(fault, "no-spl") == 0) {
        remove_extension(cert, AMD_OID ".3.3");
    } else if (strcmp(fault, "no-tee") == 0) {
        remove_extension(cert, AMD_OID ".3.2");
    } else if (strcmp(fault, "spl-padded") == 0) {
        replace_extension(cert, AMD_OID ".3.1", "\x02\x02\x00\x04", 4);
    } else if (strcmp(fault, "other-spl") == 0) {
        replace_extension(cert, AMD_OID ".3.8", spl, sizeof(spl));
    } else if (strcmp(fault, "spl-twice") == 0) {
        add_extension(cert, AMD_OID ".3.1", spl, sizeof(spl));
    } else if (strcmp(fault, "spl-large") == 0) {
        replace_extension(cert, AMD_OID ".3.1", "\x02\x02\x01\x04", 4);
    } else if (strcmp(fault, "spl-negative") == 0) {
        replace_extension(cert, AMD_OID ".3.1", "\x02\x01\x84", 3);
    } else if (strcmp(fault, "spl-text") == 0) {
        replace_extension(cert, AMD_OID ".3.1", "\x0c\x01\x04", 3);
    } else if (strcmp(fault, "no-hwid") == 0) {
        remove_extension(cert, AMD_OID ".4");
    } else if (strcmp(fault, "other-hwid") == 0) {
        replace_extension(cert, AMD_OID ".4", raw_id, sizeof(raw_id));
    } else if (strcmp(fault, "short-hwid") == 0) {
        replace_extension(cert, AMD_OID ".4", raw_id, 63);
    } else if (strcmp(fault, "provider") == 0) {
        add_extension(cert, AMD_OID ".5", "\x16\x03who", 5);
    } else if (strcmp(fault, "other-product") == 0) {
        replace_extension(cert, AMD_OID ".2", "\x16\x08Turin-B0", 10);
    } else if (strcmp(fault, "unknown-product") == 0) {
        replace_extension(cert, AMD_OID ".2", "\x16\x08Venus-B0", 10);
    } else if (strcmp(fault, "bad-product") == 0) {
        replace_extension(cert, AMD_OID ".2", "\x16\x09Turin-B0", 10);
    } else if (strcmp(fault, "raw-hwid") == 0) {
        ASN1_OBJECT *object = OBJ_txt2obj(AMD_OID ".4", 1);
        uint8_t id[64];
        const ASN1_OCTET_STRING *value =
            X509_EXTENSION_get_data(X509_get_ext(cert, X509_get_ext_by_OBJ(cert, object, -1)));
        memcpy(id, ASN1_STRING_get0_data(value) + 2, sizeof(id));
        replace_extension(cert, AMD_OID ".4", id, sizeof(id));
        ASN1_OBJECT_free(object);
    } else {
        return false;
    }
    return true;
}

static void spoil(X509 *cert)
{
    const EVP_MD *digest = strcmp(fault, "sha256") == 0 ? EVP_sha256() : EVP_sha384();
    int padding = strcmp(fault, "pkcs1") == 0 ? RSA_PKCS1_PADDING : RSA_PKCS1_PSS_PADDING;

    if (strcmp(fault, "p256") == 0 || strcmp(fault, "other-key") == 0) {
        EVP_PKEY *key = EVP_EC_gen(strcmp(fault, "p256") == 0 ? "P-256" : "P-384");
        X509_set_pubkey(cert, key);
        EVP_PKEY_free(key);
    } else if (strcmp(fault, "other-issuer") == 0) {
        X509_set_issuer_name(cert, X509_get_subject_name(cert));
    } else if (strcmp(fault, "sha256") != 0 && strcmp(fault, "pkcs1") != 0 &&
               strcmp(fault, "forged") != 0 && !change(cert)) {
        give_up("unknown fault", fault);
    }
    sign_by(cert, strcmp(fault, "forged") == 0 ? PSP_TEST_KEY_ARK : issuer_of_vek(), digest,
            padding);
}

static void remove_nid(X509 *cert, int nid)
{
    X509_EXTENSION_free(X509_delete_ext(cert, X509_get_ext_by_NID(cert, nid, -1)));
}

static void add_nid(X509 *cert, int nid, const char *text)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, text);

    if (extension == NULL || X509_add_ext(cert, extension, -1) != 1) {
        give_up("cannot add", text);
    }
    X509_EXTENSION_free(extension);
}

/* ARK or ASK, by name of the fault. */
static void spoil_authority(X509 *cert, const char *name, enum psp_test_key signer)
{
    const EVP_MD *digest = strcmp(name, "sha256") == 0 ? EVP_sha256() : EVP_sha384();

    if (strcmp(name, "no-ca") == 0) {
        remove_nid(cert, NID_basic_constraints);
        add_nid(cert, NID_basic_constraints, "critical,CA:FALSE");
    } else if (strcmp(name, "no-constraints") == 0) {
        remove_nid(cert, NID_basic_constraints);
    } else if (strcmp(name, "no-sign") == 0) {
        remove_nid(cert, NID_key_usage);
        add_nid(cert, NID_key_usage, "critical,cRLSign,digitalSignature");
    } else if (strcmp(name, "no-usage") == 0) {
        remove_nid(cert, NID_key_usage);
    } else if (strcmp(name, "forged") == 0) {
        signer = PSP_TEST_KEY_ASVK;
    } else if (strcmp(name, "sha256") != 0) {
        give_up("unknown fault", name);
    }
    sign_by(cert, signer, digest, RSA_PKCS1_PSS_PADDING);
}

/* The emulator's keys under somebody else's names. */
static void rename_all(struct psp_chain *chain)
{
    X509 *const certs[] = {chain->ark, chain->ask, chain->vek};
    static const char *const names[] = {"ARK-Milan", "SEV-Milan", "SEV-VCEK"};
    const enum psp_test_key signers[] = {PSP_TEST_KEY_ARK, PSP_TEST_KEY_ARK, issuer_of_vek()};

    for (unsigned i = 0; i < 3; i++) {
        X509_NAME *name = X509_NAME_new();
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)names[i], -1, -1, 0);
        X509_set_subject_name(certs[i], name);
        X509_set_issuer_name(certs[i], X509_get_subject_name(certs[i == 0 ? 0 : i - 1]));
        X509_NAME_free(name);
        sign_by(certs[i], signers[i], EVP_sha384(), RSA_PKCS1_PSS_PADDING);
    }
}

static bool list_is(const char *name)
{
    return strcmp(list, name) == 0;
}

static void revoke(X509_CRL *crl, long number)
{
    X509_REVOKED *entry = X509_REVOKED_new();
    ASN1_INTEGER *serial = ASN1_INTEGER_new();
    ASN1_TIME *when = ASN1_TIME_new();

    ASN1_INTEGER_set(serial, number);
    ASN1_TIME_set_string(when, "20240601000000Z");
    if (X509_REVOKED_set_serialNumber(entry, serial) != 1 ||
        X509_REVOKED_set_revocationDate(entry, when) != 1 ||
        X509_CRL_add0_revoked(crl, entry) != 1) {
        give_up("cannot revoke", list);
    }
    ASN1_INTEGER_free(serial);
    ASN1_TIME_free(when);
}

static void sign_list(X509_CRL *crl)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *params = NULL;
    bool other = list_is("of-ask") || list_is("forged");
    EVP_PKEY *key = psp_chain_key(other ? PSP_TEST_KEY_ASK : PSP_TEST_KEY_ARK);
    int padding = list_is("pkcs1") ? RSA_PKCS1_PADDING : RSA_PKCS1_PSS_PADDING;

    if (EVP_DigestSignInit(ctx, &params, EVP_sha384(), NULL, key) != 1 ||
        EVP_PKEY_CTX_set_rsa_padding(params, padding) != 1 ||
        (padding == RSA_PKCS1_PSS_PADDING && EVP_PKEY_CTX_set_rsa_pss_saltlen(params, 48) != 1) ||
        X509_CRL_sign_ctx(crl, ctx) <= 0) {
        give_up("cannot sign", list);
    }
    EVP_PKEY_free(key);
    EVP_MD_CTX_free(ctx);
}

/* The ARK's list; serial numbers are those of psp_chain.c: ARK 1, ASK 2, ASVK 3. */
static void write_list(const char *folder, const struct psp_chain *chain)
{
    uint8_t *der = NULL;
    X509_CRL *crl = X509_CRL_new();
    ASN1_TIME *from = ASN1_TIME_new(), *to = ASN1_TIME_new();

    ASN1_TIME_set_string(from, list_is("early") ? "20400101000000Z" : "20240101000000Z");
    ASN1_TIME_set_string(to, list_is("old") ? "20240601000000Z" : "20491231235959Z");
    X509_CRL_set_version(crl, X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(crl,
                             X509_get_subject_name(list_is("of-ask") ? chain->ask : chain->ark));
    X509_CRL_set1_lastUpdate(crl, from);
    X509_CRL_set1_nextUpdate(crl, to);
    if (list_is("ask")) {
        revoke(crl, 2);
    } else if (list_is("others")) {
        revoke(crl, 3);
        revoke(crl, 0x1234567);
    }
    sign_list(crl);
    int size = i2d_X509_CRL(crl, &der);
    if (size <= 0) {
        give_up("cannot encode", list);
    }
    write_file(folder, "crl.der", der, (size_t)size);
    OPENSSL_free(der);
    ASN1_TIME_free(from);
    ASN1_TIME_free(to);
    X509_CRL_free(crl);
}

static void write_all(const char *folder, struct guest *guest, const struct psp_report *report)
{
    static uint8_t table[PSP_CERTIFICATES_MAX];
    const struct psp_chain *chain = &guest->psp->chain;

    write_file(folder, "report.bin", report, sizeof(*report));
    write_cert(folder, "ark.der", chain->ark);
    write_cert(folder, options.vlek ? "asvk.der" : "ask.der", chain->ask);
    write_cert(folder, options.vlek ? "vlek.der" : "vcek.der", chain->vek);
    if (list != NULL) {
        write_list(folder, chain);
    }
    write_file(folder, "table.bin", table, psp_certificates(guest->psp, table, sizeof(table)));
}

int main(int argc, char **argv)
{
    enum psp_product product = PSP_MILAN;

    if (argc < 2) {
        give_up("usage", "make-report FOLDER [WORD...]");
    }
    for (int i = 2; i < argc; i++) {
        product = strcmp(argv[i], "genoa") == 0   ? PSP_GENOA
                  : strcmp(argv[i], "turin") == 0 ? PSP_TURIN
                                                  : product;
    }
    psp_options_init(&options, product);
    options.policy = PSP_POLICY_SMT | PSP_POLICY_ONE | 0x0137;
    memset(options.launch_digest, 0xd1, sizeof(options.launch_digest));
    memset(options.host_data, 0x4d, sizeof(options.host_data));
    for (int i = 2; i < argc; i++) {
        take(argv[i]);
    }
    struct guest guest = guest_launch(&options);
    struct psp_report report = get_report(&guest);
    finish(&guest, &report);
    if (fault != NULL) {
        spoil(guest.psp->chain.vek);
    }
    if (ask_fault != NULL) {
        spoil_authority(guest.psp->chain.ask, ask_fault, PSP_TEST_KEY_ARK);
    }
    if (ark_fault != NULL) {
        spoil_authority(guest.psp->chain.ark, ark_fault, PSP_TEST_KEY_ARK);
    }
    if (renamed) {
        rename_all(&guest.psp->chain);
    }
    write_all(argv[1], &guest, &report);
    guest_end(&guest);
    return 0;
}
