/* SPDX-License-Identifier: MIT */
/*
 * The test hierarchy: ARK, ASK or ASVK, and the key that signs reports, with certificates of the
 * shape that AMD's have and names that nobody can take for AMD's. Made anew for each context, from
 * the embedded authorities' keys; that is three RSA signatures, some 20 ms.
 */
#pragma once
#include <openssl/evp.h>
#include <openssl/x509.h>
#include "psp.h"

#define PSP_CHAIN_ID_SIZE 64u

struct psp_chain_subject {
    enum psp_product product;
    bool vlek;
    uint8_t chip_id[PSP_CHAIN_ID_SIZE]; /* not in a VLEK's certificate */
    struct psp_tcb tcb;
};

struct psp_chain {
    X509 *ark, *ask, *vek; /* ask: of a VLEK its ASVK */
};

/* All or nothing. `key` is the signing key, whose public half goes into the certificate. */
[[nodiscard]] bool psp_chain_make(struct psp_chain *chain, const struct psp_chain_subject *subject,
                                  EVP_PKEY *key);
void psp_chain_free(struct psp_chain *chain);

/* As psp_certificates(). */
size_t psp_chain_table(const struct psp_chain *chain, bool vlek, void *table, size_t size);
