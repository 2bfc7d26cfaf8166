/* SPDX-License-Identifier: MIT */
/*
 * How a guest calls its SVSM, and the core protocol (58019, revision 1.00, known through programs
 * that speak it); the other protocols are in svsm_services.h. A call has the protocol in RAX[63:32]
 * and the call in RAX[31:0], arguments in RCX, RDX, R8 and R9; RAX returns a result code
 * (result.h), zero-extended. Everything else is preserved. Marks in brackets: see snp.h.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <svsm/abi/result.h>

#define SVSM_PROTOCOL_CORE UINT32_C(0)
#define SVSM_PROTOCOL_ATTEST UINT32_C(1)
#define SVSM_PROTOCOL_VTPM UINT32_C(2)
#define SVSM_PROTOCOL_APIC UINT32_C(3) /* [one-source] */
#define SVSM_PROTOCOL_MM UINT32_C(4)   /* UEFI management mode [one-source] */

static inline uint64_t svsm_call_rax(uint32_t protocol, uint32_t call)
{
    return (uint64_t)protocol << 32 | call;
}

static inline uint32_t svsm_call_protocol(uint64_t rax)
{
    return (uint32_t)(rax >> 32);
}

static inline uint32_t svsm_call_number(uint64_t rax)
{
    return (uint32_t)(rax & UINT32_MAX);
}

/* Results besides those of result.h. */
#define SVSM_MEMORY_NEEDED UINT32_C(0x40000000) /* + 4 KiB pages to deposit; guests stop at it */
#define SVSM_MEMORY_NEEDED_PAGES UINT32_C(0x3fffffff)
#define SVSM_ERR_CORE_UNCHANGED UINT32_C(0x80001010)  /* PVALIDATE: CF; instructions: BASE + EAX */
#define SVSM_ERR_CORE_UNEXPECTED UINT32_C(0x80001011) /* EAX above 0fh [one-source] */

/* The calling area: a page of the guest, one per vCPU. */
struct svsm_calling_area {
    uint8_t call_pending;
    uint8_t mem_available;
    uint8_t no_eoi_required; /* APIC protocol only; [one-source] */
    uint8_t reserved_003[5];
    uint8_t guest_area[4088]; /* the guest's own */
};
_Static_assert(sizeof(struct svsm_calling_area) == 0x1000, "58019-calling-area");
_Static_assert(offsetof(struct svsm_calling_area, call_pending) == 0x000, "58019-calling-area");
_Static_assert(offsetof(struct svsm_calling_area, mem_available) == 0x001, "58019-calling-area");
_Static_assert(offsetof(struct svsm_calling_area, no_eoi_required) == 0x002,
               "58019-calling-area [one-source]");
_Static_assert(offsetof(struct svsm_calling_area, reserved_003) == 0x003, "58019-calling-area");
_Static_assert(offsetof(struct svsm_calling_area, guest_area) == 0x008, "58019-calling-area");

/* Core protocol, version 1. */
#define SVSM_CORE_REMAP_CA UINT32_C(0)       /* RCX new calling area */
#define SVSM_CORE_PVALIDATE UINT32_C(1)      /* RCX struct svsm_page_list */
#define SVSM_CORE_CREATE_VCPU UINT32_C(2)    /* RCX VMSA, RDX calling area, R8 APIC ID */
#define SVSM_CORE_DELETE_VCPU UINT32_C(3)    /* RCX VMSA */
#define SVSM_CORE_DEPOSIT_MEM UINT32_C(4)    /* RCX struct svsm_page_list */
#define SVSM_CORE_WITHDRAW_MEM UINT32_C(5)   /* RCX struct svsm_withdraw_list */
#define SVSM_CORE_QUERY_PROTOCOL UINT32_C(6) /* RCX svsm_query(); out: RCX svsm_versions() */
#define SVSM_CORE_CONFIGURE_VTOM UINT32_C(7) /* RCX SVSM_VTOM_* */

/* Head of the lists of PVALIDATE and DEPOSIT_MEM; entries of 8 bytes follow, within its page. */
struct svsm_page_list {
    uint16_t count; /* entries, at least 1 */
    uint16_t next;  /* the first entry not yet done; in and out */
    uint32_t reserved_004;
};
_Static_assert(sizeof(struct svsm_page_list) == 8, "58019-SVSM_PVALIDATE");
_Static_assert(offsetof(struct svsm_page_list, count) == 0x000, "58019-SVSM_PVALIDATE");
_Static_assert(offsetof(struct svsm_page_list, next) == 0x002, "58019-SVSM_PVALIDATE");
_Static_assert(offsetof(struct svsm_page_list, reserved_004) == 0x004, "58019-SVSM_PVALIDATE");

/* The most entries of a list that begins with the head at GPA list. */
static inline unsigned svsm_page_list_max(uint64_t list)
{
    return (unsigned)((4096 - (list & 4095)) / 8) - 1;
}

#define SVSM_ENTRY_SIZE UINT64_C(0x3) /* SNP_PAGE_4K, SNP_PAGE_2M */
#define SVSM_ENTRY_VALIDATE UINT64_C(0x4)
#define SVSM_ENTRY_IGNORE_CF UINT64_C(0x8)
#define SVSM_ENTRY_VALIDATE_RESERVED UINT64_C(0xff0)
#define SVSM_ENTRY_DEPOSIT_RESERVED UINT64_C(0xffc)
#define SVSM_ENTRY_GPA (~UINT64_C(0xfff))

struct svsm_withdraw_list {
    uint16_t count;
    uint8_t reserved_002[6];
};
_Static_assert(sizeof(struct svsm_withdraw_list) == 8, "58019-SVSM_WITHDRAW_MEM");
_Static_assert(offsetof(struct svsm_withdraw_list, count) == 0x000, "58019-SVSM_WITHDRAW_MEM");
_Static_assert(offsetof(struct svsm_withdraw_list, reserved_002) == 0x002,
               "58019-SVSM_WITHDRAW_MEM");

static inline uint64_t svsm_query(uint32_t protocol, uint32_t version)
{
    return (uint64_t)protocol << 32 | version;
}

/* 0 says that the protocol, or that version of it, is not there. */
static inline uint64_t svsm_versions(uint32_t min, uint32_t max)
{
    return (uint64_t)max << 32 | min;
}

#define SVSM_VTOM_QUERY (UINT64_C(1) << 0)
#define SVSM_VTOM_ENABLE (UINT64_C(1) << 1)  /* out: supported */
#define SVSM_VTOM_SET_CR3 (UINT64_C(1) << 2) /* from RDX */
#define SVSM_VTOM_SET_RIP (UINT64_C(1) << 3) /* from R8 */
#define SVSM_VTOM_SET_RSP (UINT64_C(1) << 4) /* from R9 */
#define SVSM_VTOM_RESERVED UINT64_C(0xfe0)
#define SVSM_VTOM_ALIGNMENT_SHIFT 12 /* out: bits 19:12 */
