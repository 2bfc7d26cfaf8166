/* SPDX-License-Identifier: MIT */
/*
 * AES-256-GCM for guest messages of a bare guest: small, slow, by tables that it makes itself.
 * Written from FIPS 197 and SP 800-38D, so that a message of it that the emulated firmware takes is
 * no proof of one library by itself.
 */
#pragma once
#include <stdbool.h>
#include <svsm/abi/psp.h>
#include <svsm/abi/snp_pages.h>

/* Encrypts the payload of a message whose header says all but the tag, and adds the tag. */
void gcm_seal(const struct snp_vmpck *key, struct psp_msg *msg);
/* Decrypts in place. False: the tag is not that of this header and text. */
bool gcm_open(const struct snp_vmpck *key, struct psp_msg *msg);
