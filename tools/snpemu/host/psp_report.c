/* SPDX-License-Identifier: MIT */
/* MSG_REPORT_REQ: attestation reports of versions 2 to 5. */
#include <string.h>
#include "psp_internal.h"

/* A failed response has its head only: STATUS, REPORT_SIZE and the reserved bytes [unsure]. */
#define FAILED_SIZE offsetof(struct psp_report_rsp, report)

/* KEY_SEL is two bits; 3 and the bits above are reserved. */
#define KEY_SEL_RESERVED 3u

enum psp_signer psp_signer_of(const struct psp *psp, uint32_t key_sel, uint32_t *status)
{
    bool wants_vlek =
        key_sel == PSP_KEY_SEL_VLEK || (key_sel == PSP_KEY_SEL_DEFAULT && psp->vlek != NULL);

    if (key_sel >= KEY_SEL_RESERVED) {
        *status = PSP_STATUS_INVALID_PARAM;
    } else if (wants_vlek ? psp->vlek == NULL : psp->options.vcek_disabled) {
        *status = PSP_STATUS_INVALID_KEY;
    } else {
        *status = PSP_STATUS_SUCCESS;
    }
    return wants_vlek ? PSP_SIGNER_VLEK : PSP_SIGNER_VCEK;
}

static void fill_launch(const struct psp *psp, struct psp_report *r)
{
    const struct psp_options *o = &psp->options;
    const struct psp_identity *id = &psp->identity;

    r->guest_svn = id->guest_svn;
    r->policy = o->policy;
    memcpy(r->family_id, id->family_id, sizeof(r->family_id));
    memcpy(r->image_id, id->image_id, sizeof(r->image_id));
    memcpy(r->measurement, o->launch_digest, sizeof(r->measurement));
    memcpy(r->host_data, o->host_data, sizeof(r->host_data));
    memcpy(r->id_key_digest, id->id_key_digest, sizeof(r->id_key_digest));
    memcpy(r->author_key_digest, id->author_key_digest, sizeof(r->author_key_digest));
    memcpy(r->report_id, psp->report_id, sizeof(r->report_id));
    memset(r->report_id_ma, 0xff, sizeof(r->report_id_ma)); /* no migration agent [recalled] */
    r->launch_tcb = o->launch_tcb;
}

static void fill_machine(const struct psp *psp, struct psp_report *r)
{
    const struct psp_options *o = &psp->options;
    const struct psp_cpu cpu = psp_cpu_of(o->product);

    r->current_tcb = o->current_tcb;
    r->committed_tcb = o->committed_tcb;
    r->reported_tcb = o->reported_tcb;
    r->platform_info = o->platform_info;
    r->current_major = r->committed_major = PSP_FIRMWARE_MAJOR;
    r->current_minor = r->committed_minor = PSP_FIRMWARE_MINOR;
    r->current_build = r->committed_build = PSP_FIRMWARE_BUILD;
    if (!o->mask_chip_key) {
        memcpy(r->chip_id, psp->chip_id, sizeof(r->chip_id));
    }
    if (o->report_version >= PSP_REPORT_VERSION_CPUID) {
        r->cpuid_fam_id = cpu.family;
        r->cpuid_mod_id = cpu.model;
        r->cpuid_step = cpu.stepping;
    }
    if (o->report_version >= PSP_REPORT_VERSION_MITIGATIONS) {
        r->launch_mit_vector = o->launch_mit_vector;
        r->current_mit_vector = o->current_mit_vector;
    }
}

/* The masked chip key leaves the VLEK alone. */
static bool sign(const struct psp *psp, enum psp_signer signer, struct psp_report *r)
{
    bool vlek = signer == PSP_SIGNER_VLEK, masked = psp->options.mask_chip_key && !vlek;
    unsigned name = masked ? PSP_SIGNING_NONE : vlek ? PSP_SIGNING_VLEK : PSP_SIGNING_VCEK;

    r->key_info = name << PSP_KEY_INFO_SIGNING_SHIFT;
    r->key_info |= psp->identity.author ? PSP_KEY_INFO_AUTHOR_KEY : 0;
    r->key_info |= psp->options.mask_chip_key ? PSP_KEY_INFO_MASK_CHIP_KEY : 0;
    return masked ||
           psp_crypto_sign(vlek ? psp->vlek : psp->vcek, r, PSP_REPORT_SIGNED_SIZE, &r->signature);
}

static bool reserved_is_zero(const struct psp_report_req *request)
{
    static const uint8_t zero[sizeof(request->reserved_048)];

    return memcmp(request->reserved_048, zero, sizeof(zero)) == 0;
}

size_t psp_report_answer(const struct psp *psp, unsigned vmpl, const struct psp_report_req *request,
                         struct psp_report_rsp *response)
{
    enum psp_signer signer = psp_signer_of(psp, request->key_sel, &response->status);

    if (request->vmpl < vmpl || request->vmpl >= PSP_KEYS || !reserved_is_zero(request)) {
        response->status = PSP_STATUS_INVALID_PARAM;
    }
    if (response->status != PSP_STATUS_SUCCESS) {
        return FAILED_SIZE;
    }
    struct psp_report *r = &response->report;
    r->version = psp->options.report_version;
    r->vmpl = request->vmpl;
    r->signature_algo = PSP_SIGN_ECDSA_P384_SHA384;
    memcpy(r->report_data, request->report_data, sizeof(r->report_data));
    fill_launch(psp, r);
    fill_machine(psp, r);
    response->report_size = sizeof(*r);
    return sign(psp, signer, r) ? sizeof(*response) : 0;
}
