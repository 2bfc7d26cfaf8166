/* SPDX-License-Identifier: MIT */
/* TPM commands as bytes: the header's length is kept right, authorisation is the empty password. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "job.h"

struct command {
    size_t size;
    uint8_t bytes[COMMAND_MAX];
};

/* Structure tags, command codes, constants: "TPM 2.0 Library", part 2, by their names there. */
enum {
    ST_NO_SESSIONS = 0x8001,
    ST_SESSIONS = 0x8002,
    ST_HASHCHECK = 0x8024,
};
enum {
    CC_CREATE_PRIMARY = 0x131,
    CC_NV_DEFINE_SPACE = 0x12a,
    CC_NV_UNDEFINE_SPACE = 0x122,
    CC_NV_WRITE = 0x137,
    CC_SELF_TEST = 0x143,
    CC_STARTUP = 0x144,
    CC_NV_READ = 0x14e,
    CC_CREATE = 0x153,
    CC_HMAC = 0x155,
    CC_LOAD = 0x157,
    CC_QUOTE = 0x158,
    CC_SIGN = 0x15d,
    CC_FLUSH_CONTEXT = 0x165,
    CC_GET_CAPABILITY = 0x17a,
    CC_GET_RANDOM = 0x17b,
    CC_HASH = 0x17d,
    CC_PCR_READ = 0x17e,
    CC_PCR_EXTEND = 0x182,
    CC_ENCRYPT_DECRYPT2 = 0x193,
};
enum {
    ALG_RSA = 0x1,
    ALG_HMAC = 0x5,
    ALG_AES = 0x6,
    ALG_KEYEDHASH = 0x8,
    ALG_SHA256 = 0xb,
    ALG_SHA384 = 0xc,
    ALG_NULL = 0x10,
    ALG_RSASSA = 0x14,
    ALG_ECDSA = 0x18,
    ALG_ECC = 0x23,
    ALG_SYMCIPHER = 0x25,
    ALG_CFB = 0x43,
};
enum { ECC_P256 = 0x3, ECC_P384 = 0x4 };
#define RH_OWNER UINT32_C(0x40000001)
#define RH_NULL UINT32_C(0x40000007)
#define RS_PASSWORD UINT32_C(0x40000009)

void put8(struct command *c, unsigned value);
void put16(struct command *c, unsigned value);
void put32(struct command *c, uint32_t value);
void put_bytes(struct command *c, const void *bytes, size_t size);
void put_fill(struct command *c, unsigned byte, size_t size);
/* A TPM2B of `size` equal bytes. */
void put_sized(struct command *c, unsigned byte, size_t size);

/* A new command without, or with, authorisation of its one handle. */
void command_begin(struct command *c, uint32_t code);
void command_begin_auth(struct command *c, uint32_t code, uint32_t handle);
void command_begin_auth2(struct command *c, uint32_t code, uint32_t first, uint32_t second);
/* Writes the length into the header. */
void command_end(struct command *c);

/* The start of a TPM2B whose size is filled in by sized_end(). */
size_t sized_begin(struct command *c);
void sized_end(struct command *c, size_t mark);
