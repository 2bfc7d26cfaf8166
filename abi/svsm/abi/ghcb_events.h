/* SPDX-License-Identifier: MIT */
/*
 * Events of a GHCB (ghcb.h) that ring 0 does not make: page state changes in lists, and
 * terminations. It has the MSR protocol for both.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <svsm/abi/ghcb.h>

/* SW_EXITINFO1 of GHCB_EVENT_TERMINATE; sets and reasons: ghcb_host.h. */
static inline uint64_t ghcb_terminate(unsigned set, unsigned reason)
{
    return (uint64_t)(reason & 0xffu) << 4 | (set & 0xfu);
}

static inline unsigned ghcb_terminate_set(uint64_t info)
{
    return (unsigned)(info & 0xfu);
}

static inline unsigned ghcb_terminate_reason(uint64_t info)
{
    return (unsigned)(info >> 4 & 0xffu);
}

/* Page state change: the structure in the shared buffer. */
#define GHCB_PSC_ENTRIES 253u
#define GHCB_PSC_CUR_PAGE UINT64_C(0xfff) /* 4 KiB pages already done */
#define GHCB_PSC_GFN_SHIFT 12
#define GHCB_PSC_GFN_MASK UINT64_C(0xffffffffff)
#define GHCB_PSC_OPERATION_SHIFT 52
#define GHCB_PSC_2M (UINT64_C(1) << 56)
#define GHCB_PSC_RESERVED (UINT64_C(0x7f) << 57)

#define GHCB_PSC_PRIVATE 1u
#define GHCB_PSC_SHARED 2u
#define GHCB_PSC_PSMASH 3u
#define GHCB_PSC_UNSMASH 4u

struct ghcb_psc_header {
    uint16_t cur_entry;
    uint16_t end_entry; /* the last one, not one behind */
    uint32_t reserved_004;
};
_Static_assert(sizeof(struct ghcb_psc_header) == 8, "56421-PSC");
_Static_assert(offsetof(struct ghcb_psc_header, cur_entry) == 0x000, "56421-PSC");
_Static_assert(offsetof(struct ghcb_psc_header, end_entry) == 0x002, "56421-PSC");
_Static_assert(offsetof(struct ghcb_psc_header, reserved_004) == 0x004, "56421-PSC");

struct ghcb_psc {
    struct ghcb_psc_header header;
    uint64_t entries[253]; /* GHCB_PSC_* */
};
_Static_assert(sizeof(struct ghcb_psc) == 0x7f0, "56421-PSC");
_Static_assert(offsetof(struct ghcb_psc, header) == 0x000, "56421-PSC");
_Static_assert(offsetof(struct ghcb_psc, entries) == 0x008, "56421-PSC");
_Static_assert(sizeof(struct ghcb_psc) == GHCB_BUFFER_SIZE, "a full request fills the buffer");

/* size: 0 or GHCB_PSC_2M */
static inline uint64_t ghcb_psc_entry(unsigned operation, uint64_t gfn, uint64_t size)
{
    return size | (uint64_t)(operation & 0xfu) << GHCB_PSC_OPERATION_SHIFT |
           (gfn & GHCB_PSC_GFN_MASK) << GHCB_PSC_GFN_SHIFT;
}

static inline uint64_t ghcb_psc_gfn(uint64_t entry)
{
    return entry >> GHCB_PSC_GFN_SHIFT & GHCB_PSC_GFN_MASK;
}

static inline unsigned ghcb_psc_operation(uint64_t entry)
{
    return (unsigned)(entry >> GHCB_PSC_OPERATION_SHIFT & 0xfu);
}

/* SW_EXITINFO2 at return. */
#define GHCB_PSC_OK UINT64_C(0) /* or partly done: see cur_entry */
#define GHCB_PSC_BAD_HEADER UINT64_C(0x100000001)
#define GHCB_PSC_BAD_ENTRY UINT64_C(0x100000002)
#define GHCB_PSC_FAILED UINT64_C(0x10000000000)
