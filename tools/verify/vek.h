/* SPDX-License-Identifier: MIT */
/*
 * What AMD writes into the certificate of a key that signs reports: security patch levels of the
 * TCB, product, and the chip (VCEK) or the provider (VLEK). Reads any certificate without harm.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <openssl/x509.h>

#define VEK_HWID_MAX 64u
#define VEK_TEXT_MAX 32u

/* In the order of the OIDs' last numbers that are used: .3.1, .3.2, .3.3, .3.8, .3.9. */
enum vek_spl {
    VEK_BOOT_LOADER,
    VEK_TEE,
    VEK_SNP,
    VEK_MICROCODE,
    VEK_FMC, /* Turin */
    VEK_SPLS,
};

struct vek {
    bool has_spl[VEK_SPLS];
    uint8_t spl[VEK_SPLS];
    uint8_t hwid[VEK_HWID_MAX];
    size_t hwid_size; /* 0: none, so it is no VCEK's */
    char product[VEK_TEXT_MAX];
    char provider[VEK_TEXT_MAX]; /* empty: none, so it is no VLEK's */
};

/* The name that AMD uses: blSPL, teeSPL, ... */
const char *vek_spl_name(enum vek_spl spl);

/* NULL, or what is wrong with an extension; *vek is then empty. */
[[nodiscard]] const char *vek_read(const X509 *cert, struct vek *vek);
