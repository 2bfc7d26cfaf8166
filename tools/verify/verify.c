/* SPDX-License-Identifier: MIT */
#include "verify.h"

#include <string.h>
#include "signature.h"
#include "vek.h"

#define VMPL_MAX 3u

struct span {
    size_t offset, size;
};

static bool is_zero(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

static void check_version(struct checks *checks, const struct psp_report *r)
{
    if (r->version < PSP_REPORT_VERSION_MIN) {
        check_add(checks, CHECK_FAILED, "version", "version %u is older than 2", r->version);
    } else if (r->version > PSP_REPORT_VERSION_MITIGATIONS) {
        check_add(checks, CHECK_NOTE, "version", "version %u is newer than 5, and read as 5",
                  r->version);
    } else {
        check_add(checks, CHECK_OK, "version", "%u", r->version);
    }
}

/* Bytes that have no meaning in this version are zero; later versions may give them one. */
static void check_reserved(struct checks *checks, const struct psp_report *r)
{
    static const struct span always[] = {
        {0x04c, 4}, {0x18b, 21}, {0x1eb, 1}, {0x1ef, 1}, {0x208, 152}};
    const struct span cpuid = {0x188, 3}, mitigations = {0x1f8, 16};
    const uint8_t *bytes = (const uint8_t *)r;
    bool good = true;

    if (r->version > PSP_REPORT_VERSION_MITIGATIONS) {
        return;
    }
    for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
        good = good && is_zero(bytes + always[i].offset, always[i].size);
    }
    if (r->version < PSP_REPORT_VERSION_CPUID) {
        good = good && is_zero(bytes + cpuid.offset, cpuid.size);
    }
    if (r->version < PSP_REPORT_VERSION_MITIGATIONS) {
        good = good && is_zero(bytes + mitigations.offset, mitigations.size);
    }
    check_add(checks, good ? CHECK_OK : CHECK_FAILED, "reserved",
              good ? "all reserved bytes are zero" : "a reserved byte is not zero");
}

/* Fields that contradict each other. */
static void check_sense(struct checks *checks, const struct psp_report *r)
{
    bool author = (r->key_info & PSP_KEY_INFO_AUTHOR_KEY) != 0;
    bool digest = !is_zero(r->author_key_digest, sizeof(r->author_key_digest));

    if (r->vmpl > VMPL_MAX) {
        check_add(checks, CHECK_FAILED, "sense", "there is no VMPL %u", r->vmpl);
    } else if (author != digest) {
        check_add(checks, CHECK_FAILED, "sense",
                  "KEY_INFO and the author key's digest contradict each other");
    } else {
        check_add(checks, CHECK_OK, "sense", "no contradictions");
    }
}

static bool is_same_chip(const struct psp_report *r, const struct vek *vek)
{
    return memcmp(r->chip_id, vek->hwid, vek->hwid_size) == 0 &&
           is_zero(r->chip_id + vek->hwid_size, sizeof(r->chip_id) - vek->hwid_size);
}

static void check_chip(struct checks *checks, const struct psp_report *r, const struct vek *vek)
{
    if (psp_key_info_signing(r->key_info) != PSP_SIGNING_VCEK) {
        check_add(checks, CHECK_OK, "chip", "a VLEK is no single chip's");
    } else if (vek->hwid_size == 0) {
        check_add(checks, CHECK_FAILED, "chip", "the certificate names no chip");
    } else if (is_zero(r->chip_id, sizeof(r->chip_id))) {
        check_add(checks, CHECK_NOTE, "chip",
                  "the report hides its chip ID; only the signature ties it to the certificate");
    } else if (!is_same_chip(r, vek)) {
        check_add(checks, CHECK_FAILED, "chip", "the certificate is of another chip");
    } else {
        check_add(checks, CHECK_OK, "chip", "the certificate's chip ID is the report's");
    }
}

/* The product's name as the report's CPU has it, or NULL if it has none that we know. */
static const char *product_of(const struct psp_report *r)
{
    unsigned model = r->cpuid_mod_id;

    if (r->cpuid_fam_id == 0x19) {
        return model <= 0x0f                                       ? "Milan"
               : model <= 0x1f || (model >= 0xa0 && model <= 0xaf) ? "Genoa"
                                                                   : NULL;
    }
    return r->cpuid_fam_id == 0x1a && model <= 0x1f ? "Turin" : NULL;
}

/* Genoa's kin have Genoa's keys; certificates name them by either name. */
static const char *product_in(const struct vek *vek)
{
    static const struct {
        const char *prefix, *product;
    } names[] = {{"Milan", "Milan"},
                 {"Genoa", "Genoa"},
                 {"Bergamo", "Genoa"},
                 {"Siena", "Genoa"},
                 {"Turin", "Turin"}};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strncmp(vek->product, names[i].prefix, strlen(names[i].prefix)) == 0) {
            return names[i].product;
        }
    }
    return NULL;
}

static void check_product(struct checks *checks, const struct psp_report *r, const struct vek *vek)
{
    const char *cpu = product_of(r), *cert = product_in(vek);

    if (r->version < PSP_REPORT_VERSION_CPUID) {
        check_add(checks, CHECK_OK, "product", "the report does not name its CPU");
    } else if (cpu == NULL || cert == NULL) {
        check_add(checks, CHECK_NOTE, "product",
                  "unknown: family %#x model %#x, certificate \"%s\"", r->cpuid_fam_id,
                  r->cpuid_mod_id, vek->product);
    } else if (strcmp(cpu, cert) != 0) {
        check_add(checks, CHECK_FAILED, "product",
                  "the report's CPU is a %s, the certificate's a %s", cpu, cert);
    } else {
        check_add(checks, CHECK_OK, "product", "%s", cpu);
    }
}

void verify(struct checks *checks, const void *report, size_t size, const struct chain *chain,
            const struct chain_rules *rules, const struct expect *expect, struct psp_report *out)
{
    struct vek vek;

    memset(out, 0, sizeof(*out));
    if (size != sizeof(*out)) {
        check_add(checks, CHECK_FAILED, "size", "a report has %zu bytes, this has %zu",
                  sizeof(*out), size);
        return;
    }
    memcpy(out, report, sizeof(*out));
    check_add(checks, CHECK_OK, "size", "%zu bytes", size);
    check_version(checks, out);
    check_reserved(checks, out);
    check_sense(checks, out);
    chain_check(checks, chain, rules);
    const char *fault = vek_read(chain->vek, &vek);
    check_add(checks, fault == NULL ? CHECK_OK : CHECK_FAILED, "extensions",
              "the certificate of the VCEK or VLEK %s", fault == NULL ? "can be read" : fault);
    signature_check_key(checks, out, &vek);
    signature_check(checks, out, chain->vek);
    check_chip(checks, out, &vek);
    check_product(checks, out, &vek);
    tcb_check(checks, out, &vek, &expect->least);
    expect_check(checks, out, expect);
}
