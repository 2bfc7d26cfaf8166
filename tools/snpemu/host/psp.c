/* SPDX-License-Identifier: MIT */
/*
 * A guest's context from launch to end. What a chip owns comes from its seed, what a launch owns
 * from chance or from the launch's seed.
 */
#include "psp.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include "psp_internal.h"

/* Turin's chip IDs have 8 bytes, the rest is zero. */
#define TURIN_ID_SIZE 8u

/* A provider's VLEK seed is one for all its chips; the emulator's provider has this one. */
static const uint8_t provider_seed[PSP_SEED_SIZE] = "svsm-emulator provider";

static const struct psp_tcb tcbs[] = {
    [PSP_MILAN] = {{[PSP_TCB_MILAN_BOOT_LOADER] = 4,
                    [PSP_TCB_MILAN_SNP] = 22,
                    [PSP_TCB_MILAN_MICROCODE] = 213}},
    [PSP_GENOA] = {{[PSP_TCB_MILAN_BOOT_LOADER] = 9,
                    [PSP_TCB_MILAN_SNP] = 21,
                    [PSP_TCB_MILAN_MICROCODE] = 72}},
    [PSP_TURIN] = {{[PSP_TCB_TURIN_FMC] = 1,
                    [PSP_TCB_TURIN_BOOT_LOADER] = 1,
                    [PSP_TCB_TURIN_TEE] = 1,
                    [PSP_TCB_TURIN_SNP] = 4,
                    [PSP_TCB_TURIN_MICROCODE] = 75}},
};

struct psp_cpu psp_cpu_of(enum psp_product product)
{
    static const struct psp_cpu cpus[] = {[PSP_MILAN] = {0x19, 0x01, 1},
                                          [PSP_GENOA] = {0x19, 0x11, 1},
                                          [PSP_TURIN] = {0x1a, 0x02, 1}};
    return cpus[product];
}

bool psp_tcb_within(const struct psp_tcb *a, const struct psp_tcb *b)
{
    for (size_t i = 0; i < sizeof(a->part); i++) {
        if (a->part[i] > b->part[i]) {
            return false;
        }
    }
    return true;
}

void psp_options_init(struct psp_options *options, enum psp_product product)
{
    static const uint32_t versions[] = {[PSP_MILAN] = 2, [PSP_GENOA] = 3, [PSP_TURIN] = 5};

    *options = (struct psp_options){
        .product = product,
        .report_version = versions[product],
        .platform_info = PSP_PLATFORM_SMT | PSP_PLATFORM_ECC,
        .current_tcb = tcbs[product],
        .committed_tcb = tcbs[product],
        .reported_tcb = tcbs[product],
        .launch_tcb = tcbs[product],
    };
    if (versions[product] >= PSP_REPORT_VERSION_CPUID) {
        options->platform_info |= PSP_PLATFORM_ALIAS_CHECK;
    }
}

/* What SNP_LAUNCH_START finds wrong with a policy, or NULL. */
static const char *policy_fault(const struct psp_options *options)
{
    uint64_t policy = options->policy, machine = options->platform_info;
    unsigned major = policy >> PSP_POLICY_ABI_MAJOR_SHIFT & 0xff;
    unsigned minor = policy & PSP_POLICY_ABI_MINOR;

    if ((policy & PSP_POLICY_RESERVED) != 0) {
        return "policy: reserved bits are set";
    }
    if ((policy & PSP_POLICY_ONE) == 0) {
        return "policy: bit 17 has to be set";
    }
    if (major > PSP_FIRMWARE_MAJOR || (major == PSP_FIRMWARE_MAJOR && minor > PSP_FIRMWARE_MINOR)) {
        return "policy: asks for a newer ABI than the firmware has";
    }
    if ((machine & PSP_PLATFORM_SMT) != 0 && (policy & PSP_POLICY_SMT) == 0) {
        return "policy: forbids SMT, which the machine has enabled";
    }
    if ((machine & PSP_PLATFORM_RAPL_DISABLED) == 0 && (policy & PSP_POLICY_RAPL_DISABLED) != 0) {
        return "policy: RAPL has to be disabled, and is not";
    }
    if ((machine & PSP_PLATFORM_CIPHERTEXT_HIDING) == 0 &&
        (policy & PSP_POLICY_CIPHERTEXT_HIDING) != 0) {
        return "policy: asks for ciphertext hiding, which is not enabled";
    }
    return NULL;
}

static struct psp_result check_launch(const struct psp_options *options,
                                      struct psp_identity *identity)
{
    struct psp_result result = {.why = policy_fault(options)};

    if (result.why != NULL) {
        result.status = PSP_STATUS_POLICY_FAILURE;
    } else if (options->report_version < PSP_REPORT_VERSION_MIN ||
               options->report_version > PSP_REPORT_VERSION_MITIGATIONS) {
        result.why = "reports have versions 2 to 5";
        result.status = PSP_STATUS_INVALID_PARAM;
    } else if (options->vcek_disabled && !options->vlek) {
        result.why = "the VCEK is disabled, and there is no VLEK";
        result.status = PSP_STATUS_INVALID_CONFIG;
    } else if (options->id_block != NULL) {
        result.status = psp_id_check(options, identity, &result.why);
    }
    return result;
}

/* Keys and numbers of this launch. */
static bool make_launch_secrets(struct psp *psp, const uint8_t *seed)
{
    uint8_t root[PSP_SEED_SIZE];
    bool made = true;

    if (seed != NULL) {
        memcpy(root, seed, sizeof(root));
    } else {
        made = RAND_bytes(root, sizeof(root)) == 1;
    }
    for (uint8_t i = 0; i < PSP_KEYS; i++) {
        psp_crypto_derive(root, "VMPCK", &i, 1, psp->channels[i].key, PSP_CRYPTO_KEY_SIZE);
    }
    psp_crypto_derive(root, "VMRK", NULL, 0, psp->vmrk, sizeof(psp->vmrk));
    psp_crypto_derive(root, "report ID", NULL, 0, psp->report_id, sizeof(psp->report_id));
    OPENSSL_cleanse(root, sizeof(root));
    return made;
}

static void make_chip(struct psp *psp)
{
    const uint8_t *seed = psp->options.chip_seed;
    uint8_t half[2][32];

    for (uint8_t i = 0; i < 2; i++) {
        psp_crypto_derive(seed, "chip ID", &i, 1, half[i], sizeof(half[i]));
    }
    memcpy(psp->chip_id, half, sizeof(half));
    if (psp->options.product == PSP_TURIN) {
        memset(psp->chip_id + TURIN_ID_SIZE, 0, sizeof(psp->chip_id) - TURIN_ID_SIZE);
    }
    psp_crypto_derive(seed, "VCEK root", NULL, 0, psp->vcek_root, sizeof(psp->vcek_root));
    psp_crypto_derive(provider_seed, "VLEK root", NULL, 0, psp->vlek_root, sizeof(psp->vlek_root));
}

/* Signing keys follow the reported TCB: another TCB, another key. */
static bool make_signers(struct psp *psp)
{
    const struct psp_options *o = &psp->options;
    struct psp_chain_subject subject = {
        .product = o->product, .vlek = o->vlek, .tcb = o->reported_tcb};

    psp->vcek =
        psp_crypto_derive_p384(psp->vcek_root, "VCEK", &o->reported_tcb, sizeof(o->reported_tcb));
    if (o->vlek) {
        psp->vlek = psp_crypto_derive_p384(psp->vlek_root, "VLEK", &o->reported_tcb,
                                           sizeof(o->reported_tcb));
    }
    memcpy(subject.chip_id, psp->chip_id, sizeof(subject.chip_id));
    EVP_PKEY *key = o->vlek ? psp->vlek : psp->vcek;
    return psp->vcek != NULL && key != NULL && psp_chain_make(&psp->chain, &subject, key);
}

struct psp *psp_create(const struct psp_options *options, struct psp_result *result)
{
    struct psp_identity identity = {0};

    *result = check_launch(options, &identity);
    if (result->status != PSP_STATUS_SUCCESS) {
        return NULL;
    }
    struct psp *psp = calloc(1, sizeof(*psp));
    if (psp != NULL) {
        psp->options = *options;
        psp->options.id_block = NULL;
        psp->options.id_auth = NULL;
        psp->options.launch_seed = NULL;
        psp->identity = identity;
        make_chip(psp);
        if (make_launch_secrets(psp, options->launch_seed) && make_signers(psp)) {
            return psp;
        }
        psp_free(psp);
    }
    *result = (struct psp_result){.status = PSP_STATUS_RESOURCE_LIMIT,
                                  .why = "out of memory or of random numbers"};
    return NULL;
}

void psp_free(struct psp *psp)
{
    if (psp == NULL) {
        return;
    }
    psp_chain_free(&psp->chain);
    EVP_PKEY_free(psp->vcek);
    EVP_PKEY_free(psp->vlek);
    OPENSSL_cleanse(psp, sizeof(*psp));
    free(psp);
}

/* CPUID 1 EAX: base family Fh, the rest in the extended fields. */
static uint32_t signature_of(struct psp_cpu cpu)
{
    return (uint32_t)(cpu.family - 0xf) << 20 | (uint32_t)(cpu.model >> 4) << 16 | 0xfu << 8 |
           (uint32_t)(cpu.model & 0xf) << 4 | cpu.stepping;
}

void psp_secrets_fill(const struct psp *psp, struct snp_secrets_page *page)
{
    *page = (struct snp_secrets_page){
        .version = SNP_SECRETS_VERSION_SVSM,
        .fms = signature_of(psp_cpu_of(psp->options.product)),
        .tsc_factor = psp->options.tsc.enabled ? psp->options.tsc.factor : 0,
    };
    memcpy(page->gosvw, psp->options.gosvw, sizeof(page->gosvw));
    for (unsigned i = 0; i < PSP_KEYS; i++) {
        memcpy(page->vmpck[i].key, psp->channels[i].key, sizeof(page->vmpck[i].key));
    }
}

size_t psp_certificates(const struct psp *psp, void *table, size_t size)
{
    return psp_chain_table(&psp->chain, psp->options.vlek, table, size);
}
