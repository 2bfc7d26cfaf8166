/* SPDX-License-Identifier: MIT */
/* Sealing and opening of guest messages (56860): AES-256-GCM under VMPCK0, by wolfCrypt. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <svsm/abi/psp.h>
#include <svsm/abi/snp_pages.h>

/* Make a request: header, `size` bytes of ciphertext (at most PSP_PAYLOAD_MAX), tag. The rest of
 * the page is zero. The same input gives the same bytes. false: wolfCrypt failed. */
[[nodiscard]] bool message_seal(const struct snp_vmpck *key, uint64_t number, uint8_t type,
                                const void *payload, size_t size, struct psp_msg *out);

/*
 * Open an answer into `out`, which has PSP_PAYLOAD_MAX bytes; *size becomes the payload's. false:
 * its size is impossible or its tag is wrong; then nothing of it is in `out`. Of the header only
 * what the tag covers has been looked at.
 */
[[nodiscard]] bool message_open(const struct snp_vmpck *key, const struct psp_msg *answer,
                                uint8_t *out, size_t *size);
