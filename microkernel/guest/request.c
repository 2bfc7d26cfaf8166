/* SPDX-License-Identifier: MIT */
/* Calls of the guest: which one it is, and the core protocol's answer. */
#include <guest/guest.h>
#include <guest/hotplug.h>
#include <guest/pvalidate.h>
#include <guest/vcpu.h>
#include <svsm/abi/call.h>
#include <svsm/abi/svsm_protocol.h>

#define VERSION 1u /* of every protocol there is */

static uint64_t versions_of(uint64_t query)
{
    uint32_t protocol = (uint32_t)(query >> 32);
    bool has = protocol == SVSM_PROTOCOL_CORE || guest_protocol_exists(protocol);

    return has && (uint32_t)query == VERSION ? svsm_versions(VERSION, VERSION) : 0;
}

/* A guest has no vTOM: it uses the C-bit. */
static uint32_t vtom(uint64_t rcx)
{
    return rcx == SVSM_VTOM_QUERY ? SVSM_SUCCESS : SVSM_ERR_INVALID_REQUEST;
}

/* The result; what the call returns in RCX, and `mask` says whether it does. */
static uint32_t core(uint32_t vcpu, const struct guest_call *call, unsigned *mask, uint64_t *rcx)
{
    uint32_t result = SVSM_SUCCESS;

    switch (call->call) {
    case SVSM_CORE_REMAP_CA:
        return vcpu_remap_ca(vcpu, call->rcx);
    case SVSM_CORE_PVALIDATE:
        return pvalidate_call(call->rcx);
    case SVSM_CORE_CREATE_VCPU:
        return hotplug_create(call->rcx, call->rdx, call->r8);
    case SVSM_CORE_DELETE_VCPU:
        return hotplug_delete(call->rcx);
    case SVSM_CORE_QUERY_PROTOCOL:
        *mask = SVSM_GUEST_RCX;
        *rcx = versions_of(call->rcx);
        return SVSM_SUCCESS;
    case SVSM_CORE_CONFIGURE_VTOM:
        result = vtom(call->rcx);
        *mask = result == SVSM_SUCCESS ? SVSM_GUEST_RCX : 0;
        return result;
    default: /* among them DEPOSIT_MEM and WITHDRAW_MEM: all memory is fixed when the image is */
        return SVSM_ERR_UNSUPPORTED_CALL;
    }
}

enum guest_next guest_request(uint32_t vcpu, struct guest_call *call)
{
    enum vcpu_taken taken = vcpu_take(vcpu, call);
    uint64_t out[3] = {0};
    unsigned mask = 0;
    uint32_t result = SVSM_ERR_INVALID_FORMAT;

    if (taken == VCPU_EMPTY || taken == VCPU_NOTHING) {
        return taken == VCPU_EMPTY ? GUEST_IDLE : GUEST_RUN;
    }
    if (taken == VCPU_CALL) {
        if (call->protocol != SVSM_PROTOCOL_CORE) {
            return GUEST_CALL;
        }
        result = core(vcpu, call, &mask, &out[0]);
    }
    guest_answer(vcpu, result, mask, out);
    return vcpu_has_area(vcpu) ? GUEST_RUN : GUEST_IDLE;
}
