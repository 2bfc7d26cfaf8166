/* SPDX-License-Identifier: MIT */
/*
 * What CPUID says of SEV-SNP: leaf 8000_001F (SNP_CPUID_LEAF of snp.h) and what belongs to it in
 * 8000_0008. Marks in brackets: see snp.h.
 */
#pragma once
#include <stdint.h>

/* CPUID 8000_001F EAX. */
#define SNP_CPUID_SME (UINT32_C(1) << 0)
#define SNP_CPUID_SEV (UINT32_C(1) << 1)
#define SNP_CPUID_VM_PAGE_FLUSH (UINT32_C(1) << 2)
#define SNP_CPUID_SEV_ES (UINT32_C(1) << 3)
#define SNP_CPUID_SNP (UINT32_C(1) << 4)
#define SNP_CPUID_VMPL (UINT32_C(1) << 5)
#define SNP_CPUID_RMPQUERY (UINT32_C(1) << 6)
#define SNP_CPUID_VMPL_SSS (UINT32_C(1) << 7)
#define SNP_CPUID_SECURE_TSC (UINT32_C(1) << 8)
#define SNP_CPUID_TSC_AUX (UINT32_C(1) << 9)
#define SNP_CPUID_HW_COHERENT (UINT32_C(1) << 10)
#define SNP_CPUID_64BIT_HOST (UINT32_C(1) << 11)
#define SNP_CPUID_RESTRICTED_INJECTION (UINT32_C(1) << 12)
#define SNP_CPUID_ALTERNATE_INJECTION (UINT32_C(1) << 13)
#define SNP_CPUID_DEBUG_SWAP (UINT32_C(1) << 14)
#define SNP_CPUID_PREVENT_HOST_IBS (UINT32_C(1) << 15)
#define SNP_CPUID_VTE (UINT32_C(1) << 16)
#define SNP_CPUID_VMGEXIT_PARAMETER (UINT32_C(1) << 17)
#define SNP_CPUID_VIRTUAL_TOM (UINT32_C(1) << 18)
#define SNP_CPUID_IBS_VIRTUALIZATION (UINT32_C(1) << 19)
#define SNP_CPUID_PMC_VIRTUALIZATION (UINT32_C(1) << 20) /* [recalled] */
#define SNP_CPUID_RMPREAD (UINT32_C(1) << 21)            /* [patches] */
#define SNP_CPUID_GUEST_INTERCEPT (UINT32_C(1) << 22)    /* [one-source] */
#define SNP_CPUID_SEGMENTED_RMP (UINT32_C(1) << 23)
#define SNP_CPUID_VMSA_REG_PROT (UINT32_C(1) << 24)
#define SNP_CPUID_SMT_PROTECTION (UINT32_C(1) << 25)
#define SNP_CPUID_SECURE_AVIC (UINT32_C(1) << 26)
#define SNP_CPUID_ALLOWED_FEATURES (UINT32_C(1) << 27) /* [one-source] */
#define SNP_CPUID_SVSM (UINT32_C(1) << 28)             /* set by guests for themselves */
#define SNP_CPUID_NESTED (UINT32_C(1) << 29)
#define SNP_CPUID_HV_IN_USE_WRITE (UINT32_C(1) << 30) /* [one-source] */
#define SNP_CPUID_IBPB_ON_ENTRY (UINT32_C(1) << 31)   /* [recalled] */

/* CPUID 8000_001F EBX. */
#define SNP_CPUID_EBX_CBIT UINT32_C(0x3f)
#define SNP_CPUID_EBX_REDUCED_SHIFT 6 /* physical address bits that encryption takes */
#define SNP_CPUID_EBX_REDUCED_MASK UINT32_C(0x3f)
#define SNP_CPUID_EBX_VMPLS_SHIFT 12 /* 0 under KVM */
#define SNP_CPUID_EBX_VMPLS_MASK UINT32_C(0xf)
#define SNP_CPUID_EBX_COHERENCY_SFW_NO (UINT32_C(1) << 31)

#define SNP_CPUID_LEAF_ADDRESS UINT32_C(0x80000008)
#define SNP_CPUID_ADDRESS_EBX_INVLPGB (UINT32_C(1) << 3)
#define SNP_CPUID_ADDRESS_EDX_INVLPGB_MAX UINT32_C(0xffff) /* pages of one INVLPGB, less one */
