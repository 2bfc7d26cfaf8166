/* SPDX-License-Identifier: MIT */
/*
 * The test authorities' RSA keys: PUBLIC TEST KEYS, part of the source on purpose, worth nothing.
 * Being the same everywhere, they let a verifier know the emulator's root by its key, under
 * whatever name, and cost no key generation. Data only: svsm-verify shares them.
 */
#pragma once

enum psp_test_key { PSP_TEST_KEY_ARK, PSP_TEST_KEY_ASK, PSP_TEST_KEY_ASVK };
#define PSP_TEST_KEYS 3u
#define PSP_TEST_KEY_BITS 4096
#define PSP_TEST_KEY_EXPONENT 65537u

/* In every certificate of the hierarchy, in the common name and in the organisation. */
#define PSP_TEST_NAME "SVSM EMULATOR TEST"

struct psp_test_primes {
    const char *p, *q; /* hex digits */
};

extern const struct psp_test_primes psp_test_keys[PSP_TEST_KEYS];
