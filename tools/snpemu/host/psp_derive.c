/* SPDX-License-Identifier: MIT */
/*
 * MSG_KEY_REQ: keys derived for the guest. AMD does not publish the function; this is ours:
 *
 *   key = first 32 bytes of HMAC-SHA-384(root, "guest key" || 00h || struct context)
 *
 * root is the chip's VCEK root (from its seed), the provider's VLEK root, or the launch's VMRK. In
 * the context the fields that GUEST_FIELD_SELECT leaves out are zero; the selection itself is in
 * it, so that "left out" and "selected, and zero" are different keys. The VMPL is always in it. A
 * guest with the same seed, digest and request gets the same key in every run.
 */
#include <string.h>
#include "psp_internal.h"

#define FIELDS_V1 UINT64_C(0x3f)
#define FIELDS_V2 UINT64_C(0x7f)
#define ROOT_KNOWN (PSP_KEY_ROOT_VMRK | 3u << PSP_KEY_ROOT_SEL_SHIFT)

struct context {
    uint64_t field_select;
    uint32_t root; /* 0 VCEK, 1 VLEK, 2 VMRK */
    uint32_t vmpl;
    uint64_t policy;
    uint8_t image_id[16], family_id[16];
    uint8_t measurement[48];
    uint32_t guest_svn;
    uint32_t reserved;
    struct psp_tcb tcb_version;
    uint64_t launch_mit_vector;
};
_Static_assert(sizeof(struct context) == 0x80, "no padding: all of it is hashed");

static bool is_valid(const struct psp *psp, unsigned vmpl, const struct psp_key_req_v2 *request,
                     bool version2)
{
    const struct psp_key_req *r = &request->v1;

    return (r->root_key_select & ~ROOT_KNOWN) == 0 && r->reserved_004 == 0 &&
           (r->guest_field_select & ~(version2 ? FIELDS_V2 : FIELDS_V1)) == 0 && r->vmpl >= vmpl &&
           r->vmpl < PSP_KEYS && r->guest_svn <= psp->identity.guest_svn &&
           psp_tcb_within(&r->tcb_version, &psp->options.committed_tcb);
}

/* The root's bytes and its number in the context. */
static const uint8_t *choose_root(const struct psp *psp, uint32_t select, uint32_t *number,
                                  uint32_t *status)
{
    enum psp_signer signer = psp_signer_of(psp, select >> PSP_KEY_ROOT_SEL_SHIFT, status);

    if ((select & PSP_KEY_ROOT_VMRK) != 0) {
        *status = PSP_STATUS_SUCCESS; /* KEY_SEL says nothing about the VMRK */
        *number = 2;
        return psp->vmrk;
    }
    *number = signer;
    return signer == PSP_SIGNER_VLEK ? psp->vlek_root : psp->vcek_root;
}

static void fill_context(const struct psp *psp, const struct psp_key_req_v2 *request,
                         struct context *c)
{
    uint64_t fields = request->v1.guest_field_select;

    c->field_select = fields;
    c->vmpl = request->v1.vmpl;
    if ((fields & PSP_KEY_FIELD_POLICY) != 0) {
        c->policy = psp->options.policy;
    }
    if ((fields & PSP_KEY_FIELD_IMAGE_ID) != 0) {
        memcpy(c->image_id, psp->identity.image_id, sizeof(c->image_id));
    }
    if ((fields & PSP_KEY_FIELD_FAMILY_ID) != 0) {
        memcpy(c->family_id, psp->identity.family_id, sizeof(c->family_id));
    }
    if ((fields & PSP_KEY_FIELD_MEASUREMENT) != 0) {
        memcpy(c->measurement, psp->options.launch_digest, sizeof(c->measurement));
    }
    if ((fields & PSP_KEY_FIELD_GUEST_SVN) != 0) {
        c->guest_svn = request->v1.guest_svn;
    }
    if ((fields & PSP_KEY_FIELD_TCB_VERSION) != 0) {
        c->tcb_version = request->v1.tcb_version;
    }
    if ((fields & PSP_KEY_FIELD_LAUNCH_MIT_VECTOR) != 0) {
        c->launch_mit_vector = request->launch_mit_vector;
    }
}

size_t psp_derive_answer(const struct psp *psp, unsigned vmpl, const struct psp_key_req_v2 *request,
                         bool version2, struct psp_key_rsp *response)
{
    struct context context = {0};

    if (!is_valid(psp, vmpl, request, version2)) {
        response->status = PSP_STATUS_INVALID_PARAM;
        return sizeof(*response);
    }
    const uint8_t *root =
        choose_root(psp, request->v1.root_key_select, &context.root, &response->status);
    if (response->status != PSP_STATUS_SUCCESS) {
        return sizeof(*response);
    }
    fill_context(psp, request, &context);
    psp_crypto_derive(root, "guest key", &context, sizeof(context), response->derived_key,
                      sizeof(response->derived_key));
    return sizeof(*response);
}
