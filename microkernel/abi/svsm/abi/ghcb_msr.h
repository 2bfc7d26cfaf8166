/* SPDX-License-Identifier: MIT */
/*
 * The GHCB's MSR protocol (56421, section 2.3.1): values of MSR C001_0130 that are not the address
 * of a GHCB. The low 12 bits are a code, the rest is its data. Encoders and decoders only; what a
 * side must check is its own affair. Marks in brackets: see snp.h.
 */
#pragma once
#include <stdint.h>

#define GHCB_MSR_CODE UINT64_C(0xfff)
#define GHCB_MSR_DATA_SHIFT 12
#define GHCB_MSR_NO_GFN (~UINT64_C(0) >> GHCB_MSR_DATA_SHIFT) /* none preferred, or refused */

#define GHCB_MSR_PAGE 0x000u /* not of the protocol: the value is the GPA of a GHCB */
#define GHCB_MSR_SEV_INFO_RESPONSE 0x001u
#define GHCB_MSR_SEV_INFO_REQUEST 0x002u
#define GHCB_MSR_CPUID_REQUEST 0x004u
#define GHCB_MSR_CPUID_RESPONSE 0x005u
#define GHCB_MSR_AP_RESET_HOLD_REQUEST 0x006u
#define GHCB_MSR_AP_RESET_HOLD_RESPONSE 0x007u
#define GHCB_MSR_PREFERRED_REQUEST 0x010u
#define GHCB_MSR_PREFERRED_RESPONSE 0x011u
#define GHCB_MSR_REGISTER_REQUEST 0x012u
#define GHCB_MSR_REGISTER_RESPONSE 0x013u
#define GHCB_MSR_PSC_REQUEST 0x014u
#define GHCB_MSR_PSC_RESPONSE 0x015u
#define GHCB_MSR_RUN_VMPL_REQUEST 0x016u
#define GHCB_MSR_RUN_VMPL_RESPONSE 0x017u
#define GHCB_MSR_FEATURES_REQUEST 0x080u
#define GHCB_MSR_FEATURES_RESPONSE 0x081u
#define GHCB_MSR_TERMINATE 0x100u

/* Registers of a CPUID request; leaves with a subleaf cannot be asked for. */
#define GHCB_MSR_CPUID_EAX 0u
#define GHCB_MSR_CPUID_EBX 1u
#define GHCB_MSR_CPUID_ECX 2u
#define GHCB_MSR_CPUID_EDX 3u

/* Operations of a page state change. */
#define GHCB_MSR_PSC_PRIVATE 1u
#define GHCB_MSR_PSC_SHARED 2u

static inline unsigned ghcb_msr_code(uint64_t value)
{
    return (unsigned)(value & GHCB_MSR_CODE);
}

/* Data of any value; a GFN where the code has one. */
static inline uint64_t ghcb_msr_data(uint64_t value)
{
    return value >> GHCB_MSR_DATA_SHIFT;
}

/* Any value from its code and data, which has 52 bits. */
static inline uint64_t ghcb_msr_value(unsigned code, uint64_t data)
{
    return data << GHCB_MSR_DATA_SHIFT | code;
}

static inline uint16_t ghcb_msr_version_max(uint64_t value)
{
    return (uint16_t)(value >> 48);
}

static inline uint16_t ghcb_msr_version_min(uint64_t value)
{
    return (uint16_t)(value >> 32);
}

static inline uint8_t ghcb_msr_cbit(uint64_t value)
{
    return (uint8_t)(value >> 24);
}

/* high: the function of a request, the register's contents of a response. */
static inline uint64_t ghcb_msr_cpuid(unsigned code, uint32_t high, unsigned reg)
{
    return (uint64_t)high << 32 | (uint64_t)(reg & 3u) << 30 | code;
}

/*
 * Bits 63:32: function or contents of CPUID, error of a page state change or of running a VMPL
 * (0 is none).
 */
static inline uint32_t ghcb_msr_high(uint64_t value)
{
    return (uint32_t)(value >> 32);
}

static inline uint64_t ghcb_msr_psc(unsigned operation, uint64_t gfn)
{
    return (uint64_t)(operation & 0xfu) << 52 |
           ghcb_msr_value(GHCB_MSR_PSC_REQUEST, gfn & (GHCB_MSR_NO_GFN >> 12));
}

static inline uint64_t ghcb_msr_run_vmpl(uint8_t vmpl)
{
    return (uint64_t)vmpl << 32 | GHCB_MSR_RUN_VMPL_REQUEST;
}

/* A response that carries nothing but an error in bits 63:32. */
static inline uint64_t ghcb_msr_status(unsigned code, uint32_t error)
{
    return (uint64_t)error << 32 | code;
}

/* Sets and reasons: ghcb_host.h. The event of the same purpose has its fields elsewhere. */
static inline uint64_t ghcb_msr_terminate(unsigned set, unsigned reason)
{
    return (uint64_t)(reason & 0xffu) << 16 | (uint64_t)(set & 0xfu) << 12 | GHCB_MSR_TERMINATE;
}

/* Bits of the hypervisor's features, of the response above and of GHCB_EVENT_FEATURES. */
#define GHCB_HV_SNP (UINT64_C(1) << 0)
#define GHCB_HV_AP_CREATION (UINT64_C(1) << 1)
#define GHCB_HV_RESTRICTED_INJECTION (UINT64_C(1) << 2)
#define GHCB_HV_RESTRICTED_TIMER (UINT64_C(1) << 3)
#define GHCB_HV_APIC_IDS (UINT64_C(1) << 4)
#define GHCB_HV_MULTI_VMPL (UINT64_C(1) << 5)
#define GHCB_HV_PAGE_STATE_CHANGE (UINT64_C(1) << 6)   /* [unsure] */
#define GHCB_HV_EXTENDED_INTERRUPTS (UINT64_C(1) << 9) /* [one-source] */
