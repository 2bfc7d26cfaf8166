/* SPDX-License-Identifier: MIT */
/*
 * The attestation report (56860), its signature, and the table of certificates that a host may add
 * (56421). Numbers in keys and signatures are little-endian. Marks in brackets: see snp.h.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* Versions of firmware parts, one byte each. Which part a byte has depends on the CPU. */
struct psp_tcb {
    uint8_t part[8]; /* PSP_TCB_* */
};
_Static_assert(sizeof(struct psp_tcb) == 8, "56860-TCB_VERSION");
_Static_assert(offsetof(struct psp_tcb, part) == 0x000, "56860-TCB_VERSION");
#define PSP_TCB_MILAN_BOOT_LOADER 0u /* Milan and Genoa */
#define PSP_TCB_MILAN_TEE 1u
#define PSP_TCB_MILAN_SNP 6u
#define PSP_TCB_MILAN_MICROCODE 7u
#define PSP_TCB_TURIN_FMC 0u
#define PSP_TCB_TURIN_BOOT_LOADER 1u
#define PSP_TCB_TURIN_TEE 2u
#define PSP_TCB_TURIN_SNP 3u
#define PSP_TCB_TURIN_MICROCODE 7u

#define PSP_SIGN_ECDSA_P384_SHA384 1u
#define PSP_CURVE_P384 2u

struct psp_signature {
    uint8_t r[72]; /* little-endian, zero-extended */
    uint8_t s[72];
    uint8_t reserved_090[368];
};
_Static_assert(sizeof(struct psp_signature) == 0x200, "56860-ECDSA-signature");
_Static_assert(offsetof(struct psp_signature, r) == 0x000, "56860-ECDSA-signature");
_Static_assert(offsetof(struct psp_signature, s) == 0x048, "56860-ECDSA-signature");
_Static_assert(offsetof(struct psp_signature, reserved_090) == 0x090, "56860-ECDSA-signature");

struct psp_public_key {
    uint32_t curve; /* PSP_CURVE_P384 */
    uint8_t qx[72]; /* little-endian, zero-extended */
    uint8_t qy[72];
    uint8_t reserved_094[880];
};
_Static_assert(sizeof(struct psp_public_key) == 0x404, "56860-ECDSA-key");
_Static_assert(offsetof(struct psp_public_key, curve) == 0x000, "56860-ECDSA-key");
_Static_assert(offsetof(struct psp_public_key, qx) == 0x004, "56860-ECDSA-key");
_Static_assert(offsetof(struct psp_public_key, qy) == 0x04c, "56860-ECDSA-key");
_Static_assert(offsetof(struct psp_public_key, reserved_094) == 0x094, "56860-ECDSA-key");

/* Policy of a guest. */
#define PSP_POLICY_ABI_MINOR UINT64_C(0xff)
#define PSP_POLICY_ABI_MAJOR_SHIFT 8
#define PSP_POLICY_SMT (UINT64_C(1) << 16)
#define PSP_POLICY_ONE (UINT64_C(1) << 17) /* must be set */
#define PSP_POLICY_MIGRATE_MA (UINT64_C(1) << 18)
#define PSP_POLICY_DEBUG (UINT64_C(1) << 19)
#define PSP_POLICY_SINGLE_SOCKET (UINT64_C(1) << 20)
#define PSP_POLICY_CXL (UINT64_C(1) << 21)
#define PSP_POLICY_AES_256_XTS (UINT64_C(1) << 22)
#define PSP_POLICY_RAPL_DISABLED (UINT64_C(1) << 23)
#define PSP_POLICY_CIPHERTEXT_HIDING (UINT64_C(1) << 24)
#define PSP_POLICY_PAGE_SWAP_DISABLED (UINT64_C(1) << 25)
#define PSP_POLICY_RESERVED (~UINT64_C(0x3ffffff))

#define PSP_PLATFORM_SMT (UINT64_C(1) << 0)
#define PSP_PLATFORM_TSME (UINT64_C(1) << 1)
#define PSP_PLATFORM_ECC (UINT64_C(1) << 2)
#define PSP_PLATFORM_RAPL_DISABLED (UINT64_C(1) << 3)
#define PSP_PLATFORM_CIPHERTEXT_HIDING (UINT64_C(1) << 4)
#define PSP_PLATFORM_ALIAS_CHECK (UINT64_C(1) << 5)
#define PSP_PLATFORM_TIO (UINT64_C(1) << 7)

#define PSP_KEY_INFO_AUTHOR_KEY UINT32_C(0x01)
#define PSP_KEY_INFO_MASK_CHIP_KEY UINT32_C(0x02) /* the signature is zero */
#define PSP_KEY_INFO_SIGNING_SHIFT 2
#define PSP_KEY_INFO_SIGNING_MASK UINT32_C(0x7)
#define PSP_SIGNING_VCEK 0u
#define PSP_SIGNING_VLEK 1u
#define PSP_SIGNING_NONE 7u

static inline unsigned psp_key_info_signing(uint32_t key_info)
{
    return key_info >> PSP_KEY_INFO_SIGNING_SHIFT & PSP_KEY_INFO_SIGNING_MASK;
}

#define PSP_REPORT_VERSION_MIN 2u
#define PSP_REPORT_VERSION_CPUID 3u
#define PSP_REPORT_VERSION_MITIGATIONS 5u
#define PSP_REPORT_SIGNED_SIZE 0x2a0u

struct psp_report {
    uint32_t version; /* 2 to 5; a later one is read as 5 */
    uint32_t guest_svn;
    uint64_t policy; /* PSP_POLICY_* */
    uint8_t family_id[16];
    uint8_t image_id[16];
    uint32_t vmpl;           /* as the request asked */
    uint32_t signature_algo; /* PSP_SIGN_ECDSA_P384_SHA384 */
    struct psp_tcb current_tcb;
    uint64_t platform_info; /* PSP_PLATFORM_* */
    uint32_t key_info;      /* PSP_KEY_INFO_* */
    uint32_t reserved_04c;
    uint8_t report_data[64];
    uint8_t measurement[48]; /* launch digest */
    uint8_t host_data[32];
    uint8_t id_key_digest[48];
    uint8_t author_key_digest[48];
    uint8_t report_id[32];
    uint8_t report_id_ma[32]; /* all ones without a migration agent [recalled] */
    struct psp_tcb reported_tcb;
    uint8_t cpuid_fam_id; /* from here to cpuid_step: version 3 and later */
    uint8_t cpuid_mod_id;
    uint8_t cpuid_step;
    uint8_t reserved_18b[21];
    uint8_t chip_id[64];
    struct psp_tcb committed_tcb;
    uint8_t current_build;
    uint8_t current_minor;
    uint8_t current_major;
    uint8_t reserved_1eb;
    uint8_t committed_build;
    uint8_t committed_minor;
    uint8_t committed_major;
    uint8_t reserved_1ef;
    struct psp_tcb launch_tcb;
    uint64_t launch_mit_vector;  /* version 5 */
    uint64_t current_mit_vector; /* version 5 */
    uint8_t reserved_208[152];
    struct psp_signature signature; /* of the bytes before it */
};
_Static_assert(sizeof(struct psp_report) == 0x4a0, "56860-ATTESTATION_REPORT");
_Static_assert(offsetof(struct psp_report, version) == 0x000, "56860-ATTESTATION_REPORT");
_Static_assert(offsetof(struct psp_report, guest_svn) == 0x004, "56860-ATTESTATION_REPORT");
_Static_assert(offsetof(struct psp_report, policy) == 0x008, "56860-ATTESTATION_REPORT");
_Static_assert(offsetof(struct psp_report, family_id) == 0x010, "56860-ATTESTATION_REPORT");
_Static_assert(offsetof(struct psp_report, image_id) == 0x020, "56860-ATTESTATION_REPORT");
_Static_assert(offsetof(struct psp_report, vmpl) == 0x030, "56860-ATTESTATION_REPORT");
_Static_assert(offsetof(struct psp_report, signature_algo) == 0x034, "56860-ATTESTATION_REPORT");
_Static_assert(offsetof(struct psp_report, current_tcb) == 0x038, "56860-ATTESTATION_REPORT");
_Static_assert(offsetof(struct psp_report, platform_info) == 0x040, "56860-ATTESTATION_REPORT");
_Static_assert(offsetof(struct psp_report, key_info) == 0x048, "56860-ATTESTATION_REPORT");
_Static_assert(offsetof(struct psp_report, reserved_04c) == 0x04c, "56860-ATTESTATION_REPORT");
_Static_assert(offsetof(struct psp_report, report_data) == 0x050, "56860-ATTESTATION_REPORT");
_Static_assert(offsetof(struct psp_report, measurement) == 0x090, "56860-ATTESTATION_REPORT");
_Static_assert(offsetof(struct psp_report, host_data) == 0x0c0, "56860-ATTESTATION_REPORT");
_Static_assert(offsetof(struct psp_report, id_key_digest) == 0x0e0, "56860-ATTESTATION_REPORT");
_Static_assert(offsetof(struct psp_report, author_key_digest) == 0x110, "56860-ATTESTATION_REPORT");
_Static_assert(offsetof(struct psp_report, report_id) == 0x140, "56860-ATTESTATION_REPORT");
_Static_assert(offsetof(struct psp_report, report_id_ma) == 0x160, "56860-ATTESTATION_REPORT");
_Static_assert(offsetof(struct psp_report, reported_tcb) == 0x180, "56860-ATTESTATION_REPORT");
_Static_assert(offsetof(struct psp_report, cpuid_fam_id) == 0x188, "56860-ATTESTATION_REPORT");
_Static_assert(offsetof(struct psp_report, cpuid_mod_id) == 0x189, "56860-ATTESTATION_REPORT");
_Static_assert(offsetof(struct psp_report, cpuid_step) == 0x18a, "56860-ATTESTATION_REPORT");
_Static_assert(offsetof(struct psp_report, reserved_18b) == 0x18b, "56860-ATTESTATION_REPORT");
_Static_assert(offsetof(struct psp_report, chip_id) == 0x1a0, "56860-ATTESTATION_REPORT");
_Static_assert(offsetof(struct psp_report, committed_tcb) == 0x1e0, "56860-ATTESTATION_REPORT");
_Static_assert(offsetof(struct psp_report, current_build) == 0x1e8, "56860-ATTESTATION_REPORT");
_Static_assert(offsetof(struct psp_report, current_minor) == 0x1e9, "56860-ATTESTATION_REPORT");
_Static_assert(offsetof(struct psp_report, current_major) == 0x1ea, "56860-ATTESTATION_REPORT");
_Static_assert(offsetof(struct psp_report, reserved_1eb) == 0x1eb, "56860-ATTESTATION_REPORT");
_Static_assert(offsetof(struct psp_report, committed_build) == 0x1ec, "56860-ATTESTATION_REPORT");
_Static_assert(offsetof(struct psp_report, committed_minor) == 0x1ed, "56860-ATTESTATION_REPORT");
_Static_assert(offsetof(struct psp_report, committed_major) == 0x1ee, "56860-ATTESTATION_REPORT");
_Static_assert(offsetof(struct psp_report, reserved_1ef) == 0x1ef, "56860-ATTESTATION_REPORT");
_Static_assert(offsetof(struct psp_report, launch_tcb) == 0x1f0, "56860-ATTESTATION_REPORT");
_Static_assert(offsetof(struct psp_report, launch_mit_vector) == 0x1f8, "56860-ATTESTATION_REPORT");
_Static_assert(offsetof(struct psp_report, current_mit_vector) == 0x200,
               "56860-ATTESTATION_REPORT");
_Static_assert(offsetof(struct psp_report, reserved_208) == 0x208, "56860-ATTESTATION_REPORT");
_Static_assert(offsetof(struct psp_report, signature) == 0x2a0, "56860-ATTESTATION_REPORT");
_Static_assert(offsetof(struct psp_report, signature) == PSP_REPORT_SIGNED_SIZE,
               "56860-ATTESTATION_REPORT");

/* A table of certificates is an array of these that ends with an entry of zeros. */
struct psp_cert_entry {
    uint8_t guid[16]; /* string order, see below */
    uint32_t offset;  /* from the start of the table */
    uint32_t length;
};
_Static_assert(sizeof(struct psp_cert_entry) == 24, "56421-certificate-table");
_Static_assert(offsetof(struct psp_cert_entry, guid) == 0x000, "56421-certificate-table");
_Static_assert(offsetof(struct psp_cert_entry, offset) == 0x010, "56421-certificate-table");
_Static_assert(offsetof(struct psp_cert_entry, length) == 0x014, "56421-certificate-table");

/*
 * GUIDs in the order in which they are written, which is how tools write them into the table; no
 * source gives the mixed order that UEFI uses [one-source].
 */
#define PSP_CERT_ARK "c0b406a4-a803-4952-9743-3fb6014cd0ae"
#define PSP_CERT_ASK "4ab7b379-bbac-4fe4-a02f-05aef327c782"
#define PSP_CERT_VCEK "63da758d-e664-4564-adc5-f4b93be8accd"
#define PSP_CERT_VLEK "a8074bc2-a25a-483e-aae6-39c045a0b8a1"
#define PSP_CERT_CRL "92f81bc3-5811-4d3d-97ff-d19f88dc67ea"
