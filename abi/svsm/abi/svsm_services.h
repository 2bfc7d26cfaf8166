/* SPDX-License-Identifier: MIT */
/*
 * The protocols of an SVSM besides the core protocol (58019): attestation, vTPM, APIC, UEFI
 * management mode. Each belongs to a service. How a call is made, and the numbers of the protocols:
 * svsm_protocol.h. Marks in brackets: see snp.h.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* Attestation protocol, version 1. Out: RCX, RDX, R8 sizes of manifest, certificates, report. */
#define SVSM_ATTEST_SERVICES UINT32_C(0)             /* RCX struct svsm_attest_request */
#define SVSM_ATTEST_SINGLE_SERVICE UINT32_C(1)       /* RCX struct svsm_attest_single_request */
#define SVSM_ERR_ATTEST_REQUEST UINT32_C(0x80001000) /* the firmware or host refused */

struct svsm_attest_request {
    uint64_t report_gpa; /* page aligned */
    uint32_t report_size;
    uint32_t reserved_00c;
    uint64_t nonce_gpa;
    uint16_t nonce_size;
    uint8_t reserved_01a[6];
    uint64_t manifest_gpa; /* page aligned */
    uint32_t manifest_size;
    uint32_t reserved_02c;
    uint64_t certs_gpa;  /* page aligned */
    uint32_t certs_size; /* 0: none wanted */
    uint32_t reserved_03c;
};
_Static_assert(sizeof(struct svsm_attest_request) == 64, "58019-SVSM_ATTEST_SERVICES");
_Static_assert(offsetof(struct svsm_attest_request, report_gpa) == 0x000,
               "58019-SVSM_ATTEST_SERVICES");
_Static_assert(offsetof(struct svsm_attest_request, report_size) == 0x008,
               "58019-SVSM_ATTEST_SERVICES");
_Static_assert(offsetof(struct svsm_attest_request, reserved_00c) == 0x00c,
               "58019-SVSM_ATTEST_SERVICES");
_Static_assert(offsetof(struct svsm_attest_request, nonce_gpa) == 0x010,
               "58019-SVSM_ATTEST_SERVICES");
_Static_assert(offsetof(struct svsm_attest_request, nonce_size) == 0x018,
               "58019-SVSM_ATTEST_SERVICES");
_Static_assert(offsetof(struct svsm_attest_request, reserved_01a) == 0x01a,
               "58019-SVSM_ATTEST_SERVICES");
_Static_assert(offsetof(struct svsm_attest_request, manifest_gpa) == 0x020,
               "58019-SVSM_ATTEST_SERVICES");
_Static_assert(offsetof(struct svsm_attest_request, manifest_size) == 0x028,
               "58019-SVSM_ATTEST_SERVICES");
_Static_assert(offsetof(struct svsm_attest_request, reserved_02c) == 0x02c,
               "58019-SVSM_ATTEST_SERVICES");
_Static_assert(offsetof(struct svsm_attest_request, certs_gpa) == 0x030,
               "58019-SVSM_ATTEST_SERVICES");
_Static_assert(offsetof(struct svsm_attest_request, certs_size) == 0x038,
               "58019-SVSM_ATTEST_SERVICES");
_Static_assert(offsetof(struct svsm_attest_request, reserved_03c) == 0x03c,
               "58019-SVSM_ATTEST_SERVICES");

struct svsm_attest_single_request {
    struct svsm_attest_request all;
    uint8_t service_guid[16]; /* mixed-endian */
    uint32_t manifest_version;
    uint32_t reserved_054;
};
_Static_assert(sizeof(struct svsm_attest_single_request) == 88, "58019-SVSM_ATTEST_SINGLE_SERVICE");
_Static_assert(offsetof(struct svsm_attest_single_request, all) == 0x000,
               "58019-SVSM_ATTEST_SINGLE_SERVICE");
_Static_assert(offsetof(struct svsm_attest_single_request, service_guid) == 0x040,
               "58019-SVSM_ATTEST_SINGLE_SERVICE");
_Static_assert(offsetof(struct svsm_attest_single_request, manifest_version) == 0x050,
               "58019-SVSM_ATTEST_SINGLE_SERVICE");
_Static_assert(offsetof(struct svsm_attest_single_request, reserved_054) == 0x054,
               "58019-SVSM_ATTEST_SINGLE_SERVICE");

/* A manifest of all services: this header, one entry per service, the services' manifests. */
struct svsm_manifest_header {
    uint8_t guid[16]; /* SVSM_GUID_MANIFEST */
    uint32_t size;    /* with this header */
    uint32_t count;
};
_Static_assert(sizeof(struct svsm_manifest_header) == 24, "58019-services-manifest");
_Static_assert(offsetof(struct svsm_manifest_header, guid) == 0x000, "58019-services-manifest");
_Static_assert(offsetof(struct svsm_manifest_header, size) == 0x010, "58019-services-manifest");
_Static_assert(offsetof(struct svsm_manifest_header, count) == 0x014, "58019-services-manifest");

struct svsm_manifest_entry {
    uint8_t guid[16];
    uint32_t offset; /* from the header */
    uint32_t size;
};
_Static_assert(sizeof(struct svsm_manifest_entry) == 24, "58019-services-manifest");
_Static_assert(offsetof(struct svsm_manifest_entry, guid) == 0x000, "58019-services-manifest");
_Static_assert(offsetof(struct svsm_manifest_entry, offset) == 0x010, "58019-services-manifest");
_Static_assert(offsetof(struct svsm_manifest_entry, size) == 0x014, "58019-services-manifest");

/* In memory in mixed order: the first three groups little-endian. */
#define SVSM_GUID_MANIFEST "63849ebb-3d92-4670-a1ff-58f9c94b87bb"
#define SVSM_GUID_VTPM "c476f1eb-0123-45a5-9641-b4e7dde5bfe3"
#define SVSM_GUID_MM "a4453a59-9e1b-4787-a033-1986d6adbe55" /* [one-source] */

struct svsm_mm_manifest {
    uint32_t version; /* [one-source] */
    uint32_t flags;   /* SVSM_MM_*; [one-source] */
};
_Static_assert(sizeof(struct svsm_mm_manifest) == 8, "58019-UEFI-MM/one-source");
_Static_assert(offsetof(struct svsm_mm_manifest, version) == 0x000,
               "58019-UEFI-MM/one-source [one-source]");
_Static_assert(offsetof(struct svsm_mm_manifest, flags) == 0x004,
               "58019-UEFI-MM/one-source [one-source]");
#define SVSM_MM_PERSISTENT UINT32_C(0x1)
#define SVSM_MM_SECURE_BOOT UINT32_C(0x2)
#define SVSM_MM_DB_UPDATABLE UINT32_C(0x4)

/* vTPM protocol, version 1. */
#define SVSM_VTPM_QUERY UINT32_C(0) /* out: RCX bit n for command n, RDX features, all reserved */
#define SVSM_VTPM_CMD UINT32_C(1)   /* RCX buffer, below; at most SVSM_VTPM_BUFFER_MAX bytes */
#define SVSM_VTPM_BUFFER_MAX 4096u
#define SVSM_VTPM_SEND_COMMAND UINT32_C(8)
#define SVSM_VTPM_COMMAND_MAX 4087u  /* TPM command */
#define SVSM_VTPM_RESPONSE_MAX 4092u /* TPM response */

/* The TPM's bytes follow each; these heads are little-endian, theirs are not. */
struct __attribute__((packed)) svsm_vtpm_request {
    uint32_t command; /* SVSM_VTPM_SEND_COMMAND */
    uint8_t locality; /* 0 */
    uint32_t size;    /* of the TPM command behind this header */
};
_Static_assert(sizeof(struct svsm_vtpm_request) == 9, "58019-SVSM_VTPM_CMD");
_Static_assert(offsetof(struct svsm_vtpm_request, command) == 0x000, "58019-SVSM_VTPM_CMD");
_Static_assert(offsetof(struct svsm_vtpm_request, locality) == 0x004, "58019-SVSM_VTPM_CMD");
_Static_assert(offsetof(struct svsm_vtpm_request, size) == 0x005, "58019-SVSM_VTPM_CMD");

struct svsm_vtpm_response {
    uint32_t size; /* of the TPM response behind this header */
};
_Static_assert(sizeof(struct svsm_vtpm_response) == 4, "58019-SVSM_VTPM_CMD");
_Static_assert(offsetof(struct svsm_vtpm_response, size) == 0x000, "58019-SVSM_VTPM_CMD");

/* APIC protocol, version 1 [one-source]. Registers are numbered as the x2APIC's MSRs. */
#define SVSM_APIC_QUERY_FEATURES UINT32_C(0)   /* out: RCX */
#define SVSM_APIC_CONFIGURE UINT32_C(1)        /* RCX SVSM_APIC_APPLY, ... */
#define SVSM_APIC_READ_REGISTER UINT32_C(2)    /* RCX register; out: RDX */
#define SVSM_APIC_WRITE_REGISTER UINT32_C(3)   /* RCX register, RDX */
#define SVSM_APIC_CONFIGURE_VECTOR UINT32_C(4) /* RCX vector and SVSM_APIC_VECTOR_* */
#define SVSM_ERR_APIC_REGISTER UINT32_C(0x80001000)
#define SVSM_APIC_APPLY UINT64_C(0)
#define SVSM_APIC_DEREGISTER UINT64_C(1)
#define SVSM_APIC_REGISTER UINT64_C(2)
#define SVSM_APIC_VECTOR_ENABLE (UINT64_C(1) << 8)
#define SVSM_APIC_VECTOR_ALL (UINT64_C(1) << 9) /* 31 to 255 */

/* UEFI MM protocol, version 1 [one-source]. */
#define SVSM_MM_REQUEST UINT32_C(1) /* RCX buffer, page aligned; RDX its bytes */
#define SVSM_MM_BUFFER_MIN 24u
#define SVSM_MM_BUFFER_MAX 262144u

/* Head of the buffer; the message follows, and the reply takes its place. */
struct svsm_mm_header {
    uint8_t guid[16];
    uint64_t message_size;
};
_Static_assert(sizeof(struct svsm_mm_header) == 24, "UEFI-PI-MM-communicate");
_Static_assert(offsetof(struct svsm_mm_header, guid) == 0x000, "UEFI-PI-MM-communicate");
_Static_assert(offsetof(struct svsm_mm_header, message_size) == 0x010, "UEFI-PI-MM-communicate");
