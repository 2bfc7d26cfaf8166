/* SPDX-License-Identifier: MIT */
/*
 * CREATE_VCPU, whichever page the host puts there for each instruction, and whatever that answers:
 * what becomes a save area is the page that was looked at, and it is as it was then: no level but
 * ours had a right to it, and every vCPU had flushed. Afterwards the invariant of page.h holds in
 * the state that the page is left in; where it may still be marked as a save area and none is
 * registered, that is the one that nothing leads out of. Nothing is registered that was not looked
 * at.
 *
 * Assumes of the owner table that a claimed page was PAGE_VALID (guest_page.c); that it is so says
 * page_claim(). The registry may be full.
 */
#include <guest/rights.c>
#include <guest/hotplug.c>
#include "two_pages.h"

static struct registry_vcpu record;
static struct vmsa area;
static bool claimed, reserved, committed;
static enum page_state after;

bool ram_index(uint64_t gpa, uint64_t pages, size_t *index)
{
    *index = gpa / SNP_SIZE_4K;
    return any();
}

bool snp_vcpu_of_apic(uint32_t apic_id, uint32_t *vcpu)
{
    *vcpu = 0;
    return any();
}

enum page_answer page_claim(size_t index, size_t count, unsigned states, unsigned *had)
{
    __CPROVER_assert(!claimed && count == 1 && states == 1u << PAGE_VALID, "what may become one");
    claimed = any();
    *had = states;
    return claimed ? PAGE_OK : any() ? PAGE_BUSY : PAGE_REFUSED;
}

void page_release(size_t index, size_t count, enum page_state state)
{
    __CPROVER_assert(claimed && count == 1, "let go of once");
    claimed = false;
    after = state;
}

struct registry_vcpu *registry_lock(uint32_t vcpu)
{
    return &record;
}

void registry_unlock(struct registry_vcpu *r)
{
}

enum page_answer registry_ca_take(struct registry_vcpu *r, size_t ca_index)
{
    return any() ? PAGE_OK : PAGE_BUSY;
}

void registry_ca_undo(struct registry_vcpu *r, size_t ca_index)
{
}

void registry_ca_drop(struct registry_vcpu *r, uint32_t index)
{
}

uint32_t registry_reserve(struct registry_vcpu *r, gpa_t vmsa)
{
    reserved = any();
    return reserved ? 0 : REGISTRY_NONE;
}

void registry_free(struct registry_vcpu *r, uint32_t index)
{
    reserved = false;
}

uint32_t registry_slot(uint32_t vcpu, uint32_t index)
{
    return 0;
}

bool snp_read(void *dst, gpa_t src, size_t size)
{
    host_moves();
    if (!sides[there].validated) {
        return false;
    }
    __CPROVER_assert(sides[there].perms[2] == 0 && sides[there].perms[3] == 0 && flushed,
                     "looked at when nobody can write it");
    looked = there;
    for (size_t i = 0; i < size; i++) {
        uint8_t byte;
        ((uint8_t *)dst)[i] = byte;
    }
    return any();
}

void snp_flush_guests(void)
{
    flushed = true;
}

struct vmsa *snp_vmsa_map(uint32_t slot, gpa_t page)
{
    host_moves();
    return sides[there].validated && any() ? &area : NULL;
}

void snp_kick(uint32_t vcpu)
{
    __CPROVER_assert(!claimed && after == PAGE_VMSA, "told when it is there");
}

int main(void)
{
    uint64_t vmsa, ca, apic_id;

    machine_any(PAGE_VALID);
    after = PAGE_VALID;
    record.active = REGISTRY_NONE;

    uint32_t result = hotplug_create(vmsa, ca, apic_id);

    __CPROVER_assert(!claimed, "no claim is left");
    __CPROVER_assert(sound(after), "the invariant");
    __CPROVER_assert((result == SVSM_SUCCESS) == (after == PAGE_VMSA), "a save area on success");
    __CPROVER_assert((result == SVSM_SUCCESS) == (record.active == 0), "registered on success");
    __CPROVER_assert((result == SVSM_SUCCESS) == reserved, "nothing is left of a failure");
    if (result == SVSM_SUCCESS) {
        __CPROVER_assert(record.areas[0].vmsa == &area, "mapped");
        REACH("a save area");
    } else if (after == PAGE_DEAD) {
        REACH("lost");
    } else {
        REACH("refused");
    }
}
