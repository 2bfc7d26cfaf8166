/* SPDX-License-Identifier: MIT */
#include "psp_guest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>

static const uint8_t launch_seed[PSP_SEED_SIZE] = "a launch that can be repeated";

[[gnu::noreturn]] static void give_up(const char *what)
{
    fprintf(stderr, "guest: %s\n", what);
    abort();
}

struct guest guest_launch(struct psp_options *options)
{
    struct guest guest = {0};
    struct psp_result result;
    struct snp_secrets_page page;

    options->launch_seed = launch_seed;
    guest.psp = psp_create(options, &result);
    if (guest.psp == NULL) {
        give_up(result.why != NULL ? result.why : "no context");
    }
    psp_secrets_fill(guest.psp, &page);
    for (unsigned i = 0; i < GUEST_KEYS; i++) {
        memcpy(guest.key[i], page.vmpck[i].key, sizeof(guest.key[i]));
    }
    return guest;
}

void guest_end(struct guest *guest)
{
    psp_free(guest->psp);
    guest->psp = NULL;
}

/* Both directions: AAD, text, tag; `tag` is written or checked. */
static bool gcm(const uint8_t *key, const struct psp_msg *msg, int encrypt, const uint8_t *in,
                uint8_t *out, uint8_t tag[16])
{
    const uint8_t *header = (const uint8_t *)msg;
    uint8_t iv[12] = {0};
    int len;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

    memcpy(iv, header + 0x20, 8);
    bool good = ctx != NULL && EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, iv, encrypt) &&
                EVP_CipherUpdate(ctx, NULL, &len, header + 0x30, 0x30) &&
                EVP_CipherUpdate(ctx, out, &len, in, msg->header.msg_size) &&
                (encrypt || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, 16, tag)) &&
                EVP_CipherFinal_ex(ctx, out + len, &len) &&
                (!encrypt || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, tag));
    EVP_CIPHER_CTX_free(ctx);
    return good;
}

void guest_seal(const struct guest *guest, struct psp_msg *msg, unsigned key, const void *payload)
{
    if (msg->header.msg_size > PSP_PAYLOAD_MAX) {
        return; /* no text has this size: it stays as it is */
    }
    if (!gcm(guest->key[key], msg, 1, payload, msg->payload, msg->header.authtag)) {
        give_up("cannot seal");
    }
}

bool guest_open(const struct guest *guest, const struct psp_msg *msg, unsigned key, void *payload)
{
    uint8_t tag[16];

    memcpy(tag, msg->header.authtag, sizeof(tag));
    return msg->header.msg_size <= PSP_PAYLOAD_MAX &&
           gcm(guest->key[key], msg, 0, msg->payload, payload, tag);
}

struct psp_msg guest_message(const struct guest *guest, unsigned key, uint8_t type,
                             const void *payload, size_t size)
{
    struct psp_msg msg = {.header = {.msg_seqno = guest->seqno[key] + 1,
                                     .algo = 1,
                                     .hdr_version = 1,
                                     .hdr_size = 0x60,
                                     .msg_type = type,
                                     .msg_version = 1,
                                     .msg_size = (uint16_t)size,
                                     .msg_vmpck = (uint8_t)key}};

    guest_seal(guest, &msg, key, payload);
    return msg;
}

static const char *response_fault(const struct guest *guest, unsigned key,
                                  const struct psp_msg_header *sent,
                                  const struct psp_msg_header *got)
{
    struct psp_msg_header want = *sent;

    memcpy(want.authtag, got->authtag, 16);
    want.msg_seqno = guest->seqno[key] + 2;
    want.msg_type = sent->msg_type + 1;
    want.msg_size = got->msg_size;
    return memcmp(&want, got, sizeof(want)) == 0 ? NULL : "the response's header";
}

size_t guest_exchange(struct guest *guest, unsigned key, uint8_t type, const void *payload,
                      size_t size, void *answer)
{
    struct psp_msg request = guest_message(guest, key, type, payload, size), response;
    struct psp_result result = psp_request(guest->psp, &request, &response);
    const char *fault = NULL;

    if (result.status != 0 || result.stop) {
        fault = result.why != NULL ? result.why : "a status without a reason";
    } else {
        fault = response_fault(guest, key, &request.header, &response.header);
    }
    if (fault == NULL && !guest_open(guest, &response, key, answer)) {
        fault = "the response's tag";
    }
    if (fault != NULL) {
        fprintf(stderr, "guest: type %u: %s (status %x)\n", type, fault, result.status);
        return 0;
    }
    guest->seqno[key] += 2;
    return response.header.msg_size;
}
