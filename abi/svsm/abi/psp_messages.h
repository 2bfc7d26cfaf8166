/* SPDX-License-Identifier: MIT */
/*
 * What guest messages carry (56860): the payloads of struct psp_msg by PSP_MSG_*, and the statuses
 * of messages and guest requests. Ring 0 passes messages on (psp.h) and reads none of these. Marks
 * in brackets: see snp.h.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <svsm/abi/attest.h>
#include <svsm/abi/snp_pages.h>

#define PSP_MSG_VERSION 1u

/* A response's type is the request's and one. Payloads of EXPORT to ABSORB_NOMA are not public. */
#define PSP_MSG_CPUID_REQ 1u
#define PSP_MSG_CPUID_RSP 2u
#define PSP_MSG_KEY_REQ 3u
#define PSP_MSG_KEY_RSP 4u
#define PSP_MSG_REPORT_REQ 5u
#define PSP_MSG_REPORT_RSP 6u
#define PSP_MSG_EXPORT_REQ 7u
#define PSP_MSG_EXPORT_RSP 8u
#define PSP_MSG_IMPORT_REQ 9u
#define PSP_MSG_IMPORT_RSP 10u
#define PSP_MSG_ABSORB_REQ 11u
#define PSP_MSG_ABSORB_RSP 12u
#define PSP_MSG_VMRK_REQ 13u
#define PSP_MSG_VMRK_RSP 14u
#define PSP_MSG_ABSORB_NOMA_REQ 15u
#define PSP_MSG_ABSORB_NOMA_RSP 16u
#define PSP_MSG_TSC_INFO_REQ 17u /* [patches] */
#define PSP_MSG_TSC_INFO_RSP 18u /* [patches] */

/* Which key signs a report. */
#define PSP_KEY_SEL_DEFAULT 0u /* VLEK where there is one, else VCEK */
#define PSP_KEY_SEL_VCEK 1u
#define PSP_KEY_SEL_VLEK 2u

struct psp_report_req {
    uint8_t report_data[64];
    uint32_t vmpl;
    uint32_t key_sel; /* PSP_KEY_SEL_* */
    uint8_t reserved_048[24];
};
_Static_assert(sizeof(struct psp_report_req) == 96, "56860-MSG_REPORT_REQ");
_Static_assert(offsetof(struct psp_report_req, report_data) == 0x000, "56860-MSG_REPORT_REQ");
_Static_assert(offsetof(struct psp_report_req, vmpl) == 0x040, "56860-MSG_REPORT_REQ");
_Static_assert(offsetof(struct psp_report_req, key_sel) == 0x044, "56860-MSG_REPORT_REQ");
_Static_assert(offsetof(struct psp_report_req, reserved_048) == 0x048, "56860-MSG_REPORT_REQ");

struct psp_report_rsp {
    uint32_t status;
    uint32_t report_size;
    uint8_t reserved_008[24];
    struct psp_report report;
};
_Static_assert(sizeof(struct psp_report_rsp) == 0x4c0, "56860-MSG_REPORT_RSP");
_Static_assert(offsetof(struct psp_report_rsp, status) == 0x000, "56860-MSG_REPORT_RSP");
_Static_assert(offsetof(struct psp_report_rsp, report_size) == 0x004, "56860-MSG_REPORT_RSP");
_Static_assert(offsetof(struct psp_report_rsp, reserved_008) == 0x008, "56860-MSG_REPORT_RSP");
_Static_assert(offsetof(struct psp_report_rsp, report) == 0x020, "56860-MSG_REPORT_RSP");

#define PSP_KEY_ROOT_VCEK 0u
#define PSP_KEY_ROOT_VMRK 1u
#define PSP_KEY_ROOT_SEL_SHIFT 1 /* PSP_KEY_SEL_* [recalled] */

#define PSP_KEY_FIELD_POLICY (UINT64_C(1) << 0)
#define PSP_KEY_FIELD_IMAGE_ID (UINT64_C(1) << 1)
#define PSP_KEY_FIELD_FAMILY_ID (UINT64_C(1) << 2)
#define PSP_KEY_FIELD_MEASUREMENT (UINT64_C(1) << 3)
#define PSP_KEY_FIELD_GUEST_SVN (UINT64_C(1) << 4)
#define PSP_KEY_FIELD_TCB_VERSION (UINT64_C(1) << 5)
#define PSP_KEY_FIELD_LAUNCH_MIT_VECTOR (UINT64_C(1) << 6) /* [one-source] */

struct psp_key_req {
    uint32_t root_key_select; /* PSP_KEY_ROOT_* */
    uint32_t reserved_004;
    uint64_t guest_field_select; /* PSP_KEY_FIELD_* */
    uint32_t vmpl;
    uint32_t guest_svn;
    struct psp_tcb tcb_version;
};
_Static_assert(sizeof(struct psp_key_req) == 32, "56860-MSG_KEY_REQ");
_Static_assert(offsetof(struct psp_key_req, root_key_select) == 0x000, "56860-MSG_KEY_REQ");
_Static_assert(offsetof(struct psp_key_req, reserved_004) == 0x004, "56860-MSG_KEY_REQ");
_Static_assert(offsetof(struct psp_key_req, guest_field_select) == 0x008, "56860-MSG_KEY_REQ");
_Static_assert(offsetof(struct psp_key_req, vmpl) == 0x010, "56860-MSG_KEY_REQ");
_Static_assert(offsetof(struct psp_key_req, guest_svn) == 0x014, "56860-MSG_KEY_REQ");
_Static_assert(offsetof(struct psp_key_req, tcb_version) == 0x018, "56860-MSG_KEY_REQ");

/* With a message version of 2, from firmware that makes version 5 reports [one-source]. */
struct psp_key_req_v2 {
    struct psp_key_req v1;
    uint64_t launch_mit_vector; /* [one-source] */
};
_Static_assert(sizeof(struct psp_key_req_v2) == 40, "56860-MSG_KEY_REQ");
_Static_assert(offsetof(struct psp_key_req_v2, v1) == 0x000, "56860-MSG_KEY_REQ");
_Static_assert(offsetof(struct psp_key_req_v2, launch_mit_vector) == 0x020,
               "56860-MSG_KEY_REQ [one-source]");

struct psp_key_rsp {
    uint32_t status;
    uint8_t reserved_004[28];
    uint8_t derived_key[32];
};
_Static_assert(sizeof(struct psp_key_rsp) == 64, "56860-MSG_KEY_RSP");
_Static_assert(offsetof(struct psp_key_rsp, status) == 0x000, "56860-MSG_KEY_RSP");
_Static_assert(offsetof(struct psp_key_rsp, reserved_004) == 0x004, "56860-MSG_KEY_RSP");
_Static_assert(offsetof(struct psp_key_rsp, derived_key) == 0x020, "56860-MSG_KEY_RSP");

struct psp_tsc_info_req {
    uint8_t reserved_000[128]; /* [patches] */
};
_Static_assert(sizeof(struct psp_tsc_info_req) == 128, "56860-MSG_TSC_INFO_REQ/patches");
_Static_assert(offsetof(struct psp_tsc_info_req, reserved_000) == 0x000,
               "56860-MSG_TSC_INFO_REQ/patches [patches]");

struct psp_tsc_info_rsp {
    uint32_t status;           /* [patches] */
    uint32_t reserved_004;     /* [patches] */
    uint64_t guest_tsc_scale;  /* [patches] */
    uint64_t guest_tsc_offset; /* [patches] */
    uint32_t tsc_factor;       /* [patches] */
    uint8_t reserved_01c[100]; /* [patches] */
};
_Static_assert(sizeof(struct psp_tsc_info_rsp) == 128, "56860-MSG_TSC_INFO_RSP/patches");
_Static_assert(offsetof(struct psp_tsc_info_rsp, status) == 0x000,
               "56860-MSG_TSC_INFO_RSP/patches [patches]");
_Static_assert(offsetof(struct psp_tsc_info_rsp, reserved_004) == 0x004,
               "56860-MSG_TSC_INFO_RSP/patches [patches]");
_Static_assert(offsetof(struct psp_tsc_info_rsp, guest_tsc_scale) == 0x008,
               "56860-MSG_TSC_INFO_RSP/patches [patches]");
_Static_assert(offsetof(struct psp_tsc_info_rsp, guest_tsc_offset) == 0x010,
               "56860-MSG_TSC_INFO_RSP/patches [patches]");
_Static_assert(offsetof(struct psp_tsc_info_rsp, tsc_factor) == 0x018,
               "56860-MSG_TSC_INFO_RSP/patches [patches]");
_Static_assert(offsetof(struct psp_tsc_info_rsp, reserved_01c) == 0x01c,
               "56860-MSG_TSC_INFO_RSP/patches [patches]");

struct psp_cpuid_req {
    uint32_t count;                     /* [one-source] */
    uint32_t reserved_004;              /* [one-source] */
    uint64_t reserved_008;              /* [one-source] */
    struct snp_cpuid_entry entries[64]; /* [one-source] */
};
_Static_assert(sizeof(struct psp_cpuid_req) == 0xc10, "56860-MSG_CPUID_REQ/one-source");
_Static_assert(offsetof(struct psp_cpuid_req, count) == 0x000,
               "56860-MSG_CPUID_REQ/one-source [one-source]");
_Static_assert(offsetof(struct psp_cpuid_req, reserved_004) == 0x004,
               "56860-MSG_CPUID_REQ/one-source [one-source]");
_Static_assert(offsetof(struct psp_cpuid_req, reserved_008) == 0x008,
               "56860-MSG_CPUID_REQ/one-source [one-source]");
_Static_assert(offsetof(struct psp_cpuid_req, entries) == 0x010,
               "56860-MSG_CPUID_REQ/one-source [one-source]");

struct psp_cpuid_rsp {
    uint32_t status;                    /* [recalled] */
    uint32_t count;                     /* [recalled] */
    uint64_t reserved_008;              /* [recalled] */
    struct snp_cpuid_entry entries[64]; /* [recalled] */
};
_Static_assert(sizeof(struct psp_cpuid_rsp) == 0xc10, "56860-MSG_CPUID_RSP/recalled");
_Static_assert(offsetof(struct psp_cpuid_rsp, status) == 0x000,
               "56860-MSG_CPUID_RSP/recalled [recalled]");
_Static_assert(offsetof(struct psp_cpuid_rsp, count) == 0x004,
               "56860-MSG_CPUID_RSP/recalled [recalled]");
_Static_assert(offsetof(struct psp_cpuid_rsp, reserved_008) == 0x008,
               "56860-MSG_CPUID_RSP/recalled [recalled]");
_Static_assert(offsetof(struct psp_cpuid_rsp, entries) == 0x010,
               "56860-MSG_CPUID_RSP/recalled [recalled]");

/* Statuses of messages and, in SW_EXITINFO2[31:0], of guest requests. */
#define PSP_STATUS_SUCCESS 0x00u
#define PSP_STATUS_INVALID_PLATFORM_STATE 0x01u
#define PSP_STATUS_INVALID_GUEST_STATE 0x02u
#define PSP_STATUS_INVALID_CONFIG 0x03u
#define PSP_STATUS_INVALID_LEN 0x04u
#define PSP_STATUS_ALREADY_OWNED 0x05u
#define PSP_STATUS_INVALID_CERTIFICATE 0x06u
#define PSP_STATUS_POLICY_FAILURE 0x07u
#define PSP_STATUS_INACTIVE 0x08u
#define PSP_STATUS_INVALID_ADDRESS 0x09u
#define PSP_STATUS_BAD_SIGNATURE 0x0au
#define PSP_STATUS_BAD_MEASUREMENT 0x0bu
#define PSP_STATUS_ASID_OWNED 0x0cu
#define PSP_STATUS_INVALID_ASID 0x0du
#define PSP_STATUS_WBINVD_REQUIRED 0x0eu
#define PSP_STATUS_DFFLUSH_REQUIRED 0x0fu
#define PSP_STATUS_INVALID_GUEST 0x10u
#define PSP_STATUS_INVALID_COMMAND 0x11u
#define PSP_STATUS_ACTIVE 0x12u
#define PSP_STATUS_HWERROR_PLATFORM 0x13u
#define PSP_STATUS_HWERROR_UNSAFE 0x14u
#define PSP_STATUS_UNSUPPORTED 0x15u
#define PSP_STATUS_INVALID_PARAM 0x16u
#define PSP_STATUS_RESOURCE_LIMIT 0x17u
#define PSP_STATUS_SECURE_DATA_INVALID 0x18u
#define PSP_STATUS_INVALID_PAGE_SIZE 0x19u
#define PSP_STATUS_INVALID_PAGE_STATE 0x1au
#define PSP_STATUS_INVALID_MDATA_ENTRY 0x1bu
#define PSP_STATUS_INVALID_PAGE_OWNER 0x1cu
#define PSP_STATUS_AEAD_OFLOW 0x1du
#define PSP_STATUS_EXIT_RING_BUFFER 0x1fu
#define PSP_STATUS_RMP_INIT_REQUIRED 0x20u
#define PSP_STATUS_BAD_SVN 0x21u
#define PSP_STATUS_BAD_VERSION 0x22u
#define PSP_STATUS_SHUTDOWN_REQUIRED 0x23u
#define PSP_STATUS_UPDATE_FAILED 0x24u
#define PSP_STATUS_RESTORE_REQUIRED 0x25u
#define PSP_STATUS_RMP_INIT_FAILED 0x26u
#define PSP_STATUS_INVALID_KEY 0x27u
#define PSP_STATUS_NOT_CALLED UINT32_C(0xffffffff) /* Linux's: the firmware was never asked */
