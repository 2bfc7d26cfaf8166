/* SPDX-License-Identifier: MIT */
/*
 * The launch of an SNP guest as far as it is measured or signed (56860): page types, what the
 * launch digest is made of, the ID block. The digest starts as 48 zero bytes; each page makes it
 * the SHA-384 of struct psp_page_info. Marks in brackets: see snp.h.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <svsm/abi/attest.h>

#define PSP_DIGEST_SIZE 48u

/* Types of pages; only the contents of the first two are measured. */
#define PSP_PAGE_NORMAL 1u
#define PSP_PAGE_VMSA 2u
#define PSP_PAGE_ZERO 3u
#define PSP_PAGE_UNMEASURED 4u
#define PSP_PAGE_SECRETS 5u
#define PSP_PAGE_CPUID 6u

#define PSP_PAGE_INFO_LENGTH 0x70u
#define PSP_PAGE_INFO_IMI 0x01u

/*
 * The order of the permissions is that of the command's buffer [one-source]; another program has
 * it reversed, which shows only for masks other than 0, and KVM has no others.
 */
struct psp_page_info {
    uint8_t digest_cur[48];
    uint8_t contents[48]; /* SHA-384 of the page, or zero by its type */
    uint16_t length;
    uint8_t page_type; /* PSP_PAGE_* */
    uint8_t imi_page;  /* bit 0 */
    uint8_t reserved_064;
    uint8_t vmpl1_perms; /* SNP_PERM_* */
    uint8_t vmpl2_perms;
    uint8_t vmpl3_perms;
    uint64_t gpa; /* without C-bit */
};
_Static_assert(sizeof(struct psp_page_info) == 112, "56860-PAGE_INFO");
_Static_assert(offsetof(struct psp_page_info, digest_cur) == 0x000, "56860-PAGE_INFO");
_Static_assert(offsetof(struct psp_page_info, contents) == 0x030, "56860-PAGE_INFO");
_Static_assert(offsetof(struct psp_page_info, length) == 0x060, "56860-PAGE_INFO");
_Static_assert(offsetof(struct psp_page_info, page_type) == 0x062, "56860-PAGE_INFO");
_Static_assert(offsetof(struct psp_page_info, imi_page) == 0x063, "56860-PAGE_INFO");
_Static_assert(offsetof(struct psp_page_info, reserved_064) == 0x064, "56860-PAGE_INFO");
_Static_assert(offsetof(struct psp_page_info, vmpl1_perms) == 0x065, "56860-PAGE_INFO");
_Static_assert(offsetof(struct psp_page_info, vmpl2_perms) == 0x066, "56860-PAGE_INFO");
_Static_assert(offsetof(struct psp_page_info, vmpl3_perms) == 0x067, "56860-PAGE_INFO");
_Static_assert(offsetof(struct psp_page_info, gpa) == 0x068, "56860-PAGE_INFO");
_Static_assert(sizeof(struct psp_page_info) == PSP_PAGE_INFO_LENGTH, "56860-PAGE_INFO");

/* Under Secure TSC these bytes of a VMSA are measured as zero [one-source]. */
#define PSP_VMSA_UNMEASURED_OFFSET 0x2f0u
#define PSP_VMSA_UNMEASURED_SIZE 0x10u

#define PSP_ID_BLOCK_VERSION 1u

struct psp_id_block {
    uint8_t ld[48];
    uint8_t family_id[16];
    uint8_t image_id[16];
    uint32_t version;
    uint32_t guest_svn;
    uint64_t policy;
};
_Static_assert(sizeof(struct psp_id_block) == 96, "56860-ID_BLOCK");
_Static_assert(offsetof(struct psp_id_block, ld) == 0x000, "56860-ID_BLOCK");
_Static_assert(offsetof(struct psp_id_block, family_id) == 0x030, "56860-ID_BLOCK");
_Static_assert(offsetof(struct psp_id_block, image_id) == 0x040, "56860-ID_BLOCK");
_Static_assert(offsetof(struct psp_id_block, version) == 0x050, "56860-ID_BLOCK");
_Static_assert(offsetof(struct psp_id_block, guest_svn) == 0x054, "56860-ID_BLOCK");
_Static_assert(offsetof(struct psp_id_block, policy) == 0x058, "56860-ID_BLOCK");

struct psp_id_auth {
    uint32_t id_key_algo; /* PSP_SIGN_ECDSA_P384_SHA384 */
    uint32_t author_key_algo;
    uint8_t reserved_008[56];
    struct psp_signature id_block_sig; /* of struct psp_id_block by id_key */
    struct psp_public_key id_key;
    uint8_t reserved_644[60];
    struct psp_signature id_key_sig; /* of id_key by author_key */
    struct psp_public_key author_key;
    uint8_t reserved_c84[892];
};
_Static_assert(sizeof(struct psp_id_auth) == 0x1000, "56860-ID_AUTH");
_Static_assert(offsetof(struct psp_id_auth, id_key_algo) == 0x000, "56860-ID_AUTH");
_Static_assert(offsetof(struct psp_id_auth, author_key_algo) == 0x004, "56860-ID_AUTH");
_Static_assert(offsetof(struct psp_id_auth, reserved_008) == 0x008, "56860-ID_AUTH");
_Static_assert(offsetof(struct psp_id_auth, id_block_sig) == 0x040, "56860-ID_AUTH");
_Static_assert(offsetof(struct psp_id_auth, id_key) == 0x240, "56860-ID_AUTH");
_Static_assert(offsetof(struct psp_id_auth, reserved_644) == 0x644, "56860-ID_AUTH");
_Static_assert(offsetof(struct psp_id_auth, id_key_sig) == 0x680, "56860-ID_AUTH");
_Static_assert(offsetof(struct psp_id_auth, author_key) == 0x880, "56860-ID_AUTH");
_Static_assert(offsetof(struct psp_id_auth, reserved_c84) == 0xc84, "56860-ID_AUTH");
