/* SPDX-License-Identifier: MIT */
/*
 * SEV-SNP as the CPU has it: the RMP, the instructions that change it, MSRs, features, CPUID bits.
 * Definitions only, shared by ring 0, the emulator, tools, tests and fuzzers.
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

/* What RMPUPDATE takes and RMPREAD gives: the architectural view of an RMP entry. */
struct snp_rmp_state {
    uint64_t gpa;
    uint8_t assigned;  /* 0 or 1 */
    uint8_t page_size; /* SNP_PAGE_*; RMPREAD: also SNP_RMPREAD_SUBPAGES */
    uint8_t immutable; /* 0 or 1 */
    uint8_t reserved_00b;
    uint32_t asid;
};
_Static_assert(sizeof(struct snp_rmp_state) == 16, "APM3-RMPUPDATE");
_Static_assert(offsetof(struct snp_rmp_state, gpa) == 0x000, "APM3-RMPUPDATE");
_Static_assert(offsetof(struct snp_rmp_state, assigned) == 0x008, "APM3-RMPUPDATE");
_Static_assert(offsetof(struct snp_rmp_state, page_size) == 0x009, "APM3-RMPUPDATE");
_Static_assert(offsetof(struct snp_rmp_state, immutable) == 0x00a, "APM3-RMPUPDATE");
_Static_assert(offsetof(struct snp_rmp_state, reserved_00b) == 0x00b, "APM3-RMPUPDATE");
_Static_assert(offsetof(struct snp_rmp_state, asid) == 0x00c, "APM3-RMPUPDATE");
#define SNP_RMPREAD_SUBPAGES 0x02u /* of page_size: other pages of the 2 MiB are assigned */

/*
 * An entry in memory, as Zen 3 and Zen 4 have it [one-source: Linux, which asks for these CPUs by
 * family and model]. The table begins SNP_RMP_BOOKKEEPING bytes behind RMP_BASE.
 */
struct snp_rmp_raw {
    uint64_t low;  /* SNP_RMP_RAW_* */
    uint64_t high; /* permissions, not described in public; [unsure] */
};
_Static_assert(sizeof(struct snp_rmp_raw) == 16, "PPR-RMP-entry");
_Static_assert(offsetof(struct snp_rmp_raw, low) == 0x000, "PPR-RMP-entry");
_Static_assert(offsetof(struct snp_rmp_raw, high) == 0x008, "PPR-RMP-entry [unsure]");
#define SNP_RMP_BOOKKEEPING UINT64_C(0x4000)
#define SNP_RMP_RAW_ASSIGNED (UINT64_C(1) << 0)
#define SNP_RMP_RAW_2M (UINT64_C(1) << 1)
#define SNP_RMP_RAW_IMMUTABLE (UINT64_C(1) << 2)
#define SNP_RMP_RAW_GPA UINT64_C(0x0007fffffffff000)
#define SNP_RMP_RAW_ASID_SHIFT 51
#define SNP_RMP_RAW_ASID_MASK UINT64_C(0x3ff)
#define SNP_RMP_RAW_VMSA (UINT64_C(1) << 61)
#define SNP_RMP_RAW_VALIDATED (UINT64_C(1) << 62)

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

/* MSRs of a host. */
#define SNP_MSR_SYSCFG UINT32_C(0xc0010010)
#define SNP_MSR_VM_PAGE_FLUSH UINT32_C(0xc001011e)
#define SNP_MSR_RMP_BASE UINT32_C(0xc0010132)
#define SNP_MSR_RMP_END UINT32_C(0xc0010133)
#define SNP_MSR_RMP_CFG UINT32_C(0xc0010136) /* [patches] */
#define SNP_SYSCFG_MEM_ENCRYPT (UINT64_C(1) << 23)
#define SNP_SYSCFG_SNP (UINT64_C(1) << 24)
#define SNP_SYSCFG_VMPL (UINT64_C(1) << 25)

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

/* CPUID 8000_001F EAX. */
#define SNP_CPUID_LEAF UINT32_C(0x8000001f)
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

/* Vectors that SNP adds, and page fault bits. */
#define SNP_VECTOR_HV 28u
#define SNP_VECTOR_VC 29u              /* its error code is a VMEXIT_* */
#define SNP_PF_RMP (UINT64_C(1) << 31) /* of a host's #PF */

/* Secure TSC: the mean frequency in kHz, from GUEST_TSC_FREQ and the TSC factor [patches]. */
static inline uint64_t snp_tsc_khz(uint64_t freq_msr, uint32_t factor)
{
    uint64_t khz = (freq_msr & SNP_GUEST_TSC_FREQ_MHZ) * 1000;

    return khz - khz * factor / 100000;
}
