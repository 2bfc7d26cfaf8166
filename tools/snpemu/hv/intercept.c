/* SPDX-License-Identifier: MIT */
/*
 * The intercepts that KVM sets for an SNP guest, and those by which the emulator does what the CPU
 * lacks: #UD (PVALIDATE and its kin), writes to CR0 (the C-bit without paging), the MSRs of SEV;
 * and INT3, see swint.h.
 */
#include "intercept.h"
#include "memory.h"
#include <string.h>
#include <svsm/abi/snp.h>
#include <svsm/abi/vmexit.h>

#define VECTOR_UD 6u
#define CR8 8u

static const uint8_t exits[] = {
    VMEXIT_DR7_READ,
    VMEXIT_DR7_WRITE,
    VMEXIT_CR_WRITE + CR8,
    VMEXIT_EXCEPTION + VECTOR_UD,
    VMEXIT_INTR,
    VMEXIT_NMI,
    VMEXIT_SMI,
    VMEXIT_INIT,
    VMEXIT_CR0_SEL_WRITE,
    VMEXIT_RDPMC,
    VMEXIT_CPUID,
    VMEXIT_SWINT,
    VMEXIT_INVD,
    VMEXIT_HLT,
    VMEXIT_INVLPGA,
    VMEXIT_IOIO,
    VMEXIT_MSR,
    VMEXIT_SHUTDOWN,
    VMEXIT_VMRUN,
    VMEXIT_VMMCALL,
    VMEXIT_VMLOAD,
    VMEXIT_VMSAVE,
    VMEXIT_STGI,
    VMEXIT_CLGI,
    VMEXIT_SKINIT,
    VMEXIT_WBINVD,
    VMEXIT_MONITOR,
    VMEXIT_MWAIT,
};

/* Those that KVM passes through for SEV-ES, less what QEMU's CPU does not have. */
static const uint32_t free_msrs[] = {
    0x00000174, 0x00000175, 0x00000176,             /* SYSENTER_CS, _ESP, _EIP */
    0x00000277,                                     /* PAT */
    0xc0000080,                                     /* EFER */
    0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084, /* STAR, LSTAR, CSTAR, SFMASK */
    0xc0000100, 0xc0000101, 0xc0000102, 0xc0000103, /* FS, GS, KERNEL_GS base, TSC_AUX */
    0x00000048, 0x00000049,                         /* SPEC_CTRL, PRED_CMD */
};

static uint64_t iopm_pa, msrpm_pa;

void intercept_init(void)
{
    iopm_pa = memory_pages(SVM_IOPM_SIZE / PAGE_SIZE);
    msrpm_pa = memory_pages(SVM_MSRPM_SIZE / PAGE_SIZE);
    uint8_t *msrpm = memory_at(msrpm_pa);

    memset(memory_at(iopm_pa), 0xff, SVM_IOPM_SIZE);
    memset(msrpm, 0xff, SVM_MSRPM_SIZE);
    for (unsigned i = 0; i < sizeof(free_msrs) / sizeof(free_msrs[0]); i++) {
        uint32_t bit = svm_msrpm_bit(free_msrs[i]);
        msrpm[bit / 8] &= (uint8_t) ~(3u << bit % 8); /* reads and writes */
    }
}

void intercept_debug(struct vmcb_control *control, bool swapped)
{
    static const uint8_t debug[] = {VMEXIT_DR7_READ, VMEXIT_DR7_WRITE};

    for (unsigned i = 0; i < sizeof(debug); i++) {
        uint32_t *word = &control->intercepts[svm_intercept_word(debug[i])];
        uint32_t bit = svm_intercept_bit(debug[i]);
        *word = swapped ? *word & ~bit : *word | bit;
    }
}

void intercept_set(struct vmcb_control *control)
{
    for (unsigned i = 0; i < sizeof(exits); i++) {
        control->intercepts[svm_intercept_word(exits[i])] |= svm_intercept_bit(exits[i]);
    }
    control->iopm_base_pa = iopm_pa;
    control->msrpm_base_pa = msrpm_pa;
    control->vintr_ctrl = SVM_VINTR_MASKING;
}
