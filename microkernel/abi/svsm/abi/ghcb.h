/* SPDX-License-Identifier: MIT */
/*
 * The GHCB: the page by which an SEV-ES or SNP guest asks the host, version 2 (56421), its events
 * and what those of ring 0 carry; page state changes and terminations are in ghcb_events.h, what
 * only a host needs is in ghcb_host.h. Codes below 8000_0000h are those of vmexit.h. Guests read
 * what the host can change once, into memory of their own. Marks in brackets: see snp.h.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define GHCB_VERSION_MIN 1u
#define GHCB_VERSION_MAX 2u
#define GHCB_USAGE_STANDARD 0u
#define GHCB_BUFFER_SIZE 2032u

struct ghcb {
    uint8_t reserved_000[203];
    uint8_t cpl;
    uint8_t reserved_0cc[116];
    uint64_t xss;
    uint8_t reserved_148[24];
    uint64_t dr7;
    uint8_t reserved_168[16];
    uint64_t rip;
    uint8_t reserved_180[88];
    uint64_t rsp;
    uint8_t reserved_1e0[24];
    uint64_t rax;
    uint8_t reserved_200[264];
    uint64_t rcx;
    uint64_t rdx;
    uint64_t rbx;
    uint8_t reserved_320[8];
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
    uint64_t sw_exitcode;
    uint64_t sw_exitinfo1;
    uint64_t sw_exitinfo2;
    uint64_t sw_scratch; /* GPA inside shared_buffer */
    uint8_t reserved_3b0[56];
    uint64_t xcr0;
    uint8_t valid_bitmap[16]; /* bit n: quadword n; ghcb_valid_bit() */
    uint64_t x87_state_gpa;   /* never used */
    uint8_t reserved_408[1016];
    uint8_t shared_buffer[2032];
    uint8_t reserved_ff0[10];
    uint16_t protocol_version;
    uint32_t usage; /* GHCB_USAGE_* */
};
_Static_assert(sizeof(struct ghcb) == 0x1000, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, reserved_000) == 0x000, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, cpl) == 0x0cb, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, reserved_0cc) == 0x0cc, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, xss) == 0x140, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, reserved_148) == 0x148, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, dr7) == 0x160, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, reserved_168) == 0x168, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, rip) == 0x178, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, reserved_180) == 0x180, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, rsp) == 0x1d8, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, reserved_1e0) == 0x1e0, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, rax) == 0x1f8, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, reserved_200) == 0x200, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, rcx) == 0x308, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, rdx) == 0x310, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, rbx) == 0x318, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, reserved_320) == 0x320, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, rbp) == 0x328, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, rsi) == 0x330, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, rdi) == 0x338, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, r8) == 0x340, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, r9) == 0x348, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, r10) == 0x350, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, r11) == 0x358, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, r12) == 0x360, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, r13) == 0x368, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, r14) == 0x370, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, r15) == 0x378, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, reserved_380) == 0x380, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, sw_exitcode) == 0x390, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, sw_exitinfo1) == 0x398, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, sw_exitinfo2) == 0x3a0, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, sw_scratch) == 0x3a8, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, reserved_3b0) == 0x3b0, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, xcr0) == 0x3e8, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, valid_bitmap) == 0x3f0, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, x87_state_gpa) == 0x400, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, reserved_408) == 0x408, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, shared_buffer) == 0x800, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, reserved_ff0) == 0xff0, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, protocol_version) == 0xffa, "56421-GHCB-layout");
_Static_assert(offsetof(struct ghcb, usage) == 0xffc, "56421-GHCB-layout");

/* The valid bit of a quadword member at offset; offsets below 400h have one. */
#define GHCB_VALID_LIMIT 0x400u

static inline unsigned ghcb_valid_bit(size_t offset)
{
    return (unsigned)(offset / 8);
}

/* SW_EXITCODE of events that are not exits. I1, I2: SW_EXITINFO1 and 2, in; O2: I2 at return. */
#define GHCB_EVENT_MMIO_READ UINT64_C(0x80000001)  /* I1 GPA, I2 bytes; scratch */
#define GHCB_EVENT_MMIO_WRITE UINT64_C(0x80000002) /* I1 GPA, I2 bytes; scratch */
#define GHCB_EVENT_NMI_COMPLETE UINT64_C(0x80000003)
#define GHCB_EVENT_AP_RESET_HOLD UINT64_C(0x80000004)    /* O2 not zero: SIPI */
#define GHCB_EVENT_AP_JUMP_TABLE UINT64_C(0x80000005)    /* I1 0 set, 1 get; I2, O2 GPA */
#define GHCB_EVENT_PSC UINT64_C(0x80000010)              /* scratch: struct ghcb_psc; O2 error */
#define GHCB_EVENT_GUEST_REQUEST UINT64_C(0x80000011)    /* I1 request, I2 response page */
#define GHCB_EVENT_EXTENDED_REQUEST UINT64_C(0x80000012) /* and RAX data GPA, RBX pages */
#define GHCB_EVENT_AP_CREATION                                                                     \
    UINT64_C(0x80000013)                         /* I1 ghcb_ap_creation(), I2 VMSA, RAX features */
#define GHCB_EVENT_DOORBELL UINT64_C(0x80000014) /* I1 GHCB_DOORBELL_*, I2, O2 GPA */
#define GHCB_EVENT_IPI UINT64_C(0x80000015)      /* I1 ICR, as the x2APIC has it */
#define GHCB_EVENT_TIMER UINT64_C(0x80000016)    /* [recalled] */
#define GHCB_EVENT_APIC_IDS UINT64_C(0x80000017) /* I1 GPA, RAX pages */
#define GHCB_EVENT_RUN_VMPL UINT64_C(0x80000018) /* I1 VMPL */
#define GHCB_EVENT_SECURE_AVIC UINT64_C(0x8000001a)         /* [patches] */
#define GHCB_EVENT_CONFIGURE_INTERRUPT UINT64_C(0x8000001b) /* I1 vector [one-source] */
#define GHCB_EVENT_DISABLE_ALTERNATE UINT64_C(0x8000001c)   /* [one-source] */
#define GHCB_EVENT_SPECIFIC_EOI UINT64_C(0x8000001d)        /* [one-source] */
#define GHCB_EVENT_FEATURES UINT64_C(0x8000fffd)            /* O2 GHCB_HV_*, ghcb_msr.h */
#define GHCB_EVENT_TERMINATE UINT64_C(0x8000fffe)           /* I1 ghcb_terminate() */
#define GHCB_EVENT_UNSUPPORTED UINT64_C(0x8000ffff)         /* I1 the error code of #VC */

/* SW_EXITINFO1[31:0] at return. */
#define GHCB_RESULT_OK 0u
#define GHCB_RESULT_EXCEPTION 1u /* O2 is an SVM_EVENT_*: #GP or #UD */
#define GHCB_RESULT_MALFORMED 2u /* O2 is a GHCB_ERROR_* */

/* AP creation: SW_EXITINFO1. */
#define GHCB_AP_CREATE_ON_INIT 0u
#define GHCB_AP_CREATE 1u
#define GHCB_AP_DESTROY 2u

static inline uint64_t ghcb_ap_creation(uint32_t apic_id, unsigned vmpl, unsigned request)
{
    return (uint64_t)apic_id << 32 | (uint64_t)(vmpl & 0xfu) << 16 | (request & 0xffffu);
}

/* Guest requests: SW_EXITINFO2 is the firmware's status (PSP_STATUS_*) and, above, the VMM's. */
#define GHCB_REQUEST_VMM_OK 0u
#define GHCB_REQUEST_VMM_INVALID_LEN 1u /* RBX: the pages that certificates need */
#define GHCB_REQUEST_VMM_BUSY 2u        /* repeat the same bytes */

static inline uint32_t ghcb_request_vmm(uint64_t info)
{
    return (uint32_t)(info >> 32);
}

static inline uint32_t ghcb_request_firmware(uint64_t info)
{
    return (uint32_t)info;
}

/* The doorbell page of Restricted Injection; the rest of its 4 KiB is reserved. */
#define GHCB_DOORBELL_GET 0u
#define GHCB_DOORBELL_SET 1u
#define GHCB_DOORBELL_QUERY 2u
#define GHCB_DOORBELL_CLEAR 3u
#define GHCB_DOORBELL_NONE (~UINT64_C(0)) /* O2: none preferred, or none set */

#define GHCB_DOORBELL_NMI 0x01u
#define GHCB_DOORBELL_MC 0x02u
#define GHCB_DOORBELL_NO_FURTHER_SIGNAL 0x80u

/* The status of extended interrupts [one-source]. */
#define GHCB_DOORBELL_EXT_VECTOR UINT32_C(0xff)
#define GHCB_DOORBELL_EXT_NMI (UINT32_C(1) << 8)
#define GHCB_DOORBELL_EXT_MC (UINT32_C(1) << 9)
#define GHCB_DOORBELL_EXT_LEVEL (UINT32_C(1) << 10)
#define GHCB_DOORBELL_EXT_MULTIPLE (UINT32_C(1) << 14) /* irr is valid */
#define GHCB_DOORBELL_EXT_IPI (UINT32_C(1) << 27)
#define GHCB_DOORBELL_EXT_VECTOR_31 (UINT32_C(1) << 31)

struct ghcb_doorbell_extended {
    uint32_t status; /* GHCB_DOORBELL_EXT_*; [one-source] */
    uint32_t irr[7]; /* vectors 32 to 255; [one-source] */
    uint32_t isr[8]; /* all 256; [one-source] */
};
_Static_assert(sizeof(struct ghcb_doorbell_extended) == 64, "56421-extended-interrupts/one-source");
_Static_assert(offsetof(struct ghcb_doorbell_extended, status) == 0x000,
               "56421-extended-interrupts/one-source [one-source]");
_Static_assert(offsetof(struct ghcb_doorbell_extended, irr) == 0x004,
               "56421-extended-interrupts/one-source [one-source]");
_Static_assert(offsetof(struct ghcb_doorbell_extended, isr) == 0x020,
               "56421-extended-interrupts/one-source [one-source]");

struct ghcb_doorbell {
    uint8_t vector; /* pending interrupt, 0: none */
    uint8_t flags;  /* GHCB_DOORBELL_* */
    uint8_t no_eoi_required;
    uint8_t per_vmpl_events; /* bit n: events for VMPL n + 1; [one-source] */
    uint8_t reserved_004[60];
    struct ghcb_doorbell_extended extended[3]; /* VMPL 1 to 3; [one-source] */
};
_Static_assert(sizeof(struct ghcb_doorbell) == 0x100, "56421-HV-doorbell");
_Static_assert(offsetof(struct ghcb_doorbell, vector) == 0x000, "56421-HV-doorbell");
_Static_assert(offsetof(struct ghcb_doorbell, flags) == 0x001, "56421-HV-doorbell");
_Static_assert(offsetof(struct ghcb_doorbell, no_eoi_required) == 0x002, "56421-HV-doorbell");
_Static_assert(offsetof(struct ghcb_doorbell, per_vmpl_events) == 0x003,
               "56421-HV-doorbell [one-source]");
_Static_assert(offsetof(struct ghcb_doorbell, reserved_004) == 0x004, "56421-HV-doorbell");
_Static_assert(offsetof(struct ghcb_doorbell, extended) == 0x040, "56421-HV-doorbell [one-source]");
