/* SPDX-License-Identifier: MIT */
/* First save areas. See vmsa.h. */
#include "vmsa.h"

#include <string.h>

#define CR0_PE UINT64_C(0x1)
#define CR0_ET UINT64_C(0x10)
#define CR0_NE UINT64_C(0x20)
#define CR0_WP UINT64_C(0x10000)
#define CR0_PG UINT64_C(0x80000000)
#define CR4_PAE UINT64_C(0x20)
#define EFER_LME UINT64_C(0x100)
#define EFER_LMA UINT64_C(0x400)
#define EFER_NXE UINT64_C(0x800)

#define FLAT_LIMIT UINT32_C(0xffffffff)
/* Present, ring 0: execute/read and read/write, both accessed. */
#define FLAT_CODE32 (VMSA_ATTRIB_P | VMSA_ATTRIB_S | 0xbu | VMSA_ATTRIB_DB | VMSA_ATTRIB_G)
#define FLAT_CODE (VMSA_ATTRIB_P | VMSA_ATTRIB_S | 0xbu | VMSA_ATTRIB_L | VMSA_ATTRIB_G)
#define FLAT_DATA (VMSA_ATTRIB_P | VMSA_ATTRIB_S | 0x3u | VMSA_ATTRIB_DB | VMSA_ATTRIB_G)

static struct vmsa_segment segment(uint16_t attrib)
{
    return (struct vmsa_segment){.attrib = attrib, .limit = VMSA_RESET_LIMIT};
}

void vmsa_reset(struct vmsa *vmsa, uint32_t eip, uint64_t features)
{
    memset(vmsa, 0, sizeof(*vmsa));
    vmsa->es = vmsa->ss = vmsa->ds = vmsa->fs = vmsa->gs = segment(VMSA_RESET_DATA_ATTRIB);
    vmsa->cs = segment(VMSA_RESET_CODE_ATTRIB);
    vmsa->cs.selector = VMSA_RESET_CS_SELECTOR;
    vmsa->cs.base = eip & 0xffff0000u;
    vmsa->gdtr = vmsa->idtr = segment(0);
    vmsa->ldtr = segment(VMSA_RESET_LDTR_ATTRIB);
    vmsa->tr = segment(VMSA_RESET_TR_ATTRIB);
    vmsa->efer = VMSA_RESET_EFER;
    vmsa->cr4 = VMSA_RESET_CR4_KVM;
    vmsa->cr0 = VMSA_RESET_CR0_KVM;
    vmsa->dr7 = VMSA_RESET_DR7;
    vmsa->dr6 = VMSA_RESET_DR6;
    vmsa->rflags = VMSA_RESET_RFLAGS;
    vmsa->rip = eip & 0xffffu;
    vmsa->g_pat = VMSA_RESET_G_PAT;
    vmsa->rdx = VMSA_SIGNATURE;
    vmsa->sev_features = features;
    vmsa->xcr0 = VMSA_RESET_XCR0;
    vmsa->mxcsr = VMSA_RESET_MXCSR;
    vmsa->x87_fcw = VMSA_RESET_X87_FCW_KVM;
}

/* All but CS, in ring 0. */
static void flat_data(struct vmsa *vmsa)
{
    vmsa->ds = (struct vmsa_segment){VMSA_SELECTOR_DATA, FLAT_DATA, FLAT_LIMIT, 0};
    vmsa->es = vmsa->ss = vmsa->fs = vmsa->gs = vmsa->ds;
}

void vmsa_protected_mode(struct vmsa *vmsa, uint32_t eip, uint64_t features)
{
    vmsa_reset(vmsa, 0, features);
    flat_data(vmsa);
    vmsa->cs = (struct vmsa_segment){VMSA_SELECTOR_CODE32, FLAT_CODE32, FLAT_LIMIT, 0};
    vmsa->cr0 = CR0_NE | CR0_ET | CR0_PE;
    vmsa->rip = eip;
    vmsa->rdx = 0;
}

void vmsa_long_mode(struct vmsa *vmsa, const struct vmsa_entry *entry, uint64_t features)
{
    vmsa_reset(vmsa, 0, features);
    vmsa->cs = (struct vmsa_segment){VMSA_SELECTOR_CODE, FLAT_CODE, FLAT_LIMIT, 0};
    flat_data(vmsa);
    vmsa->gdtr = (struct vmsa_segment){.limit = entry->gdt_limit, .base = entry->gdt};
    vmsa->efer = VMSA_RESET_EFER | EFER_LME | EFER_LMA | EFER_NXE;
    vmsa->cr4 = VMSA_RESET_CR4_KVM | CR4_PAE;
    vmsa->cr3 = entry->cr3;
    vmsa->cr0 = CR0_PG | CR0_WP | CR0_NE | CR0_ET | CR0_PE;
    vmsa->rip = entry->rip;
    vmsa->rsi = entry->rsi;
    vmsa->rdx = 0;
}
