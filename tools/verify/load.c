/* SPDX-License-Identifier: MIT */
#include "load.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <svsm/abi/attest.h>

#define CERTS_MAX 8 /* of one PEM file */
#define GUID_SIZE 16u

static uint8_t *read_all(FILE *file, size_t max, size_t *size)
{
    uint8_t *bytes = malloc(max + 1);

    if (bytes == NULL) {
        return NULL;
    }
    *size = fread(bytes, 1, max + 1, file);
    if (ferror(file) != 0 || *size > max) {
        errno = ferror(file) != 0 ? errno : EFBIG;
        free(bytes);
        return NULL;
    }
    return bytes;
}

uint8_t *load_file(const char *path, size_t max, size_t *size)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "rb");

    if (file == NULL) {
        return NULL;
    }
    uint8_t *bytes = read_all(file, max, size);
    if (!is_stdin) {
        int saved = errno;
        (void)fclose(file);
        errno = saved;
    }
    return bytes;
}

/* Up to CERTS_MAX certificates of a PEM file. */
static unsigned read_pem(const uint8_t *bytes, size_t size, X509 *out[CERTS_MAX])
{
    unsigned count = 0;
    BIO *bio = size > INT_MAX ? NULL : BIO_new_mem_buf(bytes, (int)size);

    while (bio != NULL && count < CERTS_MAX) {
        out[count] = PEM_read_bio_X509(bio, NULL, NULL, NULL);
        if (out[count] == NULL) {
            break;
        }
        count++;
    }
    BIO_free(bio);
    ERR_clear_error();
    return count;
}

static void drop(X509 *certs[], unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        X509_free(certs[i]);
    }
}

/* DER without anything behind it. */
static X509 *read_der(const uint8_t *bytes, size_t size)
{
    const uint8_t *at = bytes;
    X509 *cert = size > LONG_MAX ? NULL : d2i_X509(NULL, &at, (long)size);

    ERR_clear_error();
    if (cert != NULL && at != bytes + size) {
        X509_free(cert);
        return NULL;
    }
    return cert;
}

X509 *load_certificate(const uint8_t *bytes, size_t size)
{
    X509 *certs[CERTS_MAX];
    unsigned count = read_pem(bytes, size, certs);

    if (count == 1) {
        return certs[0];
    }
    drop(certs, count);
    return count == 0 ? read_der(bytes, size) : NULL;
}

X509_CRL *load_crl(const uint8_t *bytes, size_t size)
{
    const uint8_t *at = bytes;
    BIO *bio = size > INT_MAX ? NULL : BIO_new_mem_buf(bytes, (int)size);
    X509_CRL *crl = bio == NULL ? NULL : PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL);

    BIO_free(bio);
    if (crl == NULL && size <= INT_MAX) {
        crl = d2i_X509_CRL(NULL, &at, (long)size);
        if (crl != NULL && at != bytes + size) {
            X509_CRL_free(crl);
            crl = NULL;
        }
    }
    ERR_clear_error();
    return crl;
}

static bool is_self_issued(const X509 *cert)
{
    return X509_NAME_cmp(X509_get_issuer_name(cert), X509_get_subject_name(cert)) == 0;
}

bool load_cert_chain(const uint8_t *bytes, size_t size, struct chain *chain)
{
    X509 *certs[CERTS_MAX];
    unsigned count = read_pem(bytes, size, certs);

    if (count != 2 || is_self_issued(certs[0]) == is_self_issued(certs[1])) {
        drop(certs, count);
        return false;
    }
    unsigned root = is_self_issued(certs[0]) ? 0 : 1;
    if (chain->ark == NULL) {
        chain->ark = certs[root];
        certs[root] = NULL;
    }
    if (chain->ask == NULL) {
        chain->ask = certs[1 - root];
        certs[1 - root] = NULL;
    }
    drop(certs, count);
    return true;
}

/* "c0b406a4-...": its bytes in the order of the text, or in that of UEFI, as both are in use. */
static bool is_guid(const uint8_t guid[GUID_SIZE], const char *text)
{
    static const uint8_t mixed[GUID_SIZE] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    uint8_t bytes[GUID_SIZE];
    bool straight = true, swapped = true;

    for (unsigned i = 0; i < GUID_SIZE; i++) {
        char pair[3] = {0};
        text += *text == '-' ? 1 : 0;
        memcpy(pair, text, 2);
        text += 2;
        bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    for (unsigned i = 0; i < GUID_SIZE; i++) {
        straight = straight && guid[i] == bytes[i];
        swapped = swapped && guid[i] == bytes[mixed[i]];
    }
    return straight || swapped;
}

enum kind { KIND_OTHER, KIND_ARK, KIND_ASK, KIND_VEK, KIND_CRL };

static enum kind kind_of(const uint8_t guid[GUID_SIZE])
{
    static const struct {
        const char *guid;
        enum kind kind;
    } known[] = {{PSP_CERT_ARK, KIND_ARK},
                 {PSP_CERT_ASK, KIND_ASK},
                 {PSP_CERT_VCEK, KIND_VEK},
                 {PSP_CERT_VLEK, KIND_VEK},
                 {PSP_CERT_CRL, KIND_CRL}};

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (is_guid(guid, known[i].guid)) {
            return known[i].kind;
        }
    }
    return KIND_OTHER;
}

/* What an entry is about, unless it is there already: NULL, or what is wrong with it. */
static const char *take_entry(enum kind kind, const uint8_t *bytes, size_t size,
                              struct chain *chain)
{
    if (kind == KIND_OTHER) {
        return NULL;
    }
    if (kind == KIND_CRL) {
        chain->crl = chain->crl != NULL ? chain->crl : load_crl(bytes, size);
        return chain->crl != NULL ? NULL : "has an entry that is no revocation list";
    }
    X509 **slot = kind == KIND_ARK ? &chain->ark : kind == KIND_ASK ? &chain->ask : &chain->vek;
    *slot = *slot != NULL ? *slot : load_certificate(bytes, size);
    return *slot != NULL ? NULL : "has an entry that is no certificate";
}

const char *load_table(const uint8_t *bytes, size_t size, struct chain *chain)
{
    static const struct psp_cert_entry end;
    struct psp_cert_entry entry;

    for (size_t at = 0;; at += sizeof(entry)) {
        if (size < sizeof(entry) || at > size - sizeof(entry)) {
            return "has no end";
        }
        memcpy(&entry, bytes + at, sizeof(entry));
        if (memcmp(&entry, &end, sizeof(end)) == 0) {
            return NULL;
        }
        if (entry.offset > size || entry.length > size - entry.offset) {
            return "has an entry that points beyond it";
        }
        const char *fault =
            take_entry(kind_of(entry.guid), bytes + entry.offset, entry.length, chain);
        if (fault != NULL) {
            return fault;
        }
    }
}

void load_free(struct chain *chain)
{
    X509_free(chain->ark);
    X509_free(chain->ask);
    X509_free(chain->vek);
    X509_CRL_free(chain->crl);
    *chain = (struct chain){0};
}
