/* SPDX-License-Identifier: MIT */
/* The table of certificates that a host adds to extended guest requests. */
#include "psp_chain.h"

#include <string.h>
#include <openssl/crypto.h>

#define PAGE_SIZE 4096u
#define CERTIFICATES 3u

static uint8_t hex_digit(char digit)
{
    return (uint8_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

/* The GUID's bytes in the order in which they are written. */
static void guid_bytes(const char *text, uint8_t out[16])
{
    for (unsigned i = 0; i < 16; i++) {
        text += *text == '-';
        out[i] = (uint8_t)(hex_digit(text[0]) << 4 | hex_digit(text[1]));
        text += 2;
    }
}

size_t psp_chain_table(const struct psp_chain *chain, bool vlek, void *table, size_t size)
{
    X509 *const certs[CERTIFICATES] = {chain->ark, chain->ask, chain->vek};
    const char *const guids[CERTIFICATES] = {PSP_CERT_ARK, PSP_CERT_ASK,
                                             vlek ? PSP_CERT_VLEK : PSP_CERT_VCEK};
    struct psp_cert_entry entries[CERTIFICATES + 1] = {0};
    size_t at = sizeof(entries);

    memset(table, 0, size);
    for (unsigned i = 0; i < CERTIFICATES; i++) {
        uint8_t *der = NULL;
        int length = i2d_X509(certs[i], &der);
        if (length <= 0 || at + (size_t)length > size) {
            OPENSSL_free(der);
            return 0;
        }
        guid_bytes(guids[i], entries[i].guid);
        entries[i].offset = (uint32_t)at;
        entries[i].length = (uint32_t)length;
        memcpy((uint8_t *)table + at, der, (size_t)length);
        at += (size_t)length;
        OPENSSL_free(der);
    }
    size_t whole = (at + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
    if (whole > size) {
        return 0;
    }
    memcpy(table, entries, sizeof(entries));
    return whole;
}
