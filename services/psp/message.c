/* SPDX-License-Identifier: MIT */
/* Guest messages over wolfCrypt's AES-GCM. */
#include "message.h"

#include <string.h>
#include <svsm/abi/psp_messages.h>

#include <wolfssl/wolfcrypt/aes.h>

/* The number and four zero bytes. */
static void iv_of(const struct psp_msg *m, uint8_t iv[PSP_IV_SIZE])
{
    memset(iv, 0, PSP_IV_SIZE);
    memcpy(iv, &m->header.msg_seqno, sizeof(m->header.msg_seqno));
}

static bool aes_begin(Aes *aes, const struct snp_vmpck *key)
{
    memset(aes, 0, sizeof(*aes));
    return wc_AesInit(aes, NULL, INVALID_DEVID) == 0 &&
           wc_AesGcmSetKey(aes, key->key, sizeof(key->key)) == 0;
}

/* The schedule is as good as the key. */
static void aes_end(Aes *aes)
{
    wc_AesFree(aes);
    explicit_bzero(aes, sizeof(*aes));
}

static const uint8_t *authenticated(const struct psp_msg *m)
{
    return (const uint8_t *)m + PSP_AAD_OFFSET;
}

bool message_seal(const struct snp_vmpck *key, uint64_t number, uint8_t type, const void *payload,
                  size_t size, struct psp_msg *out)
{
    uint8_t iv[PSP_IV_SIZE];
    Aes aes;
    if (size > PSP_PAYLOAD_MAX) {
        return false;
    }
    memset(out, 0, sizeof(*out));
    out->header.msg_seqno = number;
    out->header.algo = PSP_ALGO_AES_256_GCM;
    out->header.hdr_version = PSP_HDR_VERSION;
    out->header.hdr_size = PSP_HDR_SIZE;
    out->header.msg_type = type;
    out->header.msg_version = PSP_MSG_VERSION;
    out->header.msg_size = (uint16_t)size;
    iv_of(out, iv);
    bool good =
        aes_begin(&aes, key) &&
        wc_AesGcmEncrypt(&aes, out->payload, payload, (word32)size, iv, sizeof(iv),
                         out->header.authtag, PSP_TAG_SIZE, authenticated(out), PSP_AAD_SIZE) == 0;
    aes_end(&aes);
    return good;
}

bool message_open(const struct snp_vmpck *key, const struct psp_msg *answer, uint8_t *out,
                  size_t *size)
{
    uint8_t iv[PSP_IV_SIZE];
    Aes aes;
    if (answer->header.msg_size > PSP_PAYLOAD_MAX) {
        return false;
    }
    iv_of(answer, iv);
    bool good = aes_begin(&aes, key) &&
                wc_AesGcmDecrypt(&aes, out, answer->payload, answer->header.msg_size, iv,
                                 sizeof(iv), answer->header.authtag, PSP_TAG_SIZE,
                                 authenticated(answer), PSP_AAD_SIZE) == 0;
    aes_end(&aes);
    if (!good) {
        explicit_bzero(out, PSP_PAYLOAD_MAX);
        return false;
    }
    *size = answer->header.msg_size;
    return true;
}
