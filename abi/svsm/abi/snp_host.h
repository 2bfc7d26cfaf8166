/* SPDX-License-Identifier: MIT */
/*
 * SEV-SNP as a host has it: entries of the RMP, MSRs, the bit of its page faults. Marks in
 * brackets: see snp.h.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

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

/* MSRs of a host. */
#define SNP_MSR_SYSCFG UINT32_C(0xc0010010)
#define SNP_MSR_VM_PAGE_FLUSH UINT32_C(0xc001011e)
#define SNP_MSR_RMP_BASE UINT32_C(0xc0010132)
#define SNP_MSR_RMP_END UINT32_C(0xc0010133)
#define SNP_MSR_RMP_CFG UINT32_C(0xc0010136) /* [patches] */
#define SNP_SYSCFG_MEM_ENCRYPT (UINT64_C(1) << 23)
#define SNP_SYSCFG_SNP (UINT64_C(1) << 24)
#define SNP_SYSCFG_VMPL (UINT64_C(1) << 25)

#define SNP_PF_RMP (UINT64_C(1) << 31) /* of a host's #PF */
