/* SPDX-License-Identifier: MIT */
/*
 * Certificates from files: PEM or DER, folders as other tools leave them, and the table that an
 * extended guest request returns.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "chain.h"

/* A whole file, at most `max` bytes; "-" is standard input. Frees with free(). NULL: errno says. */
[[nodiscard]] uint8_t *load_file(const char *path, size_t max, size_t *size);

/* The one certificate in these bytes, NULL if there is none. */
[[nodiscard]] X509 *load_certificate(const uint8_t *bytes, size_t size);

/* The one revocation list in these bytes, NULL if there is none. */
[[nodiscard]] X509_CRL *load_crl(const uint8_t *bytes, size_t size);

/* AMD's cert_chain: ASK and ARK in one PEM file, in any order. False: not both. */
[[nodiscard]] bool load_cert_chain(const uint8_t *bytes, size_t size, struct chain *chain);

/* Those certificates of a table that chain lacks. NULL, or what is wrong with the table. */
[[nodiscard]] const char *load_table(const uint8_t *bytes, size_t size, struct chain *chain);

void load_free(struct chain *chain);
