/* SPDX-License-Identifier: MIT */
/*
 * Block ciphers: the single-block functions that libtpms calls for its generators and CMAC, and the
 * EVP cipher contexts for everything else. Modes are our own loops over wolfCrypt's single-block
 * calls, because libtpms reads the running IV afterwards and OpenSSL defines it also in the middle
 * of a block.
 */
#include "shim.h"
#include "cipher.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    uint32_t schedule[60];
    int rounds; /* and, in bit 8, whether the schedule is AES-NI's */
} AES_KEY;
_Static_assert(sizeof(AES_KEY) == 244, "OpenSSL's AES_KEY");
_Static_assert(sizeof(((Aes *)0)->key) == 240, "wolfCrypt's AES schedule fits");

typedef struct {
    uint32_t table[68];
    int key_size;
    int unused;
} CAMELLIA_KEY;
_Static_assert(sizeof(CAMELLIA_KEY) == 280, "OpenSSL's CAMELLIA_KEY");
_Static_assert(sizeof(((Camellia *)0)->key) == 272, "wolfCrypt's Camellia table fits");

typedef struct {
    uint8_t key[8];
    uint8_t unused[120];
} DES_key_schedule;
_Static_assert(sizeof(DES_key_schedule) == 128, "OpenSSL's DES_key_schedule");

int AES_set_encrypt_key(const unsigned char *key, const int bits, AES_KEY *out);
void AES_encrypt(const unsigned char *in, unsigned char *out, const AES_KEY *key);
int Camellia_set_key(const unsigned char *key, const int bits, CAMELLIA_KEY *out);
void Camellia_encrypt(const unsigned char *in, unsigned char *out, const CAMELLIA_KEY *key);
void DES_set_key_unchecked(const uint8_t (*key)[8], DES_key_schedule *out);
void DES_ecb3_encrypt(const uint8_t (*in)[8], uint8_t (*out)[8], DES_key_schedule *k1,
                      DES_key_schedule *k2, DES_key_schedule *k3, int encrypt);
int DES_random_key(uint8_t (*out)[8]);

/* 0 or negative, as OpenSSL's: the one function here that does not return 1 for success. */
int AES_set_encrypt_key(const unsigned char *key, const int bits, AES_KEY *out)
{
    Aes aes;
    memset(&aes, 0, sizeof(aes));
    if (wc_AesInit(&aes, NULL, INVALID_DEVID) != 0 ||
        wc_AesSetKeyDirect(&aes, key, (word32)bits / 8, NULL, AES_ENCRYPTION) != 0) {
        return -1;
    }
    memcpy(out->schedule, aes.key, sizeof(out->schedule));
    out->rounds = (int)aes.rounds | (aes.use_aesni != 0 ? 0x100 : 0);
    shim_zero(&aes, sizeof(aes));
    return 0;
}

void AES_encrypt(const unsigned char *in, unsigned char *out, const AES_KEY *key)
{
    Aes aes;
    _Alignas(16)
        uint8_t block[AES_BLOCK_SIZE]; /* wolfCrypt allocates memory if it is not aligned */
    memcpy(block, in, sizeof(block));
    memset(&aes, 0, sizeof(aes));
    memcpy(aes.key, key->schedule, sizeof(key->schedule));
    aes.rounds = (word32)key->rounds & 0xff;
    aes.use_aesni = (byte)(key->rounds >> 8 & 1);
    if (wc_AesEncryptDirect(&aes, out, block) != 0) {
        shim_fatal("AES failed");
    }
    shim_zero(block, sizeof(block));
    shim_zero(aes.key, sizeof(aes.key));
}

int Camellia_set_key(const unsigned char *key, const int bits, CAMELLIA_KEY *out)
{
    Camellia c;
    if (wc_CamelliaSetKey(&c, key, (word32)bits / 8, NULL) != 0) {
        return -1;
    }
    memcpy(out->table, c.key, sizeof(out->table));
    out->key_size = bits / 8;
    shim_zero(&c, sizeof(c));
    return 0;
}

void Camellia_encrypt(const unsigned char *in, unsigned char *out, const CAMELLIA_KEY *key)
{
    Camellia c;
    memset(&c, 0, sizeof(c));
    memcpy(c.key, key->table, sizeof(key->table));
    c.keySz = (word32)key->key_size * 8;
    if (wc_CamelliaEncryptDirect(&c, out, in) != 0) {
        shim_fatal("Camellia failed");
    }
    shim_zero(&c, sizeof(c));
}

void DES_set_key_unchecked(const uint8_t (*key)[8], DES_key_schedule *out)
{
    memset(out, 0, sizeof(*out));
    memcpy(out->key, *key, sizeof(out->key));
}

void DES_ecb3_encrypt(const uint8_t (*in)[8], uint8_t (*out)[8], DES_key_schedule *k1,
                      DES_key_schedule *k2, DES_key_schedule *k3, int encrypt)
{
    struct shim_cipher_key k;
    uint8_t key[24];
    memcpy(key, k1->key, 8);
    memcpy(key + 8, k2->key, 8);
    memcpy(key + 16, k3->key, 8);
    shim_cipher_set(&k, SHIM_DES3, key, sizeof(key), encrypt);
    shim_cipher_block(&k, *in, *out);
    shim_zero(key, sizeof(key));
    shim_zero(&k, sizeof(k));
}

/* A random key of odd parity. The weak ones are too rare to be met and libtpms checks for them. */
int DES_random_key(uint8_t (*out)[8])
{
    if (wc_RNG_GenerateBlock(shim_rng(), *out, 8) != 0) {
        shim_fatal("the random generator failed");
    }
    for (int i = 0; i < 8; i++) {
        uint8_t b = (*out)[i] & 0xfe;
        (*out)[i] = (uint8_t)(b | !__builtin_parity(b));
    }
    return 1;
}

/* What stands behind an EVP context. */
static int set(struct shim_cipher_key *k, const uint8_t *key, uint32_t size)
{
    switch (k->kind) {
    case SHIM_AES:
        if (wc_AesInit(&k->aes, NULL, INVALID_DEVID) != 0) {
            return -1;
        }
        return wc_AesSetKeyDirect(&k->aes, key, size, NULL,
                                  k->encrypt ? AES_ENCRYPTION : AES_DECRYPTION);
    case SHIM_CAMELLIA:
        return wc_CamelliaSetKey(&k->camellia, key, size, NULL);
    default:
        if (wc_Des3Init(&k->des, NULL, INVALID_DEVID) != 0) {
            return -1;
        }
        return wc_Des3_SetKey(&k->des, key, NULL, k->encrypt ? DES_ENCRYPTION : DES_DECRYPTION);
    }
}

void shim_cipher_set(struct shim_cipher_key *k, enum shim_cipher_kind kind, const uint8_t *key,
                     uint32_t size, int encrypt)
{
    memset(k, 0, sizeof(*k));
    k->kind = kind;
    k->encrypt = encrypt;
    if (set(k, key, size) != 0) {
        shim_fatal("a cipher refused its key");
    }
}

static int one_block(struct shim_cipher_key *k, const uint8_t *in, uint8_t *out)
{
    switch (k->kind) {
    case SHIM_AES:
        return k->encrypt ? wc_AesEncryptDirect(&k->aes, out, in)
                          : wc_AesDecryptDirect(&k->aes, out, in);
    case SHIM_CAMELLIA:
        return k->encrypt ? wc_CamelliaEncryptDirect(&k->camellia, out, in)
                          : wc_CamelliaDecryptDirect(&k->camellia, out, in);
    default:
        return wc_Des3_EcbEncrypt(&k->des, out, in, DES_BLOCK_SIZE);
    }
}

void shim_cipher_block(struct shim_cipher_key *k, const uint8_t *in, uint8_t *out)
{
    if (one_block(k, in, out) != 0) {
        shim_fatal("a cipher failed");
    }
}
