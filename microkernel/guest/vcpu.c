/* SPDX-License-Identifier: MIT */
/*
 * See vcpu.h. While a save area is stopped (EFER.SVME clear) no CPU can run it, whatever the host
 * does, so what is in it stays: that is why it is stopped before the first look, and started again
 * as the last thing.
 */
#include <guest/vcpu.h>
#include <guest/page.h>
#include <guest/ram.h>
#include <guest/registry.h>
#include <svsm/abi/call.h>
#include <svsm/abi/svsm_protocol.h>
#include <svsm/abi/vmexit.h>

#define PENDING 1u
#define CA_HEAD 8u /* bytes of the calling area that are not the guest's own */

bool guest_enter(uint32_t vcpu, struct guest_vcpu *g)
{
    struct registry_vcpu *r = registry_lock(vcpu);
    bool any = r->active != REGISTRY_NONE;

    if (any) {
        struct registry_area *a = &AT(r->areas, r->active);
        *g = (struct guest_vcpu){{atomic_load(&a->taken) & ~UINT64_C(1)}};
        snp_vmsa_start(a->vmsa);
    }
    registry_unlock(r);
    return any;
}

bool vcpu_has_area(uint32_t vcpu)
{
    struct registry_vcpu *r = registry_lock(vcpu);
    bool any = r->active != REGISTRY_NONE;

    registry_unlock(r);
    return any;
}

/* With the lock. */
static enum vcpu_taken take(struct registry_vcpu *r, struct guest_call *call)
{
    struct registry_area *a = NULL;
    uint8_t pending = 0;

    if (r->active == REGISTRY_NONE) {
        return VCPU_EMPTY;
    }
    a = &AT(r->areas, r->active);
    /* Where the host runs it elsewhere just now, or the exit was for the host, or nobody called:
     * guest_enter() starts it again, nothing has changed. */
    if (!snp_vmsa_stop(a->vmsa) || a->vmsa->guest_exit_code != VMEXIT_VMGEXIT ||
        a->ca_index == REGISTRY_NO_CA || !snp_exchange_byte(a->ca, 0, &pending) || pending == 0) {
        return VCPU_NOTHING;
    }
    *call = (struct guest_call){
        .protocol = svsm_call_protocol(a->vmsa->rax),
        .call = svsm_call_number(a->vmsa->rax),
        .rcx = a->vmsa->rcx,
        .rdx = a->vmsa->rdx,
        .r8 = a->vmsa->r8,
        .r9 = a->vmsa->r9,
        .area = a->number,
    };
    r->calling = r->active;
    return pending == PENDING ? VCPU_CALL : VCPU_BAD;
}

enum vcpu_taken vcpu_take(uint32_t vcpu, struct guest_call *call)
{
    struct registry_vcpu *r = registry_lock(vcpu);
    enum vcpu_taken taken = take(r, call);

    registry_unlock(r);
    return taken;
}

void guest_answer(uint32_t vcpu, uint32_t result, unsigned mask, const uint64_t out[3])
{
    struct registry_vcpu *r = registry_lock(vcpu);

    if (r->calling != REGISTRY_NONE) {
        struct vmsa *vmsa = AT(r->areas, r->calling).vmsa;
        vmsa->rax = result;
        vmsa->rcx = (mask & SVSM_GUEST_RCX) != 0 ? out[0] : vmsa->rcx;
        vmsa->rdx = (mask & SVSM_GUEST_RDX) != 0 ? out[1] : vmsa->rdx;
        vmsa->r8 = (mask & SVSM_GUEST_R8) != 0 ? out[2] : vmsa->r8;
        if (r->calling != r->active) {
            snp_vmsa_start(vmsa); /* superseded meanwhile: guest_enter() will not do it */
        }
        r->calling = REGISTRY_NONE;
    }
    registry_unlock(r);
}

/* With the lock: the area that calls gets the page as its calling area. */
static uint32_t remap(struct registry_vcpu *r, gpa_t ca, size_t index)
{
    static const uint8_t zero[CA_HEAD];
    struct registry_area *a = NULL;
    enum page_answer answer = PAGE_OK;

    if (r->calling == REGISTRY_NONE) {
        return SVSM_SUCCESS; /* deleted meanwhile: nobody hears of it */
    }
    answer = registry_ca_take(r, index);
    if (answer != PAGE_OK) {
        return answer == PAGE_BUSY ? SVSM_ERR_BUSY : SVSM_ERR_INVALID_ADDRESS;
    }
    if (!snp_write(ca, zero, sizeof(zero))) {
        registry_ca_undo(r, index);
        return SVSM_ERR_INVALID_ADDRESS;
    }
    /* "Pending" of the old one is clear already: taking the call did that. */
    a = &AT(r->areas, r->calling);
    if (a->ca_index != index) {
        registry_ca_drop(r, r->calling);
        a->ca = ca;
        a->ca_index = index;
    }
    return SVSM_SUCCESS;
}

uint32_t vcpu_remap_ca(uint32_t vcpu, uint64_t gpa)
{
    size_t index = 0;
    struct registry_vcpu *r = NULL;
    uint32_t result = SVSM_SUCCESS;

    if (gpa % SNP_SIZE_4K != 0) {
        return SVSM_ERR_INVALID_PARAMETER;
    }
    if (!ram_index(gpa, 1, &index)) {
        return SVSM_ERR_INVALID_ADDRESS;
    }
    r = registry_lock(vcpu);
    result = remap(r, (gpa_t){gpa}, index);
    registry_unlock(r);
    return result;
}
