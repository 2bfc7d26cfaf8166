/* SPDX-License-Identifier: MIT */
/*
 * Exit codes of a guest (APM2, appendix C): what a VMCB's EXITCODE says, what #VC has as its error
 * code, and, below 8000_0000h, what SW_EXITCODE of a GHCB holds. Marks in brackets: see snp.h.
 */
#pragma once
#include <stdint.h>

#define VMEXIT_CR_READ 0x000u  /* + number of the register */
#define VMEXIT_CR_WRITE 0x010u /* + number of the register */
#define VMEXIT_DR_READ 0x020u  /* + number of the register */
#define VMEXIT_DR7_READ 0x027u
#define VMEXIT_DR_WRITE 0x030u /* + number of the register */
#define VMEXIT_DR7_WRITE 0x037u
#define VMEXIT_EXCEPTION 0x040u /* + vector */
#define VMEXIT_INTR 0x060u
#define VMEXIT_NMI 0x061u
#define VMEXIT_SMI 0x062u
#define VMEXIT_INIT 0x063u
#define VMEXIT_VINTR 0x064u
#define VMEXIT_CR0_SEL_WRITE 0x065u
#define VMEXIT_IDTR_READ 0x066u
#define VMEXIT_GDTR_READ 0x067u
#define VMEXIT_LDTR_READ 0x068u
#define VMEXIT_TR_READ 0x069u
#define VMEXIT_IDTR_WRITE 0x06au
#define VMEXIT_GDTR_WRITE 0x06bu
#define VMEXIT_LDTR_WRITE 0x06cu
#define VMEXIT_TR_WRITE 0x06du
#define VMEXIT_RDTSC 0x06eu
#define VMEXIT_RDPMC 0x06fu
#define VMEXIT_PUSHF 0x070u
#define VMEXIT_POPF 0x071u
#define VMEXIT_CPUID 0x072u
#define VMEXIT_RSM 0x073u
#define VMEXIT_IRET 0x074u
#define VMEXIT_SWINT 0x075u
#define VMEXIT_INVD 0x076u
#define VMEXIT_PAUSE 0x077u
#define VMEXIT_HLT 0x078u
#define VMEXIT_INVLPG 0x079u
#define VMEXIT_INVLPGA 0x07au
#define VMEXIT_IOIO 0x07bu
#define VMEXIT_MSR 0x07cu
#define VMEXIT_TASK_SWITCH 0x07du
#define VMEXIT_FERR_FREEZE 0x07eu
#define VMEXIT_SHUTDOWN 0x07fu
#define VMEXIT_VMRUN 0x080u
#define VMEXIT_VMMCALL 0x081u
#define VMEXIT_VMLOAD 0x082u
#define VMEXIT_VMSAVE 0x083u
#define VMEXIT_STGI 0x084u
#define VMEXIT_CLGI 0x085u
#define VMEXIT_SKINIT 0x086u
#define VMEXIT_RDTSCP 0x087u
#define VMEXIT_ICEBP 0x088u
#define VMEXIT_WBINVD 0x089u
#define VMEXIT_MONITOR 0x08au
#define VMEXIT_MWAIT 0x08bu
#define VMEXIT_MWAIT_COND 0x08cu
#define VMEXIT_XSETBV 0x08du
#define VMEXIT_RDPRU 0x08eu
#define VMEXIT_EFER_WRITE_TRAP 0x08fu
#define VMEXIT_CR_WRITE_TRAP 0x090u /* + number of the register */
#define VMEXIT_INVLPGB 0x0a0u
#define VMEXIT_INVLPGB_ILLEGAL 0x0a1u
#define VMEXIT_INVPCID 0x0a2u
#define VMEXIT_MCOMMIT 0x0a3u  /* [recalled] */
#define VMEXIT_TLBSYNC 0x0a4u  /* [recalled] */
#define VMEXIT_BUS_LOCK 0x0a5u /* [one-source] */
#define VMEXIT_IDLE_HLT 0x0a6u /* [one-source] */
#define VMEXIT_NPF 0x400u      /* #VC: an access to MMIO */
#define VMEXIT_AVIC_INCOMPLETE_IPI 0x401u
#define VMEXIT_AVIC_UNACCELERATED 0x402u
#define VMEXIT_VMGEXIT 0x403u
#define VMEXIT_PAGE_NOT_VALIDATED 0x404u
#define VMEXIT_NOT_RESTARTABLE 0x406u /* [one-source] */

#define VMEXIT_INVALID (~UINT64_C(0))       /* VMRUN refused its state */
#define VMEXIT_BUSY (~UINT64_C(1))          /* the VMSA is marked busy */
#define VMEXIT_IDLE_REQUIRED (~UINT64_C(2)) /* [one-source] */
#define VMEXIT_INVALID_PMC (~UINT64_C(3))   /* [one-source] */

/* EXITINFO1 of IOIO, and SW_EXITINFO1 of its GHCB event. */
#define VMEXIT_IOIO_IN UINT32_C(0x00000001)
#define VMEXIT_IOIO_STRING UINT32_C(0x00000004)
#define VMEXIT_IOIO_REP UINT32_C(0x00000008)
#define VMEXIT_IOIO_SIZE_8 UINT32_C(0x00000010)
#define VMEXIT_IOIO_SIZE_16 UINT32_C(0x00000020)
#define VMEXIT_IOIO_SIZE_32 UINT32_C(0x00000040)
#define VMEXIT_IOIO_ADDRESS_16 UINT32_C(0x00000080)
#define VMEXIT_IOIO_ADDRESS_32 UINT32_C(0x00000100)
#define VMEXIT_IOIO_ADDRESS_64 UINT32_C(0x00000200)
#define VMEXIT_IOIO_SEGMENT_SHIFT 10 /* ES 0, CS 1, SS 2, DS 3, FS 4, GS 5 */
#define VMEXIT_IOIO_SEGMENT_MASK UINT32_C(0x7)
#define VMEXIT_IOIO_PORT_SHIFT 16

/* size: 1, 2 or 4 bytes; flags: the other VMEXIT_IOIO_* */
static inline uint32_t vmexit_ioio(uint16_t port, unsigned size, uint32_t flags)
{
    return (uint32_t)port << VMEXIT_IOIO_PORT_SHIFT | VMEXIT_IOIO_SIZE_8 * size | flags;
}

static inline uint16_t vmexit_ioio_port(uint64_t info)
{
    return (uint16_t)(info >> VMEXIT_IOIO_PORT_SHIFT);
}

/* In bytes; 0, 3 or more than 4 for a word that hardware does not make. */
static inline unsigned vmexit_ioio_size(uint64_t info)
{
    return (unsigned)(info / VMEXIT_IOIO_SIZE_8 & 0x7u);
}

/* EXITINFO1 of MSR, and SW_EXITINFO1 of its GHCB event. */
#define VMEXIT_MSR_READ 0u
#define VMEXIT_MSR_WRITE 1u

/* EXITINFO1 of NPF; EXITINFO2 is the guest physical address. */
#define VMEXIT_NPF_PRESENT (UINT64_C(1) << 0)
#define VMEXIT_NPF_WRITE (UINT64_C(1) << 1)
#define VMEXIT_NPF_USER (UINT64_C(1) << 2)
#define VMEXIT_NPF_RESERVED (UINT64_C(1) << 3)
#define VMEXIT_NPF_FETCH (UINT64_C(1) << 4)
#define VMEXIT_NPF_SHADOW_STACK (UINT64_C(1) << 6)
#define VMEXIT_NPF_RMP (UINT64_C(1) << 31)
#define VMEXIT_NPF_FINAL (UINT64_C(1) << 32)
#define VMEXIT_NPF_TABLE (UINT64_C(1) << 33) /* in the walk of the guest's tables */
#define VMEXIT_NPF_ENC (UINT64_C(1) << 34)
#define VMEXIT_NPF_SIZEM (UINT64_C(1) << 35)
#define VMEXIT_NPF_VMPL (UINT64_C(1) << 36)
#define VMEXIT_NPF_SSS (UINT64_C(1) << 37)
#define VMEXIT_NPF_NOT_RESTARTABLE (UINT64_C(1) << 63) /* [one-source] */
