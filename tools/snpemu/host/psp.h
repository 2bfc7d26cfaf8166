/* SPDX-License-Identifier: MIT */
/*
 * The emulated SNP firmware (PSP), as far as a guest can tell: one guest's context from launch to
 * end, its secrets page, its messages, its reports and the certificates behind them. Needs nothing
 * but OpenSSL's libcrypto; touches no file and no machine. One context, one thread.
 *
 * The keys behind reports are public test keys: whoever has this source can sign the same. The
 * names in the certificates say so, and verifiers must not trust them ("SVSM EMULATOR TEST").
 *
 *   struct psp_options options;
 *   psp_options_init(&options, PSP_MILAN);
 *   options.policy = ...; memcpy(options.launch_digest, ...); memcpy(options.chip_seed, ...);
 *   struct psp *psp = psp_create(&options, &result);
 *   psp_secrets_fill(psp, page);
 *   for each MAILBOX_GUEST_REQUEST: psp_request(psp, request, response)
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <svsm/abi/attest.h>
#include <svsm/abi/launch.h>
#include <svsm/abi/psp.h>
#include <svsm/abi/snp_pages.h>

#define PSP_SEED_SIZE 32u
#define PSP_HOST_DATA_SIZE 32u
#define PSP_GOSVW_SIZE 16u
/* Room that is enough for every table of psp_certificates(): what mailbox frames carry at most. */
#define PSP_CERTIFICATES_MAX (64u * 1024u)

enum psp_product { PSP_MILAN, PSP_GENOA, PSP_TURIN };

struct psp_tsc {
    bool enabled;    /* Secure TSC: else TSC_INFO is refused */
    uint64_t scale;  /* 8.32 fixed point */
    uint64_t offset; /* ticks */
    uint32_t factor; /* of the mean frequency, in 1/100 000 */
};

struct psp_options {
    /* The launch, as SNP_LAUNCH_START and SNP_LAUNCH_FINISH have it. */
    uint64_t policy; /* PSP_POLICY_* */
    uint8_t launch_digest[PSP_DIGEST_SIZE];
    const struct psp_id_block *id_block; /* NULL: none; read by psp_create() only */
    const struct psp_id_auth *id_auth;   /* not NULL with id_block */
    bool author_key;                     /* AUTH_KEY_EN: the author's key and signature count */
    bool vcek_disabled;                  /* VCEK_DIS: reports and keys from the VLEK only */
    uint8_t host_data[PSP_HOST_DATA_SIZE];
    uint8_t gosvw[PSP_GOSVW_SIZE];
    struct psp_tsc tsc;
    const uint8_t *launch_seed; /* PSP_SEED_SIZE bytes that VMPCKs and report ID come from, so that
                                   a run can be repeated; NULL: random, as in silicon */

    /* The machine. psp_options_init() sets all of it but the seed. */
    enum psp_product product;
    uint8_t
        chip_seed[PSP_SEED_SIZE]; /* chip ID, VCEK, derived keys: the same seed, the same chip */
    uint32_t report_version;      /* 2 to 5 */
    bool vlek;                    /* a VLEK is loaded */
    bool mask_chip_key;           /* reports without chip ID and signature */
    uint64_t platform_info;       /* PSP_PLATFORM_* */
    struct psp_tcb current_tcb, committed_tcb, reported_tcb, launch_tcb;
    uint64_t launch_mit_vector, current_mit_vector; /* version 5 */
    /* What the machine permits; NULL: MSG_CPUID_REQ only loses what firmware always refuses. Has to
     * live as long as the context. */
    const struct snp_cpuid_page *cpuid;
};

/* Of a launch or a request. why: one line for a person, NULL when there is nothing to say. */
struct psp_result {
    uint32_t status; /* PSP_STATUS_* */
    bool stop;       /* the guest did what ends strict runs: it reused an IV */
    const char *why;
};

struct psp;

/* Zero but for the machine, which is a plain one of this product with a version 2 report (Milan), 3
 * (Genoa) or 5 (Turin). */
void psp_options_init(struct psp_options *options, enum psp_product product);

/*
 * The launch's last step: checks policy and ID block and makes the guest's keys. NULL when firmware
 * refuses or memory is out (PSP_STATUS_RESOURCE_LIMIT); *result says which.
 */
[[nodiscard]] struct psp *psp_create(const struct psp_options *options, struct psp_result *result);

/* Wipes the keys. NULL is fine. */
void psp_free(struct psp *psp);

void psp_secrets_fill(const struct psp *psp, struct snp_secrets_page *page);

/*
 * SNP_GUEST_REQUEST: *response is whole when status is 0 and zero otherwise; it may be *request.
 * The same page twice (after throttling, say) is fine only as long as it was not yet accepted.
 */
struct psp_result psp_request(struct psp *psp, const struct psp_msg *request,
                              struct psp_msg *response);

/* What was asked, and under how many pairs of key and IV, requests and responses together, the
 * guest and the firmware have sealed something; how often one was used for two messages, which
 * stops a run. */
struct psp_count {
    uint64_t requests, pairs, reused;
};
struct psp_count psp_counted(const struct psp *psp);

/*
 * The table of certificates of extended guest requests: ARK, ASK (of the VLEK: its ASVK) and the
 * key's own in DER. Returns its size, whole pages; 0 if `size` is too small.
 */
size_t psp_certificates(const struct psp *psp, void *table, size_t size);
