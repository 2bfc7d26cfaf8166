/* SPDX-License-Identifier: MIT */
/* What the files of the emulated firmware share: a guest's context, and one function per message.
 */
#pragma once
#include <openssl/evp.h>
#include <svsm/abi/psp_messages.h>
#include "psp.h"
#include "psp_chain.h"
#include "psp_crypto.h"

#define PSP_KEYS 4u         /* VMPCK0 to 3 */
#define PSP_IV_HISTORY 256u /* numbers per key of which it is known what was sealed under them */

/* The firmware's own version, as reports have it, and the newest ABI that a policy may ask for. */
#define PSP_FIRMWARE_MAJOR 1u
#define PSP_FIRMWARE_MINOR 55u
#define PSP_FIRMWARE_BUILD 21u

#define PSP_MSG_VERSION_2 2u /* of MSG_KEY_REQ, with struct psp_key_req_v2 [one-source] */

/* A number under which the guest sealed a message, and which message that was. */
struct psp_iv {
    uint64_t seqno; /* 0: none */
    uint8_t digest[PSP_CRYPTO_SHA384_SIZE];
};

struct psp_channel {
    uint8_t key[PSP_CRYPTO_KEY_SIZE];
    uint64_t seqno; /* of the last message in either direction */
    struct psp_iv history[PSP_IV_HISTORY];
    unsigned history_next;
};

/* From the ID block and its authentication; zero without. */
struct psp_identity {
    bool present, author;
    uint32_t guest_svn;
    uint8_t family_id[16], image_id[16];
    uint8_t id_key_digest[PSP_CRYPTO_SHA384_SIZE], author_key_digest[PSP_CRYPTO_SHA384_SIZE];
};

struct psp {
    struct psp_options options; /* without the launch's pointers */
    struct psp_identity identity;
    struct psp_channel channels[PSP_KEYS];
    struct psp_count count;
    uint8_t chip_id[PSP_CHAIN_ID_SIZE];
    uint8_t vcek_root[PSP_CRYPTO_KEY_SIZE], vlek_root[PSP_CRYPTO_KEY_SIZE];
    uint8_t vmrk[PSP_CRYPTO_KEY_SIZE]; /* no migration agent: the firmware's own, of this launch */
    uint8_t report_id[32];
    EVP_PKEY *vcek, *vlek; /* vlek: NULL when none is loaded */
    struct psp_chain chain;
};

/* CPUID 1 EAX, and the three bytes of a report. */
struct psp_cpu {
    uint8_t family, model, stepping; /* with the extended parts added */
};
struct psp_cpu psp_cpu_of(enum psp_product product);

/* No part of `a` is above that of `b`. */
bool psp_tcb_within(const struct psp_tcb *a, const struct psp_tcb *b);

/* Checks the ID block against the launch. Returns PSP_STATUS_*. */
uint32_t psp_id_check(const struct psp_options *options, struct psp_identity *identity,
                      const char **why);

/*
 * The messages. `vmpl` is the caller's, which its key proves. Each fills its response, whose first
 * word is the status that the guest sees, and returns the response's size; 0: out of memory.
 */
size_t psp_report_answer(const struct psp *psp, unsigned vmpl, const struct psp_report_req *request,
                         struct psp_report_rsp *response);
size_t psp_derive_answer(const struct psp *psp, unsigned vmpl, const struct psp_key_req_v2 *request,
                         bool version2, struct psp_key_rsp *response);
size_t psp_tsc_answer(const struct psp *psp, const struct psp_tsc_info_req *request,
                      struct psp_tsc_info_rsp *response);
size_t psp_cpuid_answer(const struct psp *psp, const struct psp_cpuid_req *request,
                        struct psp_cpuid_rsp *response);

/* Which key a KEY_SEL asks for. *status: INVALID_PARAM or INVALID_KEY when there is none. */
enum psp_signer { PSP_SIGNER_VCEK, PSP_SIGNER_VLEK };
enum psp_signer psp_signer_of(const struct psp *psp, uint32_t key_sel, uint32_t *status);
