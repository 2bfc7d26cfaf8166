/* SPDX-License-Identifier: MIT */
/*
 * See hotplug.h. The page of a save area is claimed from before its rights are revoked until it is
 * registered or given back, so no other call can have it meanwhile. Its contents are looked at when
 * nobody can change them any more: rights revoked, and every vCPU flushed, for a translation that
 * the guest still holds would let it write behind our back.
 */
#include <guest/hotplug.h>
#include <guest/page.h>
#include <guest/ram.h>
#include <guest/registry.h>
#include <guest/rights.h>
#include <svsm/abi/svsm_protocol.h>

static uint64_t area_features;

/* What a CREATE has got hold of so far. */
struct creation {
    gpa_t vmsa, ca;
    size_t index, ca_index;
    uint32_t vcpu, area;
    struct vmsa *map;
};

void hotplug_init(uint64_t features)
{
    area_features = features;
}

static uint32_t of_answer(enum page_answer answer)
{
    if (answer == PAGE_OK) {
        return SVSM_SUCCESS;
    }
    return answer == PAGE_BUSY ? SVSM_ERR_BUSY : SVSM_ERR_INVALID_ADDRESS;
}

/* Decode: no effect. */
static uint32_t decode(uint64_t vmsa, uint64_t ca, uint64_t apic_id, struct creation *c)
{
    if (vmsa % SNP_SIZE_4K != 0 || ca % SNP_SIZE_4K != 0) {
        return SVSM_ERR_INVALID_PARAMETER;
    }
    *c = (struct creation){.vmsa = {vmsa}, .ca = {ca}};
    if (vmsa == ca || !ram_index(vmsa, 1, &c->index) || !ram_index(ca, 1, &c->ca_index)) {
        return SVSM_ERR_INVALID_ADDRESS;
    }
    return snp_vcpu_of_apic((uint32_t)(apic_id & UINT32_MAX), &c->vcpu)
               ? SVSM_SUCCESS
               : SVSM_ERR_INVALID_PARAMETER;
}

/* An area of the vCPU, and its calling area. The save area's page is claimed. */
static uint32_t reserve(struct creation *c)
{
    struct registry_vcpu *r = registry_lock(c->vcpu);
    uint32_t result = of_answer(registry_ca_take(r, c->ca_index));

    if (result == SVSM_SUCCESS) {
        c->area = registry_reserve(r, c->vmsa);
        if (c->area != REGISTRY_NONE) {
            AT(r->areas, c->area).ca = c->ca;
            AT(r->areas, c->area).ca_index = c->ca_index;
        } else {
            registry_ca_undo(r, c->ca_index);
            result = SVSM_ERR_INVALID_REQUEST; /* the guest never deletes any */
        }
    }
    registry_unlock(r);
    return result;
}

static void unreserve(const struct creation *c)
{
    struct registry_vcpu *r = registry_lock(c->vcpu);

    registry_ca_drop(r, c->area);
    registry_free(r, c->area);
    registry_unlock(r);
}

/* Is this what a save area of the guest has to be? Nobody else can write the page. */
static uint32_t look(gpa_t page)
{
    uint8_t vmpl = 0;
    uint64_t efer = 0;
    uint64_t features = 0;

    if (!snp_read(&vmpl, (gpa_t){page.value + offsetof(struct vmsa, vmpl)}, sizeof(vmpl)) ||
        !snp_read(&efer, (gpa_t){page.value + offsetof(struct vmsa, efer)}, sizeof(efer)) ||
        !snp_read(&features, (gpa_t){page.value + offsetof(struct vmsa, sev_features)},
                  sizeof(features))) {
        return SVSM_ERR_INVALID_ADDRESS;
    }
    return vmpl == SNP_IMAGE_GUEST_VMPL && (efer & SNP_EFER_SVME) != 0 && features == area_features
               ? SVSM_SUCCESS
               : SVSM_ERR_INVALID_PARAMETER;
}

/* Mark the page as a save area that the guest may touch as `rdx` says, and map it. */
static uint32_t mark(struct creation *c, uint64_t rdx)
{
    uint32_t eax = snp_adjust(c->vmsa, SNP_PAGE_4K, rdx);

    if (eax != SNP_SUCCESS) {
        return rights_result(eax);
    }
    c->map = snp_vmsa_map(registry_slot(c->vcpu, c->area), c->vmsa);
    return c->map != NULL ? SVSM_SUCCESS : SVSM_ERR_INVALID_ADDRESS;
}

/* Make the page VMPL0's, and only then look at it. */
static uint32_t convert(struct creation *c)
{
    uint32_t result = rights_result(rights_revoke(c->vmsa, SNP_PAGE_4K));

    if (result == SVSM_SUCCESS) {
        snp_flush_guests();
        result = look(c->vmsa);
    }
    return result == SVSM_SUCCESS ? mark(c, RIGHTS_VMSA) : result;
}

/* The guest gets its page back as it was. Where the host does not let us the page may be marked as
 * a save area still, which nobody may write as the guest's memory: it is lost to the guest. */
static enum page_state give_back(const struct creation *c)
{
    return snp_adjust(c->vmsa, SNP_PAGE_4K, RIGHTS_ALL) == SNP_SUCCESS ? PAGE_VALID : PAGE_DEAD;
}

static void commit(const struct creation *c)
{
    struct registry_vcpu *r = registry_lock(c->vcpu);

    AT(r->areas, c->area).vmsa = c->map;
    r->active = c->area;
    registry_unlock(r);
}

uint32_t hotplug_create(uint64_t vmsa, uint64_t ca, uint64_t apic_id)
{
    struct creation c;
    unsigned had = 0;
    enum page_state state = PAGE_VALID;
    uint32_t result = decode(vmsa, ca, apic_id, &c);

    if (result == SVSM_SUCCESS) {
        result = of_answer(page_claim(c.index, 1, PAGE_ONLY(PAGE_VALID), &had));
    }
    if (result != SVSM_SUCCESS) {
        return result;
    }
    result = reserve(&c);
    if (result == SVSM_SUCCESS) {
        result = convert(&c);
        if (result == SVSM_SUCCESS) {
            commit(&c); /* the commit point */
            state = PAGE_VMSA;
        } else {
            state = give_back(&c);
            unreserve(&c);
        }
    }
    page_release(c.index, 1, state);
    if (result == SVSM_SUCCESS) {
        snp_kick(c.vcpu);
    }
    return result;
}

/* With the lock: the area can run no more, and its page is the guest's. */
static uint32_t detach(struct registry_vcpu *r, uint32_t area, gpa_t vmsa)
{
    struct registry_area *a = &AT(r->areas, area);
    uint32_t eax = SNP_FAIL_INUSE;

    if (snp_vmsa_stop(a->vmsa)) {
        eax = snp_adjust(vmsa, SNP_PAGE_4K, RIGHTS_ALL);
        if (eax != SNP_SUCCESS && r->calling != area) {
            snp_vmsa_start(a->vmsa);
        }
    }
    if (eax != SNP_SUCCESS) {
        return rights_result(eax);
    }
    a->vmsa = NULL; /* the commit point */
    r->active = r->active == area ? REGISTRY_NONE : r->active;
    r->calling = r->calling == area ? REGISTRY_NONE : r->calling;
    registry_ca_drop(r, area);
    return SVSM_SUCCESS;
}

uint32_t hotplug_delete(uint64_t vmsa)
{
    size_t index = 0;
    unsigned had = 0;
    uint32_t vcpu = 0;
    uint32_t area = 0;
    uint32_t result = SVSM_SUCCESS;
    struct registry_vcpu *r = NULL;
    enum page_answer answer = PAGE_REFUSED;

    if (ram_index(vmsa, 1, &index)) {
        answer = page_claim(index, 1, PAGE_ONLY(PAGE_VMSA), &had);
    }
    if (answer != PAGE_OK) {
        return answer == PAGE_BUSY ? SVSM_ERR_BUSY : SVSM_ERR_INVALID_PARAMETER;
    }
    registry_find((gpa_t){vmsa}, &vcpu, &area);
    r = registry_lock(vcpu);
    result = detach(r, area, (gpa_t){vmsa});
    registry_unlock(r);
    if (result == SVSM_SUCCESS) {
        snp_vmsa_unmap(registry_slot(vcpu, area));
        snp_flush_guests();
        r = registry_lock(vcpu);
        registry_free(r, area);
        registry_unlock(r);
    }
    page_release(index, 1, result == SVSM_SUCCESS ? PAGE_VALID : PAGE_VMSA);
    return result;
}

enum status hotplug_first(uint64_t vmsa, uint64_t ca)
{
    static const uint64_t zero;
    struct creation c = {.vmsa = {vmsa}, .ca = {ca}, .ca_index = REGISTRY_NO_CA};

    if (ca != 0 && !ram_index(ca, 1, &c.ca_index)) {
        return ERR_ADDRESS;
    }
    if (reserve(&c) != SVSM_SUCCESS || (ca != 0 && !snp_write(c.ca, &zero, sizeof(zero)))) {
        return ERR_ADDRESS;
    }
    if (look(c.vmsa) != SVSM_SUCCESS ||
        mark(&c, snp_rmpadjust(SNP_IMAGE_GUEST_VMPL, 0, SNP_RMPADJUST_VMSA)) != SVSM_SUCCESS) {
        return ERR_PARAMETER;
    }
    commit(&c);
    return OK;
}
