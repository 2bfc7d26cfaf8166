/* SPDX-License-Identifier: MIT */
/*
 * The machine below the measured code (snp/snp.h), as small as it can be: what an instruction does
 * on hardware is a store or nothing here, so that the figures are ring 0's own instructions. Memory
 * of the guest is one buffer from address 0 on. Clearing a page costs nothing: on hardware it is
 * 512 stores of 8 bytes and says nothing of our code.
 */
#include "seam.h"

#include <guest/guest.h>

uint8_t seam_memory[SEAM_MEMORY];
static struct vmsa save_area;

/* The guest's memory, or its save area, which lies in VMPL0's. */
static uint8_t *at(gpa_t gpa)
{
    return gpa.value < SEAM_MEMORY ? seam_memory + gpa.value
                                   : (uint8_t *)&save_area + gpa.value % sizeof(save_area);
}

uint32_t snp_pvalidate(gpa_t page, unsigned size, bool validate, bool *unchanged)
{
    (void)page;
    (void)size;
    (void)validate;
    *unchanged = false;
    return SNP_SUCCESS;
}

uint32_t snp_adjust(gpa_t page, unsigned size, uint64_t rdx)
{
    (void)page;
    (void)size;
    (void)rdx;
    return SNP_SUCCESS;
}

bool snp_read(void *dst, gpa_t src, size_t size)
{
    memcpy(dst, at(src), size);
    return true;
}

bool snp_write(gpa_t dst, const void *src, size_t size)
{
    memcpy(at(dst), src, size);
    return true;
}

bool snp_clear(gpa_t page, unsigned size)
{
    (void)page;
    (void)size;
    return true;
}

bool snp_exchange_byte(gpa_t where, uint8_t value, uint8_t *old)
{
    *old = __atomic_exchange_n(at(where), value, __ATOMIC_SEQ_CST);
    return true;
}

void snp_flush_guests(void)
{
}

struct vmsa *snp_vmsa_map(uint32_t slot, gpa_t page)
{
    (void)slot;
    (void)page;
    return &save_area;
}

void snp_vmsa_unmap(uint32_t slot)
{
    (void)slot;
}

bool snp_vmsa_stop(struct vmsa *vmsa)
{
    uint64_t efer = vmsa->efer;
    return __atomic_compare_exchange_n(&vmsa->efer, &efer, efer & ~SNP_EFER_SVME, false,
                                       __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

void snp_vmsa_start(struct vmsa *vmsa)
{
    __atomic_fetch_or(&vmsa->efer, SNP_EFER_SVME, __ATOMIC_SEQ_CST);
}

bool snp_vcpu_of_apic(uint32_t apic_id, uint32_t *vcpu)
{
    *vcpu = apic_id;
    return apic_id == 0;
}

void snp_kick(uint32_t vcpu)
{
    (void)vcpu;
}

bool guest_protocol_exists(uint32_t protocol)
{
    return protocol == 2;
}

struct vmsa *seam_save_area(void)
{
    return &save_area;
}
