/* SPDX-License-Identifier: MIT */
/* The outside of a TPM 2.0 command or response: tag, size and code, all big endian. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COMMAND_HEADER 10u
#define COMMAND_MAX 4096u

#define TPM_RC_INITIALIZE 0x100u
#define TPM_RC_FAILURE 0x101u
#define TPM_RC_COMMAND_SIZE 0x142u
#define TPM_RC_RETRY 0x922u

struct command {
    uint32_t len;
    uint8_t bytes[COMMAND_MAX];
};

/* The size that the header names; its 10 bytes must be there. */
uint32_t command_size(const uint8_t *header);

/* The code of a response, likewise. */
uint32_t command_code(const uint8_t *header);

/* A response that says nothing but `code`. */
void command_refuse(struct command *c, uint32_t code);

/* Is it as long as it says, and not shorter than a header? */
bool command_whole(const uint8_t *bytes, uint32_t len);
