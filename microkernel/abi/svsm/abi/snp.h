/* SPDX-License-Identifier: MIT */
/*
 * SEV-SNP as the CPU has it for a guest: the instructions that change the RMP, MSRs, features. A
 * host's part is in snp_host.h, CPUID in snp_cpuid.h. Definitions only, shared by ring 0, the
 * emulator, tools, tests and fuzzers.
 *
 * Where a fact comes from, here and in the other headers of hardware structures: the text of an
 * assertion names the document (APM2, APM3: AMD64 Architecture Programmer's Manual, volumes 2 and
 * 3; 56860: SNP firmware ABI; 56421: GHCB; 58019: SVSM) and the structure in it. Facts were checked
 * against several independent programs that run on hardware; where they were not, a mark says so:
 *   [one-source]  one program has it, no other contradicts it
 *   [patches]     public patches to the Linux kernel that were not merged when this was written
 *   [recalled]    from memory of AMD's manuals: probable, but test before relying on it
 *   [unsure]      sources disagree or nothing public says it
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define SNP_VMPLS 4u

/* Page sizes of PVALIDATE, RMPADJUST, RMPQUERY, RMPUPDATE and of SVSM requests. */
#define SNP_PAGE_4K 0u
#define SNP_PAGE_2M 1u
#define SNP_SIZE_4K UINT64_C(0x1000)
#define SNP_SIZE_2M UINT64_C(0x200000)

/* Permissions of a VMPL to a page. */
#define SNP_PERM_READ 0x01u
#define SNP_PERM_WRITE 0x02u
#define SNP_PERM_EXEC_USER 0x04u
#define SNP_PERM_EXEC_SUPERVISOR 0x08u
#define SNP_PERM_SHADOW_STACK 0x10u /* supervisor's, with VMPL SSS only [one-source] */
#define SNP_PERM_ALL 0x0fu

/*
 * Instructions.             bytes        RAX     RCX            RDX
 *   PVALIDATE   F2 0F 01 FF   VA      page size      1 validate, 0 rescind
 *   RMPADJUST   F3 0F 01 FE   VA      page size      SNP_RMPADJUST_*
 *   RMPQUERY    F3 0F 01 FD   VA      out: size      target VMPL; out: SNP_RMPADJUST_*
 *   PSMASH      F3 0F 01 FF   PA
 *   RMPUPDATE   F2 0F 01 FE   PA      struct *
 *   RMPREAD     F2 0F 01 FD   PA      struct *       [recalled]
 *   VMGEXIT     F3 0F 01 D9
 * All but VMGEXIT return a code in EAX. PVALIDATE sets CF if the page had that state already,
 * which only counts with code 0.
 */
#define SNP_SUCCESS 0u
#define SNP_FAIL_INPUT 1u
#define SNP_FAIL_PERMISSION 2u
#define SNP_FAIL_INUSE 3u
#define SNP_FAIL_OVERLAP 4u
#define SNP_FAIL_SIZEMISMATCH 6u

#define SNP_PVALIDATE_RESCIND 0u
#define SNP_PVALIDATE_VALIDATE 1u

#define SNP_RMPADJUST_VMPL UINT64_C(0xff)
#define SNP_RMPADJUST_PERM_SHIFT 8
#define SNP_RMPADJUST_PERM_MASK UINT64_C(0xff)
#define SNP_RMPADJUST_VMSA (UINT64_C(1) << 16)
#define SNP_RMPADJUST_RESERVED (~UINT64_C(0x11fff))

/* RDX of RMPADJUST; vmsa is 0 or SNP_RMPADJUST_VMSA. */
static inline uint64_t snp_rmpadjust(unsigned vmpl, unsigned perm, uint64_t vmsa)
{
    return vmpl | (uint64_t)perm << SNP_RMPADJUST_PERM_SHIFT | vmsa;
}

static inline unsigned snp_rmpadjust_vmpl(uint64_t rdx)
{
    return (unsigned)(rdx & SNP_RMPADJUST_VMPL);
}

static inline unsigned snp_rmpadjust_perm(uint64_t rdx)
{
    return (unsigned)(rdx >> SNP_RMPADJUST_PERM_SHIFT & SNP_RMPADJUST_PERM_MASK);
}

/* MSRs of a guest. */
#define SNP_MSR_EFER UINT32_C(0xc0000080)
#define SNP_MSR_TSC_AUX UINT32_C(0xc0000103)
#define SNP_MSR_GHCB UINT32_C(0xc0010130)
#define SNP_MSR_SEV_STATUS UINT32_C(0xc0010131)
#define SNP_MSR_GUEST_TSC_FREQ UINT32_C(0xc0010134) /* Secure TSC [patches] */
#define SNP_MSR_VIRTUAL_TOM UINT32_C(0xc0010135)    /* [recalled] */
#define SNP_MSR_SECURE_AVIC UINT32_C(0xc0010138)    /* [patches] */
#define SNP_MSR_SVSM_CAA UINT32_C(0xc001f000)       /* served by the guest's own #VC handler */
#define SNP_GUEST_TSC_FREQ_MHZ UINT64_C(0x3ffff)

/* SEV_FEATURES, in a VMSA. SEV_STATUS has the same bits two places up. */
#define SNP_FEATURE_SNP (UINT64_C(1) << 0)
#define SNP_FEATURE_VTOM (UINT64_C(1) << 1)
#define SNP_FEATURE_REFLECT_VC (UINT64_C(1) << 2)
#define SNP_FEATURE_RESTRICTED_INJECTION (UINT64_C(1) << 3)
#define SNP_FEATURE_ALTERNATE_INJECTION (UINT64_C(1) << 4)
#define SNP_FEATURE_DEBUG_SWAP (UINT64_C(1) << 5)
#define SNP_FEATURE_PREVENT_HOST_IBS (UINT64_C(1) << 6)
#define SNP_FEATURE_BTB_ISOLATION (UINT64_C(1) << 7)
#define SNP_FEATURE_VMPL_SSS (UINT64_C(1) << 8)
#define SNP_FEATURE_SECURE_TSC (UINT64_C(1) << 9)
#define SNP_FEATURE_VMGEXIT_PARAMETER (UINT64_C(1) << 10)
#define SNP_FEATURE_PMC_VIRTUALIZATION (UINT64_C(1) << 11)
#define SNP_FEATURE_IBS_VIRTUALIZATION (UINT64_C(1) << 12)
#define SNP_FEATURE_GUEST_INTERCEPT (UINT64_C(1) << 13) /* [one-source] */
#define SNP_FEATURE_VMSA_REG_PROT (UINT64_C(1) << 14)
#define SNP_FEATURE_SMT_PROTECTION (UINT64_C(1) << 15)
#define SNP_FEATURE_SECURE_AVIC (UINT64_C(1) << 16)
#define SNP_FEATURE_IBPB_ON_ENTRY (UINT64_C(1) << 21)
#define SNP_FEATURE_ALLOWED_VALID (UINT64_C(1) << 63) /* VMCB ALLOWED_SEV_FEATURES [one-source] */

#define SNP_STATUS_SEV (UINT64_C(1) << 0)
#define SNP_STATUS_SEV_ES (UINT64_C(1) << 1)
#define SNP_STATUS_FEATURE_SHIFT 2

static inline uint64_t snp_status_of(uint64_t features)
{
    return (features & ~SNP_FEATURE_ALLOWED_VALID) << SNP_STATUS_FEATURE_SHIFT | SNP_STATUS_SEV |
           SNP_STATUS_SEV_ES;
}

static inline uint64_t snp_features_of(uint64_t status)
{
    return status >> SNP_STATUS_FEATURE_SHIFT;
}

#define SNP_EFER_SVME (UINT64_C(1) << 12) /* a VMSA without it cannot run */

#define SNP_CPUID_LEAF UINT32_C(0x8000001f) /* its bits: snp_cpuid.h */

/* Vectors that SNP adds. */
#define SNP_VECTOR_HV 28u
#define SNP_VECTOR_VC 29u /* its error code is a VMEXIT_* */

/* Secure TSC: the mean frequency in kHz, from GUEST_TSC_FREQ and the TSC factor [patches]. */
static inline uint64_t snp_tsc_khz(uint64_t freq_msr, uint32_t factor)
{
    uint64_t khz = (freq_msr & SNP_GUEST_TSC_FREQ_MHZ) * 1000;

    return khz - khz * factor / 100000;
}
