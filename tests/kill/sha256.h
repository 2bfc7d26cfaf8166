/* SPDX-License-Identifier: MIT */
/* SHA-256 for the model: what the TPM must make of an extend. */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* new = SHA-256(old || data), both 32 bytes: one extend. */
void sha256_extend(uint8_t value[32], const uint8_t data[32]);
