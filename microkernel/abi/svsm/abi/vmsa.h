/* SPDX-License-Identifier: MIT */
/*
 * The save area (VMSA) of an SEV-ES or SNP vCPU at one VMPL, one page, and the values it starts
 * with. Marks in brackets: see snp.h.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct vmsa_segment {
    uint16_t selector;
    uint16_t attrib; /* VMSA_ATTRIB_* */
    uint32_t limit;
    uint64_t base;
};
_Static_assert(sizeof(struct vmsa_segment) == 16, "APM2-B");
_Static_assert(offsetof(struct vmsa_segment, selector) == 0x000, "APM2-B");
_Static_assert(offsetof(struct vmsa_segment, attrib) == 0x002, "APM2-B");
_Static_assert(offsetof(struct vmsa_segment, limit) == 0x004, "APM2-B");
_Static_assert(offsetof(struct vmsa_segment, base) == 0x008, "APM2-B");

/* A descriptor's attributes without the limit's bits between them. */
#define VMSA_ATTRIB_TYPE 0x00fu
#define VMSA_ATTRIB_S 0x010u
#define VMSA_ATTRIB_DPL_SHIFT 5
#define VMSA_ATTRIB_DPL_MASK 0x3u
#define VMSA_ATTRIB_P 0x080u
#define VMSA_ATTRIB_AVL 0x100u
#define VMSA_ATTRIB_L 0x200u
#define VMSA_ATTRIB_DB 0x400u
#define VMSA_ATTRIB_G 0x800u

/* From bits 55:40 of a descriptor (also IGVM's form); the limit's bits 11:8 are dropped. */
static inline uint16_t vmsa_attrib_of(uint16_t access)
{
    return (uint16_t)((access & 0xffu) | (access >> 4 & 0xf00u));
}

/* The other way; the limit's bits are zero. */
static inline uint16_t vmsa_access_of(uint16_t attrib)
{
    return (uint16_t)((attrib & 0xffu) | (attrib & 0xf00u) << 4);
}

struct vmsa {
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
    uint64_t pl0_ssp;
    uint64_t pl1_ssp;
    uint64_t pl2_ssp;
    uint64_t pl3_ssp;
    uint64_t u_cet;
    uint8_t reserved_0c8[2];
    uint8_t vmpl; /* the level this save area runs at */
    uint8_t cpl;
    uint8_t reserved_0cc[4];
    uint64_t efer; /* cannot run with SVME clear */
    uint8_t reserved_0d8[104];
    uint64_t xss;
    uint64_t cr4;
    uint64_t cr3;
    uint64_t cr0;
    uint64_t dr7;
    uint64_t dr6;
    uint64_t rflags;
    uint64_t rip;
    uint64_t dr0; /* from here to dr3_addr_mask: with DebugSwap only */
    uint64_t dr1;
    uint64_t dr2;
    uint64_t dr3;
    uint64_t dr0_addr_mask;
    uint64_t dr1_addr_mask;
    uint64_t dr2_addr_mask;
    uint64_t dr3_addr_mask;
    uint8_t reserved_1c0[24];
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
    uint64_t spec_ctrl; /* [one-source] */
    uint32_t pkru;
    uint32_t tsc_aux;
    uint64_t guest_tsc_scale;  /* Secure TSC: 8.32 fixed point; [patches] */
    uint64_t guest_tsc_offset; /* Secure TSC; [patches] */
    uint64_t reg_prot_nonce;   /* VMSA register protection */
    uint64_t rcx;
    uint64_t rdx;
    uint64_t rbx;
    uint64_t secure_avic_control; /* [one-source] */
    uint64_t rbp;
    uint64_t rsi;
    uint64_t rdi;
    uint64_t r8;
    uint64_t r9;
    uint64_t r10;
    uint64_t r11;
    uint64_t r12;
    uint64_t r13;
    uint64_t r14;
    uint64_t r15;
    uint8_t reserved_380[16];
    uint64_t guest_exitinfo1;
    uint64_t guest_exitinfo2;
    uint64_t guest_exitintinfo; /* SVM_EVENT_* */
    uint64_t guest_nrip;
    uint64_t sev_features;    /* SNP_FEATURE_* */
    uint64_t vintr_ctrl;      /* VMSA_VINTR_* */
    uint64_t guest_exit_code; /* VMEXIT_* */
    uint64_t virtual_tom;     /* 2 MiB aligned */
    uint64_t tlb_id;          /* the CPU's */
    uint64_t pcpu_id;         /* 0 forces a full TLB flush at the next entry */
    uint64_t event_inj;       /* SVM_EVENT_*, with Alternate Injection */
    uint64_t xcr0;
    uint8_t xsave_valid_bitmap[16]; /* [one-source] */
    uint64_t x87_dp;
    uint32_t mxcsr;
    uint16_t x87_ftw; /* the full tag word, not the abridged one */
    uint16_t x87_fsw;
    uint16_t x87_fcw;
    uint16_t x87_fop;
    uint16_t x87_ds;
    uint16_t x87_cs;
    uint64_t x87_rip;
    uint8_t fpreg_x87[80];  /* eight mantissas of 8 bytes, then eight signs and exponents of 2 */
    uint8_t fpreg_xmm[256]; /* 16 of 16 bytes */
    uint8_t fpreg_ymm[256]; /* the high halves */
    uint8_t lbr_stack[256]; /* [one-source] */
    uint64_t lbr_select;    /* [one-source] */
    uint64_t ibs_fetch_ctl; /* [one-source] */
    uint64_t ibs_fetch_linaddr; /* [one-source] */
    uint64_t ibs_op_ctl;        /* [one-source] */
    uint64_t ibs_op_rip;        /* [one-source] */
    uint64_t ibs_op_data;       /* [one-source] */
    uint64_t ibs_op_data2;      /* [one-source] */
    uint64_t ibs_op_data3;      /* [one-source] */
    uint64_t ibs_dc_linaddr;    /* [one-source] */
    uint64_t bp_ibstgt_rip;     /* [one-source] */
    uint64_t ic_ibs_extd_ctl;   /* [one-source] */
    uint8_t reserved_7c8[2104];
};

/* VINTR_CTRL. */
#define VMSA_VINTR_TPR UINT64_C(0xff)
#define VMSA_VINTR_IRQ (UINT64_C(1) << 8)
#define VMSA_VINTR_GIF (UINT64_C(1) << 9)
#define VMSA_VINTR_INT_SHADOW (UINT64_C(1) << 10)
#define VMSA_VINTR_NMI (UINT64_C(1) << 11)
#define VMSA_VINTR_NMI_MASK (UINT64_C(1) << 12)
#define VMSA_VINTR_PRIO_SHIFT 16
#define VMSA_VINTR_PRIO_MASK UINT64_C(0xf)
#define VMSA_VINTR_IGN_TPR (UINT64_C(1) << 20)
#define VMSA_VINTR_NMI_ENABLE (UINT64_C(1) << 26)
#define VMSA_VINTR_VECTOR_SHIFT 32
#define VMSA_VINTR_VECTOR_MASK UINT64_C(0xff)
#define VMSA_VINTR_GUEST_BUSY (UINT64_C(1) << 63)

/* The architectural reset state, as KVM and QEMU measure it for the first vCPU. */
#define VMSA_RESET_DATA_ATTRIB 0x093u
#define VMSA_RESET_CODE_ATTRIB 0x09bu
#define VMSA_RESET_LDTR_ATTRIB 0x082u
#define VMSA_RESET_TR_ATTRIB 0x08bu
#define VMSA_RESET_LIMIT UINT32_C(0xffff)
#define VMSA_RESET_CS_SELECTOR 0xf000u
#define VMSA_RESET_CS_BASE UINT64_C(0xffff0000)
#define VMSA_RESET_RIP UINT64_C(0xfff0)
#define VMSA_RESET_CR0 UINT64_C(0x60000010) /* what a CPU has */
#define VMSA_RESET_CR0_KVM UINT64_C(0x10)   /* what KVM and QEMU measure */
#define VMSA_RESET_CR4_KVM UINT64_C(0x40)
#define VMSA_RESET_EFER UINT64_C(0x1000)
#define VMSA_RESET_DR6 UINT64_C(0xffff0ff0)
#define VMSA_RESET_DR7 UINT64_C(0x400)
#define VMSA_RESET_RFLAGS UINT64_C(0x2)
#define VMSA_RESET_XCR0 UINT64_C(0x1)
#define VMSA_RESET_G_PAT UINT64_C(0x0007040600070406)
#define VMSA_RESET_MXCSR UINT32_C(0x1f80)
#define VMSA_RESET_X87_FCW 0x0040u /* after RESET or INIT; with VMSA_RESET_X87_FTW */
#define VMSA_RESET_X87_FTW 0x5555u
#define VMSA_RESET_X87_FCW_KVM 0x037fu /* what KVM and QEMU measure, with a tag word of 0 */

/* Where firmware measures a VMSA under KVM, wherever the image wants it. */
#define VMSA_KVM_GPA UINT64_C(0xfffffffff000)

_Static_assert(sizeof(struct vmsa) == 0x1000, "APM2-B4");
_Static_assert(offsetof(struct vmsa, es) == 0x000, "APM2-B4");
_Static_assert(offsetof(struct vmsa, cs) == 0x010, "APM2-B4");
_Static_assert(offsetof(struct vmsa, ss) == 0x020, "APM2-B4");
_Static_assert(offsetof(struct vmsa, ds) == 0x030, "APM2-B4");
_Static_assert(offsetof(struct vmsa, fs) == 0x040, "APM2-B4");
_Static_assert(offsetof(struct vmsa, gs) == 0x050, "APM2-B4");
_Static_assert(offsetof(struct vmsa, gdtr) == 0x060, "APM2-B4");
_Static_assert(offsetof(struct vmsa, ldtr) == 0x070, "APM2-B4");
_Static_assert(offsetof(struct vmsa, idtr) == 0x080, "APM2-B4");
_Static_assert(offsetof(struct vmsa, tr) == 0x090, "APM2-B4");
_Static_assert(offsetof(struct vmsa, pl0_ssp) == 0x0a0, "APM2-B4");
_Static_assert(offsetof(struct vmsa, pl1_ssp) == 0x0a8, "APM2-B4");
_Static_assert(offsetof(struct vmsa, pl2_ssp) == 0x0b0, "APM2-B4");
_Static_assert(offsetof(struct vmsa, pl3_ssp) == 0x0b8, "APM2-B4");
_Static_assert(offsetof(struct vmsa, u_cet) == 0x0c0, "APM2-B4");
_Static_assert(offsetof(struct vmsa, reserved_0c8) == 0x0c8, "APM2-B4");
_Static_assert(offsetof(struct vmsa, vmpl) == 0x0ca, "APM2-B4");
_Static_assert(offsetof(struct vmsa, cpl) == 0x0cb, "APM2-B4");
_Static_assert(offsetof(struct vmsa, reserved_0cc) == 0x0cc, "APM2-B4");
_Static_assert(offsetof(struct vmsa, efer) == 0x0d0, "APM2-B4");
_Static_assert(offsetof(struct vmsa, reserved_0d8) == 0x0d8, "APM2-B4");
_Static_assert(offsetof(struct vmsa, xss) == 0x140, "APM2-B4");
_Static_assert(offsetof(struct vmsa, cr4) == 0x148, "APM2-B4");
_Static_assert(offsetof(struct vmsa, cr3) == 0x150, "APM2-B4");
_Static_assert(offsetof(struct vmsa, cr0) == 0x158, "APM2-B4");
_Static_assert(offsetof(struct vmsa, dr7) == 0x160, "APM2-B4");
_Static_assert(offsetof(struct vmsa, dr6) == 0x168, "APM2-B4");
_Static_assert(offsetof(struct vmsa, rflags) == 0x170, "APM2-B4");
_Static_assert(offsetof(struct vmsa, rip) == 0x178, "APM2-B4");
_Static_assert(offsetof(struct vmsa, dr0) == 0x180, "APM2-B4");
_Static_assert(offsetof(struct vmsa, dr1) == 0x188, "APM2-B4");
_Static_assert(offsetof(struct vmsa, dr2) == 0x190, "APM2-B4");
_Static_assert(offsetof(struct vmsa, dr3) == 0x198, "APM2-B4");
_Static_assert(offsetof(struct vmsa, dr0_addr_mask) == 0x1a0, "APM2-B4");
_Static_assert(offsetof(struct vmsa, dr1_addr_mask) == 0x1a8, "APM2-B4");
_Static_assert(offsetof(struct vmsa, dr2_addr_mask) == 0x1b0, "APM2-B4");
_Static_assert(offsetof(struct vmsa, dr3_addr_mask) == 0x1b8, "APM2-B4");
_Static_assert(offsetof(struct vmsa, reserved_1c0) == 0x1c0, "APM2-B4");
_Static_assert(offsetof(struct vmsa, rsp) == 0x1d8, "APM2-B4");
_Static_assert(offsetof(struct vmsa, s_cet) == 0x1e0, "APM2-B4");
_Static_assert(offsetof(struct vmsa, ssp) == 0x1e8, "APM2-B4");
_Static_assert(offsetof(struct vmsa, isst_addr) == 0x1f0, "APM2-B4");
_Static_assert(offsetof(struct vmsa, rax) == 0x1f8, "APM2-B4");
_Static_assert(offsetof(struct vmsa, star) == 0x200, "APM2-B4");
_Static_assert(offsetof(struct vmsa, lstar) == 0x208, "APM2-B4");
_Static_assert(offsetof(struct vmsa, cstar) == 0x210, "APM2-B4");
_Static_assert(offsetof(struct vmsa, sfmask) == 0x218, "APM2-B4");
_Static_assert(offsetof(struct vmsa, kernel_gs_base) == 0x220, "APM2-B4");
_Static_assert(offsetof(struct vmsa, sysenter_cs) == 0x228, "APM2-B4");
_Static_assert(offsetof(struct vmsa, sysenter_esp) == 0x230, "APM2-B4");
_Static_assert(offsetof(struct vmsa, sysenter_eip) == 0x238, "APM2-B4");
_Static_assert(offsetof(struct vmsa, cr2) == 0x240, "APM2-B4");
_Static_assert(offsetof(struct vmsa, reserved_248) == 0x248, "APM2-B4");
_Static_assert(offsetof(struct vmsa, g_pat) == 0x268, "APM2-B4");
_Static_assert(offsetof(struct vmsa, dbgctl) == 0x270, "APM2-B4");
_Static_assert(offsetof(struct vmsa, br_from) == 0x278, "APM2-B4");
_Static_assert(offsetof(struct vmsa, br_to) == 0x280, "APM2-B4");
_Static_assert(offsetof(struct vmsa, last_excp_from) == 0x288, "APM2-B4");
_Static_assert(offsetof(struct vmsa, last_excp_to) == 0x290, "APM2-B4");
_Static_assert(offsetof(struct vmsa, reserved_298) == 0x298, "APM2-B4");
_Static_assert(offsetof(struct vmsa, spec_ctrl) == 0x2e0, "APM2-B4 [one-source]");
_Static_assert(offsetof(struct vmsa, pkru) == 0x2e8, "APM2-B4");
_Static_assert(offsetof(struct vmsa, tsc_aux) == 0x2ec, "APM2-B4");
_Static_assert(offsetof(struct vmsa, guest_tsc_scale) == 0x2f0, "APM2-B4 [patches]");
_Static_assert(offsetof(struct vmsa, guest_tsc_offset) == 0x2f8, "APM2-B4 [patches]");
_Static_assert(offsetof(struct vmsa, reg_prot_nonce) == 0x300, "APM2-B4");
_Static_assert(offsetof(struct vmsa, rcx) == 0x308, "APM2-B4");
_Static_assert(offsetof(struct vmsa, rdx) == 0x310, "APM2-B4");
_Static_assert(offsetof(struct vmsa, rbx) == 0x318, "APM2-B4");
_Static_assert(offsetof(struct vmsa, secure_avic_control) == 0x320, "APM2-B4 [one-source]");
_Static_assert(offsetof(struct vmsa, rbp) == 0x328, "APM2-B4");
_Static_assert(offsetof(struct vmsa, rsi) == 0x330, "APM2-B4");
_Static_assert(offsetof(struct vmsa, rdi) == 0x338, "APM2-B4");
_Static_assert(offsetof(struct vmsa, r8) == 0x340, "APM2-B4");
_Static_assert(offsetof(struct vmsa, r9) == 0x348, "APM2-B4");
_Static_assert(offsetof(struct vmsa, r10) == 0x350, "APM2-B4");
_Static_assert(offsetof(struct vmsa, r11) == 0x358, "APM2-B4");
_Static_assert(offsetof(struct vmsa, r12) == 0x360, "APM2-B4");
_Static_assert(offsetof(struct vmsa, r13) == 0x368, "APM2-B4");
_Static_assert(offsetof(struct vmsa, r14) == 0x370, "APM2-B4");
_Static_assert(offsetof(struct vmsa, r15) == 0x378, "APM2-B4");
_Static_assert(offsetof(struct vmsa, reserved_380) == 0x380, "APM2-B4");
_Static_assert(offsetof(struct vmsa, guest_exitinfo1) == 0x390, "APM2-B4");
_Static_assert(offsetof(struct vmsa, guest_exitinfo2) == 0x398, "APM2-B4");
_Static_assert(offsetof(struct vmsa, guest_exitintinfo) == 0x3a0, "APM2-B4");
_Static_assert(offsetof(struct vmsa, guest_nrip) == 0x3a8, "APM2-B4");
_Static_assert(offsetof(struct vmsa, sev_features) == 0x3b0, "APM2-B4");
_Static_assert(offsetof(struct vmsa, vintr_ctrl) == 0x3b8, "APM2-B4");
_Static_assert(offsetof(struct vmsa, guest_exit_code) == 0x3c0, "APM2-B4");
_Static_assert(offsetof(struct vmsa, virtual_tom) == 0x3c8, "APM2-B4");
_Static_assert(offsetof(struct vmsa, tlb_id) == 0x3d0, "APM2-B4");
_Static_assert(offsetof(struct vmsa, pcpu_id) == 0x3d8, "APM2-B4");
_Static_assert(offsetof(struct vmsa, event_inj) == 0x3e0, "APM2-B4");
_Static_assert(offsetof(struct vmsa, xcr0) == 0x3e8, "APM2-B4");
_Static_assert(offsetof(struct vmsa, xsave_valid_bitmap) == 0x3f0, "APM2-B4 [one-source]");
_Static_assert(offsetof(struct vmsa, x87_dp) == 0x400, "APM2-B4");
_Static_assert(offsetof(struct vmsa, mxcsr) == 0x408, "APM2-B4");
_Static_assert(offsetof(struct vmsa, x87_ftw) == 0x40c, "APM2-B4");
_Static_assert(offsetof(struct vmsa, x87_fsw) == 0x40e, "APM2-B4");
_Static_assert(offsetof(struct vmsa, x87_fcw) == 0x410, "APM2-B4");
_Static_assert(offsetof(struct vmsa, x87_fop) == 0x412, "APM2-B4");
_Static_assert(offsetof(struct vmsa, x87_ds) == 0x414, "APM2-B4");
_Static_assert(offsetof(struct vmsa, x87_cs) == 0x416, "APM2-B4");
_Static_assert(offsetof(struct vmsa, x87_rip) == 0x418, "APM2-B4");
_Static_assert(offsetof(struct vmsa, fpreg_x87) == 0x420, "APM2-B4");
_Static_assert(offsetof(struct vmsa, fpreg_xmm) == 0x470, "APM2-B4");
_Static_assert(offsetof(struct vmsa, fpreg_ymm) == 0x570, "APM2-B4");
_Static_assert(offsetof(struct vmsa, lbr_stack) == 0x670, "APM2-B4 [one-source]");
_Static_assert(offsetof(struct vmsa, lbr_select) == 0x770, "APM2-B4 [one-source]");
_Static_assert(offsetof(struct vmsa, ibs_fetch_ctl) == 0x778, "APM2-B4 [one-source]");
_Static_assert(offsetof(struct vmsa, ibs_fetch_linaddr) == 0x780, "APM2-B4 [one-source]");
_Static_assert(offsetof(struct vmsa, ibs_op_ctl) == 0x788, "APM2-B4 [one-source]");
_Static_assert(offsetof(struct vmsa, ibs_op_rip) == 0x790, "APM2-B4 [one-source]");
_Static_assert(offsetof(struct vmsa, ibs_op_data) == 0x798, "APM2-B4 [one-source]");
_Static_assert(offsetof(struct vmsa, ibs_op_data2) == 0x7a0, "APM2-B4 [one-source]");
_Static_assert(offsetof(struct vmsa, ibs_op_data3) == 0x7a8, "APM2-B4 [one-source]");
_Static_assert(offsetof(struct vmsa, ibs_dc_linaddr) == 0x7b0, "APM2-B4 [one-source]");
_Static_assert(offsetof(struct vmsa, bp_ibstgt_rip) == 0x7b8, "APM2-B4 [one-source]");
_Static_assert(offsetof(struct vmsa, ic_ibs_extd_ctl) == 0x7c0, "APM2-B4 [one-source]");
_Static_assert(offsetof(struct vmsa, reserved_7c8) == 0x7c8, "APM2-B4");
