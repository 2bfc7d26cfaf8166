/* SPDX-License-Identifier: MIT */
/* A save area for code of this image, in the mode and with the tables of who asks. */
/* SAFETY: a test guest; each instruction is there for what it does, and its operands say what it
 * reads and writes. */
#include "conform.h"

uint64_t area_tsc_scale = UINT64_C(1) << 32;

#define SEL_CODE 0x08u
#define SEL_DATA 0x10u
#define SEL_TSS 0x30u
#define ATTRIB_CODE64 0xa9bu
#define ATTRIB_DATA 0xc93u
#define VECTORS 32u

extern uint64_t idt[], gdt[], gdt_end[], tss[];

uint64_t sev_features(void)
{
    return snp_features_of(msr_read(SNP_MSR_SEV_STATUS));
}

static struct vmsa_segment segment(uint16_t selector, uint16_t attrib, uint64_t base,
                                   uint32_t limit)
{
    return (struct vmsa_segment){
        .selector = selector, .attrib = attrib, .limit = limit, .base = base};
}

void area_fill(struct vmsa *v, unsigned vmpl, void (*main)(void), void *stack_end)
{
    v->es = segment(SEL_DATA, ATTRIB_DATA, 0, UINT32_MAX);
    v->ss = v->es;
    v->ds = v->es;
    v->fs = v->es;
    v->gs = v->es;
    v->cs = segment(SEL_CODE, ATTRIB_CODE64, 0, UINT32_MAX);
    v->gdtr = segment(0, 0, (uint64_t)gdt, (uint32_t)((uint8_t *)gdt_end - (uint8_t *)gdt - 1));
    v->idtr = segment(0, 0, (uint64_t)idt, VECTORS * 16 - 1);
    v->ldtr = segment(0, VMSA_RESET_LDTR_ATTRIB, 0, VMSA_RESET_LIMIT);
    v->tr = segment(SEL_TSS, VMSA_RESET_TR_ATTRIB, (uint64_t)tss, 0x67);
    v->vmpl = (uint8_t)vmpl;
    v->efer = msr_read(SNP_MSR_EFER) | SNP_EFER_SVME;
    asm volatile("mov %%cr0, %0" : "=r"(v->cr0));
    asm volatile("mov %%cr3, %0" : "=r"(v->cr3));
    asm volatile("mov %%cr4, %0" : "=r"(v->cr4));
    v->dr6 = VMSA_RESET_DR6;
    v->dr7 = VMSA_RESET_DR7;
    v->rflags = VMSA_RESET_RFLAGS;
    v->rip = (uint64_t)main;
    v->rsp = (uint64_t)stack_end - 8; /* as behind a call */
    v->g_pat = VMSA_RESET_G_PAT;
    v->xcr0 = VMSA_RESET_XCR0;
    v->mxcsr = VMSA_RESET_MXCSR;
    v->x87_ftw = VMSA_RESET_X87_FTW;
    v->x87_fcw = VMSA_RESET_X87_FCW;
    v->sev_features = sev_features();
    if (v->sev_features & SNP_FEATURE_SECURE_TSC) {
        v->guest_tsc_scale = area_tsc_scale;
    }
}
