/* SPDX-License-Identifier: MIT */
/*
 * AMD-V as a hypervisor uses it: the VMCB, its intercepts, event injection, permission maps. The
 * emulator of the SNP machine is such a hypervisor; ring 0 needs the event format only.
 * Marks in brackets: see snp.h.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <svsm/abi/vmsa.h>

struct vmcb_control {
    uint32_t intercepts[6]; /* indexed by svm_intercept_word() */
    uint8_t reserved_018[36];
    uint16_t pause_filter_threshold;
    uint16_t pause_filter_count;
    uint64_t iopm_base_pa;
    uint64_t msrpm_base_pa;
    uint64_t tsc_offset; /* ignored by a guest with Secure TSC */
    uint32_t guest_asid;
    uint8_t tlb_control; /* SVM_TLB_* */
    uint8_t reserved_05d[3];
    uint32_t vintr_ctrl; /* SVM_VINTR_* */
    uint32_t vintr_vector;
    uint32_t int_state; /* SVM_INT_STATE_* */
    uint32_t reserved_06c;
    uint64_t exitcode; /* VMEXIT_* */
    uint64_t exitinfo1;
    uint64_t exitinfo2;
    uint64_t exitintinfo; /* SVM_EVENT_* */
    uint64_t nested_ctl;  /* SVM_NESTED_* */
    uint64_t avic_apic_bar;
    uint64_t ghcb_gpa; /* the guest's MSR C001_0130 */
    uint64_t eventinj; /* SVM_EVENT_* */
    uint64_t n_cr3;
    uint64_t virt_ext;   /* SVM_VIRT_EXT_* */
    uint32_t clean_bits; /* SVM_CLEAN_* */
    uint32_t reserved_0c4;
    uint64_t next_rip;
    uint8_t insn_len;
    uint8_t insn_bytes[15]; /* not filled for an encrypted guest */
    uint64_t avic_backing_page;
    uint64_t reserved_0e8;
    uint64_t avic_logical_table;
    uint64_t avic_physical_table;
    uint64_t reserved_100;
    uint64_t vmsa_pa; /* without C-bit */
    uint8_t reserved_110[40];
    uint64_t allowed_sev_features; /* with SNP_FEATURE_ALLOWED_VALID; newer CPUs; [patches] */
    uint8_t reserved_140[672];
    uint8_t hv_software[32];
};

/*
 * The state of a guest without SEV-ES. VMRUN does not touch FS, GS, LDTR, TR, KERNEL_GS_BASE, STAR
 * and its kin, and SYSENTER_*: VMLOAD and VMSAVE do.
 */
struct vmcb_save {
    struct vmsa_segment es;
    struct vmsa_segment cs;
    struct vmsa_segment ss;
    struct vmsa_segment ds;
    struct vmsa_segment fs;
    struct vmsa_segment gs;
    struct vmsa_segment gdtr; /* limit and base only */
    struct vmsa_segment ldtr;
    struct vmsa_segment idtr; /* limit and base only */
    struct vmsa_segment tr;
    uint8_t reserved_0a0[43];
    uint8_t cpl;
    uint8_t reserved_0cc[4];
    uint64_t efer;
    uint8_t reserved_0d8[112];
    uint64_t cr4;
    uint64_t cr3;
    uint64_t cr0;
    uint64_t dr7;
    uint64_t dr6;
    uint64_t rflags;
    uint64_t rip;
    uint8_t reserved_180[88];
    uint64_t rsp;
    uint64_t s_cet;
    uint64_t ssp;
    uint64_t isst_addr;
    uint64_t rax;
    uint64_t star;
    uint64_t lstar;
    uint64_t cstar;
    uint64_t sfmask;
    uint64_t kernel_gs_base;
    uint64_t sysenter_cs;
    uint64_t sysenter_esp;
    uint64_t sysenter_eip;
    uint64_t cr2;
    uint8_t reserved_248[32];
    uint64_t g_pat;
    uint64_t dbgctl;
    uint64_t br_from;
    uint64_t br_to;
    uint64_t last_excp_from;
    uint64_t last_excp_to;
    uint8_t reserved_298[72];
    uint64_t spec_ctrl;
    uint8_t reserved_2e8[2328];
};

struct vmcb {
    struct vmcb_control control;
    struct vmcb_save save;
};

/* Bit c % 32 of word c / 32 intercepts what exits with code c, for the codes below c0h. */
#define SVM_INTERCEPT_CODES 0x0c0u

static inline unsigned svm_intercept_word(unsigned code)
{
    return code / 32;
}

static inline uint32_t svm_intercept_bit(unsigned code)
{
    return UINT32_C(1) << code % 32;
}

/* TLB_CONTROL. */
#define SVM_TLB_NOTHING 0u
#define SVM_TLB_FLUSH_ALL 1u
#define SVM_TLB_FLUSH_ASID 3u
#define SVM_TLB_FLUSH_ASID_LOCAL 7u

/* V_INTR control, the word at 60h. */
#define SVM_VINTR_TPR UINT32_C(0xff)
#define SVM_VINTR_IRQ (UINT32_C(1) << 8)
#define SVM_VINTR_GIF (UINT32_C(1) << 9)
#define SVM_VINTR_NMI (UINT32_C(1) << 11)
#define SVM_VINTR_NMI_MASK (UINT32_C(1) << 12)
#define SVM_VINTR_PRIO_SHIFT 16
#define SVM_VINTR_PRIO_MASK UINT32_C(0xf)
#define SVM_VINTR_IGN_TPR (UINT32_C(1) << 20)
#define SVM_VINTR_MASKING (UINT32_C(1) << 24)
#define SVM_VINTR_GIF_ENABLE (UINT32_C(1) << 25)
#define SVM_VINTR_NMI_ENABLE (UINT32_C(1) << 26)
#define SVM_VINTR_X2AVIC (UINT32_C(1) << 30)
#define SVM_VINTR_AVIC (UINT32_C(1) << 31)

#define SVM_INT_STATE_SHADOW (UINT32_C(1) << 0)
#define SVM_INT_STATE_GUEST_IF (UINT32_C(1) << 1) /* RFLAGS.IF of an SEV-ES guest */

#define SVM_NESTED_NP (UINT64_C(1) << 0)
#define SVM_NESTED_SEV (UINT64_C(1) << 1)
#define SVM_NESTED_SEV_ES (UINT64_C(1) << 2)

#define SVM_VIRT_EXT_LBR (UINT64_C(1) << 0) /* must be on for SEV-ES */
#define SVM_VIRT_EXT_VMLOAD_VMSAVE (UINT64_C(1) << 1)

/* A clear bit makes VMRUN read that part again. */
#define SVM_CLEAN_INTERCEPTS (UINT32_C(1) << 0)
#define SVM_CLEAN_PERMISSION_MAPS (UINT32_C(1) << 1)
#define SVM_CLEAN_ASID (UINT32_C(1) << 2)
#define SVM_CLEAN_TPR (UINT32_C(1) << 3)
#define SVM_CLEAN_NESTED (UINT32_C(1) << 4)
#define SVM_CLEAN_CR (UINT32_C(1) << 5)
#define SVM_CLEAN_DR (UINT32_C(1) << 6)
#define SVM_CLEAN_DT (UINT32_C(1) << 7)
#define SVM_CLEAN_SEGMENTS (UINT32_C(1) << 8)
#define SVM_CLEAN_CR2 (UINT32_C(1) << 9)
#define SVM_CLEAN_LBR (UINT32_C(1) << 10)
#define SVM_CLEAN_AVIC (UINT32_C(1) << 11)

/* EVENTINJ and EXITINTINFO; also EVENT_INJ of a VMSA and SW_EXITINFO2 of a refused GHCB event. */
#define SVM_EVENT_VECTOR UINT64_C(0xff)
#define SVM_EVENT_TYPE (UINT64_C(7) << 8)
#define SVM_EVENT_EXTERNAL (UINT64_C(0) << 8)
#define SVM_EVENT_NMI (UINT64_C(2) << 8)
#define SVM_EVENT_EXCEPTION (UINT64_C(3) << 8)
#define SVM_EVENT_SOFTWARE (UINT64_C(4) << 8)
#define SVM_EVENT_HAS_ERROR (UINT64_C(1) << 11)
#define SVM_EVENT_RESERVED UINT64_C(0x7ffff000)
#define SVM_EVENT_VALID (UINT64_C(1) << 31)
#define SVM_EVENT_ERROR_SHIFT 32

static inline uint64_t svm_event(uint64_t type, uint8_t vector)
{
    return SVM_EVENT_VALID | type | vector;
}

static inline uint64_t svm_event_with_error(uint64_t type, uint8_t vector, uint32_t error)
{
    return svm_event(type, vector) | SVM_EVENT_HAS_ERROR | (uint64_t)error << SVM_EVENT_ERROR_SHIFT;
}

static inline uint32_t svm_event_error(uint64_t event)
{
    return (uint32_t)(event >> SVM_EVENT_ERROR_SHIFT);
}

/* MSRs of a host. */
#define SVM_MSR_VM_CR UINT32_C(0xc0010114)
#define SVM_MSR_VM_HSAVE_PA UINT32_C(0xc0010117)
#define SVM_MSR_TSC_RATIO UINT32_C(0xc0000104)
#define SVM_VM_CR_SVMDIS (UINT64_C(1) << 4)
#define SVM_TSC_RATIO_ONE (UINT64_C(1) << 32)

/* CPUID 8000_000A: features in EDX. */
#define SVM_CPUID_LEAF UINT32_C(0x8000000a)
#define SVM_CPUID_NP (UINT32_C(1) << 0)
#define SVM_CPUID_LBR_VIRT (UINT32_C(1) << 1)
#define SVM_CPUID_NRIP_SAVE (UINT32_C(1) << 3)
#define SVM_CPUID_CLEAN_BITS (UINT32_C(1) << 5)
#define SVM_CPUID_FLUSH_BY_ASID (UINT32_C(1) << 6)
#define SVM_CPUID_DECODE_ASSISTS (UINT32_C(1) << 7)
#define SVM_CPUID_VGIF (UINT32_C(1) << 16)

/* Permission maps, page aligned; a set bit intercepts. I/O: bit n for port n. */
#define SVM_IOPM_SIZE 0x3000u
#define SVM_MSRPM_SIZE 0x2000u

/*
 * The bit of an MSR's reads in the MSR map; that of its writes follows it. SVM_MSRPM_NONE for MSRs
 * outside the map, which always exit.
 */
#define SVM_MSRPM_NONE UINT32_C(0xffffffff)

static inline uint32_t svm_msrpm_bit(uint32_t msr)
{
    uint32_t range = msr < 0x2000u                     ? 0
                     : (msr & ~0x1fffu) == 0xc0000000u ? 1
                     : (msr & ~0x1fffu) == 0xc0010000u ? 2
                                                       : 3;

    return range == 3 ? SVM_MSRPM_NONE : (range * 0x2000u + (msr & 0x1fffu)) * 2;
}

_Static_assert(sizeof(struct vmcb_control) == 0x400, "APM2-B1");
_Static_assert(offsetof(struct vmcb_control, intercepts) == 0x000, "APM2-B1");
_Static_assert(offsetof(struct vmcb_control, reserved_018) == 0x018, "APM2-B1");
_Static_assert(offsetof(struct vmcb_control, pause_filter_threshold) == 0x03c, "APM2-B1");
_Static_assert(offsetof(struct vmcb_control, pause_filter_count) == 0x03e, "APM2-B1");
_Static_assert(offsetof(struct vmcb_control, iopm_base_pa) == 0x040, "APM2-B1");
_Static_assert(offsetof(struct vmcb_control, msrpm_base_pa) == 0x048, "APM2-B1");
_Static_assert(offsetof(struct vmcb_control, tsc_offset) == 0x050, "APM2-B1");
_Static_assert(offsetof(struct vmcb_control, guest_asid) == 0x058, "APM2-B1");
_Static_assert(offsetof(struct vmcb_control, tlb_control) == 0x05c, "APM2-B1");
_Static_assert(offsetof(struct vmcb_control, reserved_05d) == 0x05d, "APM2-B1");
_Static_assert(offsetof(struct vmcb_control, vintr_ctrl) == 0x060, "APM2-B1");
_Static_assert(offsetof(struct vmcb_control, vintr_vector) == 0x064, "APM2-B1");
_Static_assert(offsetof(struct vmcb_control, int_state) == 0x068, "APM2-B1");
_Static_assert(offsetof(struct vmcb_control, reserved_06c) == 0x06c, "APM2-B1");
_Static_assert(offsetof(struct vmcb_control, exitcode) == 0x070, "APM2-B1");
_Static_assert(offsetof(struct vmcb_control, exitinfo1) == 0x078, "APM2-B1");
_Static_assert(offsetof(struct vmcb_control, exitinfo2) == 0x080, "APM2-B1");
_Static_assert(offsetof(struct vmcb_control, exitintinfo) == 0x088, "APM2-B1");
_Static_assert(offsetof(struct vmcb_control, nested_ctl) == 0x090, "APM2-B1");
_Static_assert(offsetof(struct vmcb_control, avic_apic_bar) == 0x098, "APM2-B1");
_Static_assert(offsetof(struct vmcb_control, ghcb_gpa) == 0x0a0, "APM2-B1");
_Static_assert(offsetof(struct vmcb_control, eventinj) == 0x0a8, "APM2-B1");
_Static_assert(offsetof(struct vmcb_control, n_cr3) == 0x0b0, "APM2-B1");
_Static_assert(offsetof(struct vmcb_control, virt_ext) == 0x0b8, "APM2-B1");
_Static_assert(offsetof(struct vmcb_control, clean_bits) == 0x0c0, "APM2-B1");
_Static_assert(offsetof(struct vmcb_control, reserved_0c4) == 0x0c4, "APM2-B1");
_Static_assert(offsetof(struct vmcb_control, next_rip) == 0x0c8, "APM2-B1");
_Static_assert(offsetof(struct vmcb_control, insn_len) == 0x0d0, "APM2-B1");
_Static_assert(offsetof(struct vmcb_control, insn_bytes) == 0x0d1, "APM2-B1");
_Static_assert(offsetof(struct vmcb_control, avic_backing_page) == 0x0e0, "APM2-B1");
_Static_assert(offsetof(struct vmcb_control, reserved_0e8) == 0x0e8, "APM2-B1");
_Static_assert(offsetof(struct vmcb_control, avic_logical_table) == 0x0f0, "APM2-B1");
_Static_assert(offsetof(struct vmcb_control, avic_physical_table) == 0x0f8, "APM2-B1");
_Static_assert(offsetof(struct vmcb_control, reserved_100) == 0x100, "APM2-B1");
_Static_assert(offsetof(struct vmcb_control, vmsa_pa) == 0x108, "APM2-B1");
_Static_assert(offsetof(struct vmcb_control, reserved_110) == 0x110, "APM2-B1");
_Static_assert(offsetof(struct vmcb_control, allowed_sev_features) == 0x138, "APM2-B1 [patches]");
_Static_assert(offsetof(struct vmcb_control, reserved_140) == 0x140, "APM2-B1");
_Static_assert(offsetof(struct vmcb_control, hv_software) == 0x3e0, "APM2-B1");

_Static_assert(sizeof(struct vmcb_save) == 0xc00, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, es) == 0x000, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, cs) == 0x010, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, ss) == 0x020, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, ds) == 0x030, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, fs) == 0x040, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, gs) == 0x050, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, gdtr) == 0x060, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, ldtr) == 0x070, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, idtr) == 0x080, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, tr) == 0x090, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, reserved_0a0) == 0x0a0, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, cpl) == 0x0cb, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, reserved_0cc) == 0x0cc, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, efer) == 0x0d0, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, reserved_0d8) == 0x0d8, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, cr4) == 0x148, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, cr3) == 0x150, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, cr0) == 0x158, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, dr7) == 0x160, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, dr6) == 0x168, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, rflags) == 0x170, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, rip) == 0x178, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, reserved_180) == 0x180, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, rsp) == 0x1d8, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, s_cet) == 0x1e0, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, ssp) == 0x1e8, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, isst_addr) == 0x1f0, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, rax) == 0x1f8, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, star) == 0x200, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, lstar) == 0x208, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, cstar) == 0x210, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, sfmask) == 0x218, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, kernel_gs_base) == 0x220, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, sysenter_cs) == 0x228, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, sysenter_esp) == 0x230, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, sysenter_eip) == 0x238, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, cr2) == 0x240, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, reserved_248) == 0x248, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, g_pat) == 0x268, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, dbgctl) == 0x270, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, br_from) == 0x278, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, br_to) == 0x280, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, last_excp_from) == 0x288, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, last_excp_to) == 0x290, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, reserved_298) == 0x298, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, spec_ctrl) == 0x2e0, "APM2-B2");
_Static_assert(offsetof(struct vmcb_save, reserved_2e8) == 0x2e8, "APM2-B2");

_Static_assert(sizeof(struct vmcb) == 0x1000, "APM2-B");
_Static_assert(offsetof(struct vmcb, control) == 0x000, "APM2-B");
_Static_assert(offsetof(struct vmcb, save) == 0x400, "APM2-B");
