/* SPDX-License-Identifier: MIT */
/*
 * The commands. Handles are known beforehand: a TPM gives out the lowest free one, and each case
 * begins and ends with none in use.
 */
#include "cases.h"

#define FIRST UINT32_C(0x80000000) /* transient handles */
#define SECOND UINT32_C(0x80000001)
#define NV_INDEX UINT32_C(0x01500001)
#define NV_BYTES 64
#define PCR 16          /* the one for debugging, which anybody may extend */
#define HASH_BYTES 1024 /* MAX_DIGEST_BUFFER */
#define CIPHER_BYTES 1024

/* TPMA_OBJECT: fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, noDA; and a use */
#define OBJECT UINT32_C(0x00000472)
#define RESTRICTED UINT32_C(0x00010000)
#define DECRYPT UINT32_C(0x00020000)
#define SIGN UINT32_C(0x00040000)
/* TPMA_NV: owner and password holder read and write, noDA */
#define NV_ATTRIBUTES UINT32_C(0x02060006)

#define UNUSED (void)memory, (void)index

void build_startup(struct command *c, const struct memory *memory, unsigned index)
{
    UNUSED;
    command_begin(c, CC_STARTUP);
    put16(c, 0); /* TPM_SU_CLEAR */
    command_end(c);
}

static void self_test(struct command *c, const struct memory *memory, unsigned index)
{
    UNUSED;
    command_begin(c, CC_SELF_TEST);
    put8(c, 1); /* all, also what has been tested */
    command_end(c);
}

static void get_capability(struct command *c, const struct memory *memory, unsigned index)
{
    UNUSED;
    command_begin(c, CC_GET_CAPABILITY);
    put32(c, 6);     /* TPM_CAP_TPM_PROPERTIES */
    put32(c, 0x100); /* PT_FIXED */
    put32(c, 16);
    command_end(c);
}

static void get_random(struct command *c, const struct memory *memory, unsigned index)
{
    UNUSED;
    command_begin(c, CC_GET_RANDOM);
    put16(c, 32);
    command_end(c);
}

static void pcr_extend(struct command *c, const struct memory *memory, unsigned index)
{
    UNUSED;
    command_begin_auth(c, CC_PCR_EXTEND, PCR);
    put32(c, 1);
    put16(c, ALG_SHA256);
    put_fill(c, 0x55, 32);
    command_end(c);
}

/* PCR 0 to 7 of the SHA-256 bank. */
static void put_pcrs(struct command *c)
{
    put32(c, 1);
    put16(c, ALG_SHA256);
    put8(c, 3);
    put8(c, 0xff);
    put16(c, 0);
}

static void pcr_read(struct command *c, const struct memory *memory, unsigned index)
{
    UNUSED;
    command_begin(c, CC_PCR_READ);
    put_pcrs(c);
    command_end(c);
}

static void hash(struct command *c, const struct memory *memory, unsigned index)
{
    UNUSED;
    command_begin(c, CC_HASH);
    put_sized(c, 'h', HASH_BYTES);
    put16(c, ALG_SHA256);
    put32(c, RH_NULL);
    command_end(c);
}

/* CreatePrimary or Create up to the public area, whose start is returned. */
static size_t create_begin(struct command *c, uint32_t code, uint32_t parent)
{
    command_begin_auth(c, code, parent);
    const size_t sensitive = sized_begin(c);
    put16(c, 0); /* no password */
    put16(c, 0); /* no data */
    sized_end(c, sensitive);
    return sized_begin(c);
}

static void create_end(struct command *c, size_t public_area)
{
    sized_end(c, public_area);
    put16(c, 0); /* outside information */
    put32(c, 0); /* creation PCRs */
    command_end(c);
}

static void put_object(struct command *c, unsigned type, unsigned hash_alg, uint32_t attributes)
{
    put16(c, type);
    put16(c, hash_alg);
    put32(c, attributes);
    put16(c, 0); /* no policy */
}

static void put_ecc_signer(struct command *c, unsigned curve, unsigned hash_alg)
{
    put_object(c, ALG_ECC, hash_alg, OBJECT | SIGN);
    put16(c, ALG_NULL); /* symmetric */
    put16(c, ALG_ECDSA);
    put16(c, hash_alg);
    put16(c, curve);
    put16(c, ALG_NULL); /* key derivation */
    put32(c, 0);        /* unique: x and y */
}

static void primary_ecc(struct command *c, unsigned curve, unsigned hash_alg)
{
    const size_t area = create_begin(c, CC_CREATE_PRIMARY, RH_OWNER);
    put_ecc_signer(c, curve, hash_alg);
    create_end(c, area);
}

static void primary_p256(struct command *c, const struct memory *memory, unsigned index)
{
    UNUSED;
    primary_ecc(c, ECC_P256, ALG_SHA256);
}

static void primary_p384(struct command *c, const struct memory *memory, unsigned index)
{
    UNUSED;
    primary_ecc(c, ECC_P384, ALG_SHA384);
}

/* The primes come from the TPM's seed and `index`: the same search in every TPM. */
static void primary_rsa(struct command *c, const struct memory *memory, unsigned index)
{
    (void)memory;
    const size_t area = create_begin(c, CC_CREATE_PRIMARY, RH_OWNER);
    put_object(c, ALG_RSA, ALG_SHA256, OBJECT | SIGN);
    put16(c, ALG_NULL); /* symmetric */
    put16(c, ALG_RSASSA);
    put16(c, ALG_SHA256);
    put16(c, 2048);
    put32(c, 0); /* the usual exponent */
    put16(c, 4);
    put32(c, index); /* unique */
    create_end(c, area);
}

static void primary_hmac(struct command *c, const struct memory *memory, unsigned index)
{
    UNUSED;
    const size_t area = create_begin(c, CC_CREATE_PRIMARY, RH_OWNER);
    put_object(c, ALG_KEYEDHASH, ALG_SHA256, OBJECT | SIGN);
    put16(c, ALG_HMAC);
    put16(c, ALG_SHA256);
    put16(c, 0);
    create_end(c, area);
}

static void primary_aes(struct command *c, const struct memory *memory, unsigned index)
{
    UNUSED;
    const size_t area = create_begin(c, CC_CREATE_PRIMARY, RH_OWNER);
    put_object(c, ALG_SYMCIPHER, ALG_SHA256, OBJECT | DECRYPT | SIGN);
    put16(c, ALG_AES);
    put16(c, 128);
    put16(c, ALG_CFB);
    put16(c, 0);
    create_end(c, area);
}

static void primary_storage(struct command *c, const struct memory *memory, unsigned index)
{
    UNUSED;
    const size_t area = create_begin(c, CC_CREATE_PRIMARY, RH_OWNER);
    put_object(c, ALG_ECC, ALG_SHA256, OBJECT | RESTRICTED | DECRYPT);
    put16(c, ALG_AES);
    put16(c, 128);
    put16(c, ALG_CFB);
    put16(c, ALG_NULL); /* scheme */
    put16(c, ECC_P256);
    put16(c, ALG_NULL); /* key derivation */
    put32(c, 0);
    create_end(c, area);
}

static void create_p256(struct command *c, const struct memory *memory, unsigned index)
{
    UNUSED;
    const size_t area = create_begin(c, CC_CREATE, FIRST);
    put_ecc_signer(c, ECC_P256, ALG_SHA256);
    create_end(c, area);
}

static void load(struct command *c, const struct memory *memory, unsigned index)
{
    (void)index;
    command_begin_auth(c, CC_LOAD, FIRST);
    put_bytes(c, memory->parts.bytes, memory->parts.size);
    command_end(c);
}

static void flush_first(struct command *c, const struct memory *memory, unsigned index)
{
    UNUSED;
    command_begin(c, CC_FLUSH_CONTEXT);
    put32(c, FIRST);
    command_end(c);
}

static void flush_second(struct command *c, const struct memory *memory, unsigned index)
{
    UNUSED;
    command_begin(c, CC_FLUSH_CONTEXT);
    put32(c, SECOND);
    command_end(c);
}

static void hmac(struct command *c, const struct memory *memory, unsigned index)
{
    UNUSED;
    command_begin_auth(c, CC_HMAC, FIRST);
    put_sized(c, 'm', HASH_BYTES);
    put16(c, ALG_NULL); /* the key's own */
    command_end(c);
}

static void put_sign(struct command *c, unsigned hash_bytes)
{
    command_begin_auth(c, CC_SIGN, FIRST);
    put_sized(c, 0x33, hash_bytes);
    put16(c, ALG_NULL); /* the key's own scheme */
    put16(c, ST_HASHCHECK);
    put32(c, RH_NULL);
    put16(c, 0);
    command_end(c);
}

static void sign_sha256(struct command *c, const struct memory *memory, unsigned index)
{
    UNUSED;
    put_sign(c, 32);
}

static void sign_sha384(struct command *c, const struct memory *memory, unsigned index)
{
    UNUSED;
    put_sign(c, 48);
}

static void quote(struct command *c, const struct memory *memory, unsigned index)
{
    UNUSED;
    command_begin_auth(c, CC_QUOTE, FIRST);
    put_sized(c, 0x77, 32); /* the verifier's nonce */
    put16(c, ALG_NULL);
    put_pcrs(c);
    command_end(c);
}

static void encrypt(struct command *c, const struct memory *memory, unsigned index)
{
    UNUSED;
    command_begin_auth(c, CC_ENCRYPT_DECRYPT2, FIRST);
    put_sized(c, 'e', CIPHER_BYTES);
    put8(c, 0); /* encrypt */
    put16(c, ALG_NULL);
    put_sized(c, 0x11, 16);
    command_end(c);
}

static void nv_define(struct command *c, const struct memory *memory, unsigned index)
{
    UNUSED;
    command_begin_auth(c, CC_NV_DEFINE_SPACE, RH_OWNER);
    put16(c, 0); /* no password */
    const size_t area = sized_begin(c);
    put32(c, NV_INDEX);
    put16(c, ALG_SHA256);
    put32(c, NV_ATTRIBUTES);
    put16(c, 0); /* no policy */
    put16(c, NV_BYTES);
    sized_end(c, area);
    command_end(c);
}

static void nv_undefine(struct command *c, const struct memory *memory, unsigned index)
{
    UNUSED;
    command_begin_auth2(c, CC_NV_UNDEFINE_SPACE, RH_OWNER, NV_INDEX);
    command_end(c);
}

/* Other bytes than before: a TPM may skip the store where nothing changes. */
static void nv_write(struct command *c, const struct memory *memory, unsigned index)
{
    (void)memory;
    command_begin_auth2(c, CC_NV_WRITE, RH_OWNER, NV_INDEX);
    put_sized(c, index, NV_BYTES);
    put16(c, 0);
    command_end(c);
}

static void nv_read(struct command *c, const struct memory *memory, unsigned index)
{
    UNUSED;
    command_begin_auth2(c, CC_NV_READ, RH_OWNER, NV_INDEX);
    put16(c, NV_BYTES);
    put16(c, 0);
    command_end(c);
}

static void volatile_state(struct command *c, const struct memory *memory, unsigned index)
{
    UNUSED;
    c->size = 0;
    put8(c, 2); /* TPM_STATE_VOLATILE, and swtpm's PTM_BLOB_TYPE_VOLATILE */
}

const struct bench_case bench_cases[] = {
    {"power-on", .kind = JOB_POWER, .count = 5},
    {"startup", build_startup, .count = 5, .power = true},
    {"self-test", self_test, .count = 2},
    {"get-capability", get_capability, .count = 200, .same = true},
    {"get-random-32", get_random, .count = 200},
    {"pcr-extend", pcr_extend, .count = 200, .same = true},
    {"pcr-read", pcr_read, .count = 200, .same = true},
    {"hash-1k", hash, .count = 200, .same = true},
    {"hmac-1k", hmac, .count = 200, .same = true, .prepare = {primary_hmac}, .clean = flush_first},
    {"primary-p256", primary_p256, .count = 25, .same = true, .after = flush_first},
    {"primary-p384", primary_p384, .count = 10, .same = true, .after = flush_first},
    {"primary-rsa2048", primary_rsa, .count = 4, .vary = true, .same = true, .after = flush_first},
    {"create-p256", create_p256, .count = 25, .prepare = {primary_storage}, .clean = flush_first},
    {"load-p256", load, .count = 25, .keep = true, .prepare = {primary_storage, create_p256},
     .after = flush_second, .clean = flush_first},
    {"sign-p256", sign_sha256, .count = 50, .prepare = {primary_p256}, .clean = flush_first},
    {"sign-p384", sign_sha384, .count = 20, .prepare = {primary_p384}, .clean = flush_first},
    {"sign-rsa2048", sign_sha256, .count = 10, .same = true, .prepare = {primary_rsa},
     .clean = flush_first},
    {"quote-p256", quote, .count = 50, .prepare = {primary_p256}, .clean = flush_first},
    {"aes-cfb-1k", encrypt, .count = 200, .same = true, .prepare = {primary_aes},
     .clean = flush_first},
    {"nv-write-64", nv_write, .count = 50, .vary = true, .prepare = {nv_define},
     .clean = nv_undefine},
    {"nv-read-64", nv_read, .count = 100, .same = true, .prepare = {nv_define, nv_write},
     .clean = nv_undefine},
    {"save-volatile", volatile_state, .kind = JOB_SAVE, .count = 20},
};
const unsigned bench_case_count = sizeof(bench_cases) / sizeof(bench_cases[0]);

/* Header, size of parameters, then the two TPM2B; behind them creation data. */
bool memory_keep(struct memory *memory, const uint8_t *response, size_t size)
{
    const size_t parts = 14;
    size_t at = parts;
    for (int i = 0; i < 2; i++) {
        if (at + 2 > size) {
            return false;
        }
        at += 2 + ((size_t)response[at] << 8 | response[at + 1]);
    }
    if (at > size) {
        return false;
    }
    memory->parts.size = 0;
    put_bytes(&memory->parts, response + parts, at - parts);
    return true;
}
