/* SPDX-License-Identifier: MIT */
/*
 * The save areas that the guest has registered: up to four for each vCPU, of which one is active;
 * the others are superseded ones that nobody deleted. (Firmware never deletes its own; Linux makes
 * the next one before it deletes the last.)
 *
 * One lock for each vCPU's record, held for a few instructions and never over anything that waits
 * for another vCPU: no flush, no mapping. Nobody holds two.
 */
#pragma once
#include <cdefs.h>
#include <guest/page.h>
#include <snp/snp.h>
#include <stdatomic.h>

#define REGISTRY_AREAS 4u /* of a vCPU */
#define REGISTRY_NONE UINT32_MAX
#define REGISTRY_NO_CA SIZE_MAX

struct registry_area {
    atomic_ullong taken; /* GPA of the save area and 1; 0: free. Who has claimed the page may rely
                            on it without the lock */
    struct vmsa *vmsa;   /* NULL: being created or deleted */
    gpa_t ca;            /* its calling area */
    size_t ca_index;     /* in the owner table, or REGISTRY_NO_CA */
    uint64_t number;     /* guest_call.area */
};

struct registry_vcpu {
    atomic_uint locked;
    uint32_t active;  /* area that the vCPU enters, or REGISTRY_NONE */
    uint32_t calling; /* area whose call has no answer yet, or REGISTRY_NONE */
    uint64_t numbers; /* given to areas so far */
    struct registry_area areas[REGISTRY_AREAS];
};

void registry_init(void);
/* vcpu < SVSM_VCPUS_MAX. */
[[nodiscard]] struct registry_vcpu *registry_lock(uint32_t vcpu);
void registry_unlock(struct registry_vcpu *r);

/* Number of an area for snp_vmsa_map(). */
[[nodiscard]] uint32_t registry_slot(uint32_t vcpu, uint32_t area);

/* The lock is held. A free area becomes the save area's, not ready yet. REGISTRY_NONE: all are in
 * use. */
[[nodiscard]] uint32_t registry_reserve(struct registry_vcpu *r, gpa_t vmsa);
void registry_free(struct registry_vcpu *r, uint32_t area);

/* The lock is held. Make the page a calling area of this vCPU (it may be that already, of any of
 * its save areas), and let go of an area's. */
[[nodiscard]] enum page_answer registry_ca_take(struct registry_vcpu *r, size_t ca_index);
void registry_ca_drop(struct registry_vcpu *r, uint32_t area);
/* The same for a page that no area has yet, after registry_ca_take(). */
void registry_ca_undo(struct registry_vcpu *r, size_t ca_index);

/* Whose is the save area? The caller has claimed its page, which is PAGE_VMSA. */
void registry_find(gpa_t vmsa, uint32_t *vcpu, uint32_t *area);
