/* SPDX-License-Identifier: MIT */
/* EVP cipher contexts: ECB, CBC, CFB, OFB and CTR with OpenSSL's running IV. */
#include "shim.h"
#include "cipher.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_MAX 16

enum mode { ECB, CBC, CFB, OFB, CTR };

typedef struct {
    enum shim_cipher_kind kind;
    enum mode mode;
    uint32_t key_size;
    uint32_t block;
} EVP_CIPHER;

typedef struct {
    const EVP_CIPHER *cipher;
    struct shim_cipher_key key;
    _Alignas(16) uint8_t iv[BLOCK_MAX];   /* aligned, as wolfCrypt likes its input */
    uint8_t stream[BLOCK_MAX];            /* CTR: the key stream block in use */
    _Alignas(16) uint8_t rest[BLOCK_MAX]; /* ECB, CBC: input of a block not yet whole */
    uint32_t used;                        /* bytes of the IV, stream or rest that are used up */
    int encrypt;
} EVP_CIPHER_CTX;

#define CIPHER(name, kind, mode, bits, block)                                                      \
    const EVP_CIPHER *name(void);                                                                  \
    const EVP_CIPHER *name(void)                                                                   \
    {                                                                                              \
        static const EVP_CIPHER cipher = {kind, mode, (bits) / 8, block};                          \
        return &cipher;                                                                            \
    }

#define CIPHERS(prefix, kind, bits)                                                                \
    CIPHER(prefix##_ecb, kind, ECB, bits, 16)                                                      \
    CIPHER(prefix##_cbc, kind, CBC, bits, 16)                                                      \
    CIPHER(prefix##_cfb128, kind, CFB, bits, 16)                                                   \
    CIPHER(prefix##_ofb, kind, OFB, bits, 16)                                                      \
    CIPHER(prefix##_ctr, kind, CTR, bits, 16)

CIPHERS(EVP_aes_128, SHIM_AES, 128)
CIPHERS(EVP_aes_192, SHIM_AES, 192)
CIPHERS(EVP_aes_256, SHIM_AES, 256)
CIPHERS(EVP_camellia_128, SHIM_CAMELLIA, 128)
CIPHERS(EVP_camellia_192, SHIM_CAMELLIA, 192)
CIPHERS(EVP_camellia_256, SHIM_CAMELLIA, 256)
CIPHER(EVP_des_ede3, SHIM_DES3, ECB, 192, 8)
CIPHER(EVP_des_ede3_ecb, SHIM_DES3, ECB, 192, 8)
CIPHER(EVP_des_ede3_cbc, SHIM_DES3, CBC, 192, 8)
CIPHER(EVP_des_ede3_cfb64, SHIM_DES3, CFB, 192, 8)
CIPHER(EVP_des_ede3_ofb, SHIM_DES3, OFB, 192, 8)

EVP_CIPHER_CTX *EVP_CIPHER_CTX_new(void);
void EVP_CIPHER_CTX_free(EVP_CIPHER_CTX *c);
int EVP_CIPHER_CTX_get_iv_length(const EVP_CIPHER_CTX *c);
const unsigned char *EVP_CIPHER_CTX_iv(const EVP_CIPHER_CTX *c);
int EVP_CIPHER_CTX_set_padding(EVP_CIPHER_CTX *c, int pad);
int EVP_EncryptInit_ex(EVP_CIPHER_CTX *c, const EVP_CIPHER *cipher, void *engine,
                       const unsigned char *key, const unsigned char *iv);
int EVP_DecryptInit_ex(EVP_CIPHER_CTX *c, const EVP_CIPHER *cipher, void *engine,
                       const unsigned char *key, const unsigned char *iv);
int EVP_EncryptUpdate(EVP_CIPHER_CTX *c, unsigned char *out, int *out_len, const unsigned char *in,
                      int in_len);
int EVP_DecryptUpdate(EVP_CIPHER_CTX *c, unsigned char *out, int *out_len, const unsigned char *in,
                      int in_len);
int EVP_EncryptFinal_ex(EVP_CIPHER_CTX *c, unsigned char *out, int *out_len);
int EVP_DecryptFinal(EVP_CIPHER_CTX *c, unsigned char *out, int *out_len);

EVP_CIPHER_CTX *EVP_CIPHER_CTX_new(void)
{
    return calloc(1, sizeof(EVP_CIPHER_CTX));
}

void EVP_CIPHER_CTX_free(EVP_CIPHER_CTX *c)
{
    if (c != NULL) {
        shim_zero(c, sizeof(*c));
        free(c);
    }
}

int EVP_CIPHER_CTX_get_iv_length(const EVP_CIPHER_CTX *c)
{
    return c->cipher->mode == ECB ? 0 : (int)c->cipher->block;
}

const unsigned char *EVP_CIPHER_CTX_iv(const EVP_CIPHER_CTX *c)
{
    return c->iv;
}

/* libtpms always switches padding off; there is no other way here. */
int EVP_CIPHER_CTX_set_padding(EVP_CIPHER_CTX *c, int pad)
{
    (void)c;
    return pad == 0;
}

static int is_stream(const EVP_CIPHER *cipher)
{
    return cipher->mode != ECB && cipher->mode != CBC;
}

static int init(EVP_CIPHER_CTX *c, const EVP_CIPHER *cipher, const unsigned char *key,
                const unsigned char *iv, int encrypt)
{
    memset(c, 0, sizeof(*c));
    c->cipher = cipher;
    c->encrypt = encrypt;
    /* The stream modes only ever encrypt with the cipher. */
    shim_cipher_set(&c->key, cipher->kind, key, cipher->key_size, encrypt || is_stream(cipher));
    if (iv != NULL && cipher->mode != ECB) {
        memcpy(c->iv, iv, cipher->block);
    }
    return 1;
}

int EVP_EncryptInit_ex(EVP_CIPHER_CTX *c, const EVP_CIPHER *cipher, void *engine,
                       const unsigned char *key, const unsigned char *iv)
{
    (void)engine;
    return init(c, cipher, key, iv, 1);
}

int EVP_DecryptInit_ex(EVP_CIPHER_CTX *c, const EVP_CIPHER *cipher, void *engine,
                       const unsigned char *key, const unsigned char *iv)
{
    (void)engine;
    return init(c, cipher, key, iv, 0);
}

/* One whole block of ECB or CBC; `in` and `out` may be the same. */
static void whole_block(EVP_CIPHER_CTX *c, const uint8_t *in, uint8_t *out)
{
    uint32_t size = c->cipher->block;
    _Alignas(16) uint8_t text[BLOCK_MAX];
    uint8_t before[BLOCK_MAX];
    if (c->cipher->mode == ECB) {
        shim_cipher_block(&c->key, in, out);
        return;
    }
    memcpy(before, in, size);
    if (c->encrypt) {
        for (uint32_t i = 0; i < size; i++) {
            text[i] = in[i] ^ c->iv[i];
        }
        shim_cipher_block(&c->key, text, out);
        memcpy(c->iv, out, size);
    } else {
        shim_cipher_block(&c->key, in, text);
        for (uint32_t i = 0; i < size; i++) {
            out[i] = text[i] ^ c->iv[i];
        }
        memcpy(c->iv, before, size);
    }
    shim_zero(text, sizeof(text));
}

static void counter_step(EVP_CIPHER_CTX *c)
{
    shim_cipher_block(&c->key, c->iv, c->stream);
    for (uint32_t i = c->cipher->block; i > 0; i--) {
        if (++c->iv[i - 1] != 0) {
            break;
        }
    }
}

/* A new block of key stream, where stream_part() takes it from. */
static void stream_step(EVP_CIPHER_CTX *c)
{
    if (c->cipher->mode == CTR) {
        counter_step(c);
    } else {
        shim_cipher_block(&c->key, c->iv, c->iv);
    }
}

/* The `count` next bytes of a stream mode, all in one block; `in` and `out` may be the same. */
static void stream_part(EVP_CIPHER_CTX *c, const uint8_t *in, uint8_t *out, uint32_t count)
{
    uint8_t *stream = (c->cipher->mode == CTR ? c->stream : c->iv) + c->used;
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t from = in[i];
        out[i] = from ^ stream[i];
        if (c->cipher->mode == CFB) { /* the IV becomes the cipher text */
            stream[i] = c->encrypt ? out[i] : from;
        }
    }
    c->used += count;
    if (c->used == c->cipher->block) {
        c->used = 0;
    }
}

/* What fits into the block in use: the whole input, or up to the block's end. */
static uint32_t part_size(const EVP_CIPHER_CTX *c, int left)
{
    const uint32_t room = c->cipher->block - c->used;
    return (uint32_t)left < room ? (uint32_t)left : room;
}

static int update(EVP_CIPHER_CTX *c, unsigned char *out, int *out_len, const unsigned char *in,
                  int in_len)
{
    int written = 0;
    for (int i = 0; i < in_len;) {
        const uint32_t part = part_size(c, in_len - i);
        if (is_stream(c->cipher)) {
            if (c->used == 0) {
                stream_step(c);
            }
            stream_part(c, in + i, out + written, part);
            written += (int)part;
        } else {
            memcpy(c->rest + c->used, in + i, part);
            c->used += part;
            if (c->used == c->cipher->block) {
                whole_block(c, c->rest, out + written);
                written += (int)c->cipher->block;
                c->used = 0;
            }
        }
        i += (int)part;
    }
    *out_len = written;
    return 1;
}

int EVP_EncryptUpdate(EVP_CIPHER_CTX *c, unsigned char *out, int *out_len, const unsigned char *in,
                      int in_len)
{
    return update(c, out, out_len, in, in_len);
}

int EVP_DecryptUpdate(EVP_CIPHER_CTX *c, unsigned char *out, int *out_len, const unsigned char *in,
                      int in_len)
{
    return update(c, out, out_len, in, in_len);
}

/* Without padding a block that is not whole is an error. */
static int final(const EVP_CIPHER_CTX *c, int *out_len)
{
    *out_len = 0;
    return is_stream(c->cipher) || c->used == 0;
}

int EVP_EncryptFinal_ex(EVP_CIPHER_CTX *c, unsigned char *out, int *out_len)
{
    (void)out;
    return final(c, out_len);
}

int EVP_DecryptFinal(EVP_CIPHER_CTX *c, unsigned char *out, int *out_len)
{
    (void)out;
    return final(c, out_len);
}
