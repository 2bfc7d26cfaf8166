/* SPDX-License-Identifier: MIT */
/*
 * The host's end of the GHCB and of its MSR protocol (56421): decoders of what guests ask, encoders
 * of what hosts answer, and the reasons of others than ring 0 to end. Marks in brackets: see snp.h.
 */
#pragma once
#include <stdint.h>
#include <svsm/abi/ghcb_msr.h>

/* SW_EXITINFO2 at return, with GHCB_RESULT_MALFORMED. */
#define GHCB_ERROR_NOT_REGISTERED 1u
#define GHCB_ERROR_USAGE 2u
#define GHCB_ERROR_SCRATCH 3u
#define GHCB_ERROR_MISSING_INPUT 4u
#define GHCB_ERROR_INVALID_INPUT 5u
#define GHCB_ERROR_INVALID_EVENT 6u

/* SW_EXITINFO1 of GHCB_EVENT_AP_CREATION. */
static inline uint32_t ghcb_ap_apic_id(uint64_t info)
{
    return (uint32_t)(info >> 32);
}

static inline unsigned ghcb_ap_vmpl(uint64_t info)
{
    return (unsigned)(info >> 16 & 0xfu);
}

static inline unsigned ghcb_ap_request(uint64_t info)
{
    return (unsigned)(info & 0xffffu);
}

/* SW_EXITINFO2 at return from a guest request. */
static inline uint64_t ghcb_request_status(uint32_t vmm, uint32_t firmware)
{
    return (uint64_t)vmm << 32 | firmware;
}

/* The MSR protocol. */
static inline uint64_t ghcb_msr_sev_info(uint16_t version_max, uint16_t version_min, uint8_t cbit)
{
    return (uint64_t)version_max << 48 | (uint64_t)version_min << 32 | (uint64_t)cbit << 24 |
           GHCB_MSR_SEV_INFO_RESPONSE;
}

static inline unsigned ghcb_msr_cpuid_register(uint64_t value)
{
    return (unsigned)(value >> 30 & 3u);
}

static inline unsigned ghcb_msr_psc_operation(uint64_t value)
{
    return (unsigned)(value >> 52 & 0xfu);
}

static inline uint64_t ghcb_msr_psc_gfn(uint64_t value)
{
    return value >> GHCB_MSR_DATA_SHIFT & (GHCB_MSR_NO_GFN >> 12);
}

static inline uint8_t ghcb_msr_run_vmpl_target(uint64_t value)
{
    return (uint8_t)(value >> 32);
}

static inline unsigned ghcb_msr_terminate_set(uint64_t value)
{
    return (unsigned)(value >> 12 & 0xfu);
}

static inline unsigned ghcb_msr_terminate_reason(uint64_t value)
{
    return (unsigned)(value >> 16 & 0xffu);
}

/* Sets of reasons to end, and the reasons, of the MSR protocol and of ghcb_terminate(). */
#define GHCB_TERM_SET_GENERAL 0u
#define GHCB_TERM_GENERAL 0u
#define GHCB_TERM_PROTOCOL 1u /* no common version */
#define GHCB_TERM_SNP_FEATURES 2u
#define GHCB_TERM_SET_LINUX 1u
#define GHCB_TERM_LINUX_REGISTRATION 0u
#define GHCB_TERM_LINUX_PSC 1u
#define GHCB_TERM_LINUX_PVALIDATE 2u
#define GHCB_TERM_LINUX_NOT_VMPL0 3u
#define GHCB_TERM_LINUX_CPUID 4u
#define GHCB_TERM_LINUX_CPUID_HV 5u
#define GHCB_TERM_LINUX_SECRETS_PAGE 6u
#define GHCB_TERM_LINUX_NO_SVSM 7u
#define GHCB_TERM_LINUX_SVSM_VMPL0 8u
#define GHCB_TERM_LINUX_SVSM_CAA 9u
#define GHCB_TERM_LINUX_SECURE_TSC 10u /* [patches] */
