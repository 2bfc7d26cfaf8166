/* SPDX-License-Identifier: MIT */
/* See registry.h. */
#include <guest/registry.h>

static struct registry_vcpu records[SVSM_VCPUS_MAX];

_Static_assert(REGISTRY_AREAS *SVSM_VCPUS_MAX == SNP_VMSA_SLOTS, "a slot for each area");

void registry_init(void)
{
    memset(records, 0, sizeof(records));
    for (size_t i = 0; i < SVSM_VCPUS_MAX; i++) {
        records[i].active = REGISTRY_NONE;
        records[i].calling = REGISTRY_NONE;
    }
}

struct registry_vcpu *registry_lock(uint32_t vcpu)
{
    struct registry_vcpu *r = &AT(records, vcpu);

    while (atomic_exchange_explicit(&r->locked, 1, memory_order_acquire) != 0) {
        __builtin_ia32_pause();
    }
    return r;
}

void registry_unlock(struct registry_vcpu *r)
{
    atomic_store_explicit(&r->locked, 0, memory_order_release);
}

uint32_t registry_slot(uint32_t vcpu, uint32_t area)
{
    return vcpu * REGISTRY_AREAS + area;
}

uint32_t registry_reserve(struct registry_vcpu *r, gpa_t vmsa)
{
    for (uint32_t i = 0; i < REGISTRY_AREAS; i++) {
        struct registry_area *a = &r->areas[i];
        if (atomic_load(&a->taken) == 0) {
            a->vmsa = NULL;
            a->ca_index = REGISTRY_NO_CA;
            a->number = ++r->numbers;
            atomic_store(&a->taken, vmsa.value | 1);
            return i;
        }
    }
    return REGISTRY_NONE;
}

void registry_free(struct registry_vcpu *r, uint32_t area)
{
    atomic_store(&AT(r->areas, area).taken, 0);
}

static bool has_ca(const struct registry_vcpu *r, size_t ca_index)
{
    for (uint32_t i = 0; i < REGISTRY_AREAS; i++) {
        if (atomic_load(&r->areas[i].taken) != 0 && r->areas[i].ca_index == ca_index) {
            return true;
        }
    }
    return false;
}

enum page_answer registry_ca_take(struct registry_vcpu *r, size_t ca_index)
{
    if (ca_index == REGISTRY_NO_CA || has_ca(r, ca_index)) {
        return PAGE_OK;
    }
    return page_try(ca_index, PAGE_ACT_CA_TAKE, PAGE_ONLY(PAGE_VALID));
}

void registry_ca_undo(struct registry_vcpu *r, size_t ca_index)
{
    if (ca_index != REGISTRY_NO_CA && !has_ca(r, ca_index)) {
        page_ca_drop(ca_index);
    }
}

void registry_ca_drop(struct registry_vcpu *r, uint32_t area)
{
    struct registry_area *a = &AT(r->areas, area);
    size_t ca_index = a->ca_index;

    a->ca_index = REGISTRY_NO_CA;
    registry_ca_undo(r, ca_index);
}

void registry_find(gpa_t vmsa, uint32_t *vcpu, uint32_t *area)
{
    uint32_t slot = 0;

    while (slot < SNP_VMSA_SLOTS &&
           atomic_load(&records[slot / REGISTRY_AREAS].areas[slot % REGISTRY_AREAS].taken) !=
               (vmsa.value | 1)) {
        slot++;
    }
    CHECK(slot < SNP_VMSA_SLOTS);
    *vcpu = slot / REGISTRY_AREAS;
    *area = slot % REGISTRY_AREAS;
}
