/* SPDX-License-Identifier: MIT */
/*
 * IGVM files: an image of an isolated guest. Fixed header, variable headers, data. Little-endian;
 * file offsets are absolute. Names of assertions: the record's number in IGVM's own definitions.
 *
 * The checksum is the CRC-32 of zlib (polynomial EDB88320h, reflected, start and end inverted) over
 * the fixed header, its checksum field taken as zero, and then all variable headers. Data is not
 * covered.
 *
 * Variable headers begin with struct igvm_variable and are padded with zeros to 8 bytes. Those of a
 * platform come first, then initialisation, then directives. A mask has one bit per platform
 * header; a loader takes one platform and what has its bit. Marks in brackets: see snp.h.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define IGVM_MAGIC UINT32_C(0x4d564749) /* "IGVM" */
#define IGVM_VERSION_1 1u
#define IGVM_VERSION_2 2u
#define IGVM_ARCH_X64 0u
#define IGVM_ARCH_AARCH64 1u
#define IGVM_PAGE_SIZE 4096u
#define IGVM_ALIGNMENT 8u

struct igvm_header_v1 {
    uint32_t magic;
    uint32_t version; /* 1 */
    uint32_t headers_offset;
    uint32_t headers_size;
    uint32_t file_size;
    uint32_t checksum;
};
_Static_assert(sizeof(struct igvm_header_v1) == 24, "IGVM-fixed-header");
_Static_assert(offsetof(struct igvm_header_v1, magic) == 0x000, "IGVM-fixed-header");
_Static_assert(offsetof(struct igvm_header_v1, version) == 0x004, "IGVM-fixed-header");
_Static_assert(offsetof(struct igvm_header_v1, headers_offset) == 0x008, "IGVM-fixed-header");
_Static_assert(offsetof(struct igvm_header_v1, headers_size) == 0x00c, "IGVM-fixed-header");
_Static_assert(offsetof(struct igvm_header_v1, file_size) == 0x010, "IGVM-fixed-header");
_Static_assert(offsetof(struct igvm_header_v1, checksum) == 0x014, "IGVM-fixed-header");

struct igvm_header_v2 {
    struct igvm_header_v1 v1; /* its version is 2 */
    uint32_t architecture;
    uint32_t page_size;
};
_Static_assert(sizeof(struct igvm_header_v2) == 32, "IGVM-fixed-header");
_Static_assert(offsetof(struct igvm_header_v2, v1) == 0x000, "IGVM-fixed-header");
_Static_assert(offsetof(struct igvm_header_v2, architecture) == 0x018, "IGVM-fixed-header");
_Static_assert(offsetof(struct igvm_header_v2, page_size) == 0x01c, "IGVM-fixed-header");

struct igvm_variable {
    uint32_t type;   /* IGVM_VHT_* */
    uint32_t length; /* of the content, without this header and padding */
};
_Static_assert(sizeof(struct igvm_variable) == 8, "IGVM-variable-header");
_Static_assert(offsetof(struct igvm_variable, type) == 0x000, "IGVM-variable-header");
_Static_assert(offsetof(struct igvm_variable, length) == 0x004, "IGVM-variable-header");

/* Types; each is followed by struct igvm_... as the comment says. */
#define IGVM_VHT_PLATFORM_FIRST 0x001u
#define IGVM_VHT_PLATFORM_LAST 0x100u
#define IGVM_VHT_INIT_FIRST 0x101u
#define IGVM_VHT_INIT_LAST 0x200u
#define IGVM_VHT_DIRECTIVE_FIRST 0x301u
#define IGVM_VHT_DIRECTIVE_LAST 0x400u
#define IGVM_VHT_OPTIONAL UINT32_C(0x80000000) /* no known loader heeds it */

#define IGVM_VHT_SUPPORTED_PLATFORM 0x001u /* platform */
#define IGVM_VHT_GUEST_POLICY 0x101u       /* guest_policy */
#define IGVM_VHT_RELOCATABLE_REGION 0x102u /* relocatable_region */
#define IGVM_VHT_PAGE_TABLE_REGION 0x103u  /* page_table_region */
#define IGVM_VHT_CORIM_DOCUMENT 0x104u     /* document */
#define IGVM_VHT_CORIM_SIGNATURE 0x105u    /* document */
#define IGVM_VHT_CCA_POLICY 0x106u         /* not for x64 */
#define IGVM_VHT_PARAMETER_AREA 0x301u     /* parameter_area */
#define IGVM_VHT_PAGE_DATA 0x302u          /* page_data */
#define IGVM_VHT_PARAMETER_INSERT 0x303u   /* parameter_insert */
#define IGVM_VHT_VP_CONTEXT 0x304u         /* vp_context */
#define IGVM_VHT_REQUIRED_MEMORY 0x305u    /* required_memory */
#define IGVM_VHT_VP_COUNT 0x307u           /* parameter: u32 */
#define IGVM_VHT_SRAT 0x308u               /* parameter: ACPI table */
#define IGVM_VHT_MADT 0x309u               /* parameter: ACPI table */
#define IGVM_VHT_MMIO_RANGES 0x30au        /* parameter: mmio_ranges */
#define IGVM_VHT_SNP_ID_BLOCK 0x30bu       /* snp_id_block */
#define IGVM_VHT_MEMORY_MAP 0x30cu         /* parameter: array of memory_entry */
#define IGVM_VHT_ERROR_RANGE 0x30du        /* error_range */
#define IGVM_VHT_COMMAND_LINE 0x30eu       /* parameter: string with its zero */
#define IGVM_VHT_SLIT 0x30fu               /* parameter: ACPI table */
#define IGVM_VHT_PPTT 0x310u               /* parameter: ACPI table */
#define IGVM_VHT_VBS_MEASUREMENT 0x311u    /* not for SNP */
#define IGVM_VHT_DEVICE_TREE 0x312u        /* parameter: flattened device tree */
#define IGVM_VHT_ENVIRONMENT_INFO 0x313u   /* parameter: u32 of IGVM_ENVIRONMENT_* */

#define IGVM_PLATFORM_NATIVE 0u
#define IGVM_PLATFORM_VSM 1u
#define IGVM_PLATFORM_SEV_SNP 2u
#define IGVM_PLATFORM_TDX 3u
#define IGVM_PLATFORM_SEV 4u
#define IGVM_PLATFORM_SEV_ES 5u
#define IGVM_PLATFORM_CCA 6u
#define IGVM_PLATFORM_VERSION 1u

struct igvm_platform {
    uint32_t mask;
    uint8_t highest_vtl;
    uint8_t type;                 /* IGVM_PLATFORM_* */
    uint16_t version;             /* 1 */
    uint64_t shared_gpa_boundary; /* vTOM; 0 with a C-bit */
};
_Static_assert(sizeof(struct igvm_platform) == 16, "IGVM-0x001");
_Static_assert(offsetof(struct igvm_platform, mask) == 0x000, "IGVM-0x001");
_Static_assert(offsetof(struct igvm_platform, highest_vtl) == 0x004, "IGVM-0x001");
_Static_assert(offsetof(struct igvm_platform, type) == 0x005, "IGVM-0x001");
_Static_assert(offsetof(struct igvm_platform, version) == 0x006, "IGVM-0x001");
_Static_assert(offsetof(struct igvm_platform, shared_gpa_boundary) == 0x008, "IGVM-0x001");

struct igvm_guest_policy {
    uint64_t policy; /* PSP_POLICY_* */
    uint32_t mask;
    uint32_t reserved_00c;
};
_Static_assert(sizeof(struct igvm_guest_policy) == 16, "IGVM-0x101");
_Static_assert(offsetof(struct igvm_guest_policy, policy) == 0x000, "IGVM-0x101");
_Static_assert(offsetof(struct igvm_guest_policy, mask) == 0x008, "IGVM-0x101");
_Static_assert(offsetof(struct igvm_guest_policy, reserved_00c) == 0x00c, "IGVM-0x101");

#define IGVM_RELOCATE_VTL2 0x1u
#define IGVM_RELOCATE_RIP 0x2u
#define IGVM_RELOCATE_GDTR 0x4u

struct igvm_relocatable_region {
    uint32_t mask;
    uint16_t vp_index;
    uint8_t vtl;
    uint8_t flags; /* IGVM_RELOCATE_* */
    uint64_t alignment;
    uint64_t base_gpa;
    uint64_t size;
    uint64_t min_gpa;
    uint64_t max_gpa;
};
_Static_assert(sizeof(struct igvm_relocatable_region) == 48, "IGVM-0x102");
_Static_assert(offsetof(struct igvm_relocatable_region, mask) == 0x000, "IGVM-0x102");
_Static_assert(offsetof(struct igvm_relocatable_region, vp_index) == 0x004, "IGVM-0x102");
_Static_assert(offsetof(struct igvm_relocatable_region, vtl) == 0x006, "IGVM-0x102");
_Static_assert(offsetof(struct igvm_relocatable_region, flags) == 0x007, "IGVM-0x102");
_Static_assert(offsetof(struct igvm_relocatable_region, alignment) == 0x008, "IGVM-0x102");
_Static_assert(offsetof(struct igvm_relocatable_region, base_gpa) == 0x010, "IGVM-0x102");
_Static_assert(offsetof(struct igvm_relocatable_region, size) == 0x018, "IGVM-0x102");
_Static_assert(offsetof(struct igvm_relocatable_region, min_gpa) == 0x020, "IGVM-0x102");
_Static_assert(offsetof(struct igvm_relocatable_region, max_gpa) == 0x028, "IGVM-0x102");

struct igvm_page_table_region {
    uint32_t mask;
    uint16_t vp_index;
    uint8_t vtl;
    uint8_t reserved_007;
    uint64_t gpa;
    uint64_t size;
    uint64_t used_size;
};
_Static_assert(sizeof(struct igvm_page_table_region) == 32, "IGVM-0x103");
_Static_assert(offsetof(struct igvm_page_table_region, mask) == 0x000, "IGVM-0x103");
_Static_assert(offsetof(struct igvm_page_table_region, vp_index) == 0x004, "IGVM-0x103");
_Static_assert(offsetof(struct igvm_page_table_region, vtl) == 0x006, "IGVM-0x103");
_Static_assert(offsetof(struct igvm_page_table_region, reserved_007) == 0x007, "IGVM-0x103");
_Static_assert(offsetof(struct igvm_page_table_region, gpa) == 0x008, "IGVM-0x103");
_Static_assert(offsetof(struct igvm_page_table_region, size) == 0x010, "IGVM-0x103");
_Static_assert(offsetof(struct igvm_page_table_region, used_size) == 0x018, "IGVM-0x103");

struct igvm_document {
    uint32_t mask;
    uint32_t file_offset;
    uint32_t size;
    uint32_t reserved_00c;
};
_Static_assert(sizeof(struct igvm_document) == 16, "IGVM-0x104");
_Static_assert(offsetof(struct igvm_document, mask) == 0x000, "IGVM-0x104");
_Static_assert(offsetof(struct igvm_document, file_offset) == 0x004, "IGVM-0x104");
_Static_assert(offsetof(struct igvm_document, size) == 0x008, "IGVM-0x104");
_Static_assert(offsetof(struct igvm_document, reserved_00c) == 0x00c, "IGVM-0x104");

struct igvm_parameter_area {
    uint64_t size; /* bytes */
    uint32_t index;
    uint32_t file_offset; /* of initial data; 0: none */
};
_Static_assert(sizeof(struct igvm_parameter_area) == 16, "IGVM-0x301");
_Static_assert(offsetof(struct igvm_parameter_area, size) == 0x000, "IGVM-0x301");
_Static_assert(offsetof(struct igvm_parameter_area, index) == 0x008, "IGVM-0x301");
_Static_assert(offsetof(struct igvm_parameter_area, file_offset) == 0x00c, "IGVM-0x301");

#define IGVM_PAGE_2M 0x1u
#define IGVM_PAGE_UNMEASURED 0x2u
#define IGVM_PAGE_SHARED 0x4u /* loaders and measuring programs disagree about it */

#define IGVM_DATA_NORMAL 0u
#define IGVM_DATA_SECRETS 1u
#define IGVM_DATA_CPUID 2u
#define IGVM_DATA_CPUID_XF 3u

struct igvm_page_data {
    uint64_t gpa;
    uint32_t mask;
    uint32_t file_offset; /* 0: zero */
    uint32_t flags;       /* IGVM_PAGE_* */
    uint16_t data_type;   /* IGVM_DATA_* */
    uint16_t reserved_016;
};
_Static_assert(sizeof(struct igvm_page_data) == 24, "IGVM-0x302");
_Static_assert(offsetof(struct igvm_page_data, gpa) == 0x000, "IGVM-0x302");
_Static_assert(offsetof(struct igvm_page_data, mask) == 0x008, "IGVM-0x302");
_Static_assert(offsetof(struct igvm_page_data, file_offset) == 0x00c, "IGVM-0x302");
_Static_assert(offsetof(struct igvm_page_data, flags) == 0x010, "IGVM-0x302");
_Static_assert(offsetof(struct igvm_page_data, data_type) == 0x014, "IGVM-0x302");
_Static_assert(offsetof(struct igvm_page_data, reserved_016) == 0x016, "IGVM-0x302");

struct igvm_parameter_insert {
    uint64_t gpa;
    uint32_t mask;
    uint32_t index;
};
_Static_assert(sizeof(struct igvm_parameter_insert) == 16, "IGVM-0x303");
_Static_assert(offsetof(struct igvm_parameter_insert, gpa) == 0x000, "IGVM-0x303");
_Static_assert(offsetof(struct igvm_parameter_insert, mask) == 0x008, "IGVM-0x303");
_Static_assert(offsetof(struct igvm_parameter_insert, index) == 0x00c, "IGVM-0x303");

/* Its page is a struct vmsa for SNP, a struct igvm_native_context for NATIVE. */
struct __attribute__((packed, aligned(4))) igvm_vp_context {
    uint64_t gpa;
    uint32_t mask;
    uint32_t file_offset; /* of a page */
    uint16_t vp_index;
    uint16_t reserved_012;
};
_Static_assert(sizeof(struct igvm_vp_context) == 20, "IGVM-0x304");
_Static_assert(offsetof(struct igvm_vp_context, gpa) == 0x000, "IGVM-0x304");
_Static_assert(offsetof(struct igvm_vp_context, mask) == 0x008, "IGVM-0x304");
_Static_assert(offsetof(struct igvm_vp_context, file_offset) == 0x00c, "IGVM-0x304");
_Static_assert(offsetof(struct igvm_vp_context, vp_index) == 0x010, "IGVM-0x304");
_Static_assert(offsetof(struct igvm_vp_context, reserved_012) == 0x012, "IGVM-0x304");

#define IGVM_REQUIRED_VTL2_PROTECTABLE 0x1u

struct igvm_required_memory {
    uint64_t gpa;
    uint32_t mask;
    uint32_t size;  /* bytes */
    uint32_t flags; /* IGVM_REQUIRED_* */
    uint32_t reserved_014;
};
_Static_assert(sizeof(struct igvm_required_memory) == 24, "IGVM-0x305");
_Static_assert(offsetof(struct igvm_required_memory, gpa) == 0x000, "IGVM-0x305");
_Static_assert(offsetof(struct igvm_required_memory, mask) == 0x008, "IGVM-0x305");
_Static_assert(offsetof(struct igvm_required_memory, size) == 0x00c, "IGVM-0x305");
_Static_assert(offsetof(struct igvm_required_memory, flags) == 0x010, "IGVM-0x305");
_Static_assert(offsetof(struct igvm_required_memory, reserved_014) == 0x014, "IGVM-0x305");

struct igvm_parameter {
    uint32_t index;  /* of the area */
    uint32_t offset; /* in the area */
};
_Static_assert(sizeof(struct igvm_parameter) == 8, "IGVM-0x307");
_Static_assert(offsetof(struct igvm_parameter, index) == 0x000, "IGVM-0x307");
_Static_assert(offsetof(struct igvm_parameter, offset) == 0x004, "IGVM-0x307");

struct igvm_mmio_range {
    uint64_t start_page;
    uint64_t page_count;
};
_Static_assert(sizeof(struct igvm_mmio_range) == 16, "IGVM-0x30A");
_Static_assert(offsetof(struct igvm_mmio_range, start_page) == 0x000, "IGVM-0x30A");
_Static_assert(offsetof(struct igvm_mmio_range, page_count) == 0x008, "IGVM-0x30A");

struct igvm_mmio_ranges {
    struct igvm_mmio_range ranges[2];
};
_Static_assert(sizeof(struct igvm_mmio_ranges) == 32, "IGVM-0x30A");
_Static_assert(offsetof(struct igvm_mmio_ranges, ranges) == 0x000, "IGVM-0x30A");

struct igvm_key {
    uint32_t curve; /* PSP_CURVE_P384 */
    uint32_t reserved_004;
    uint8_t qx[72]; /* little-endian, zero-extended */
    uint8_t qy[72];
};
_Static_assert(sizeof(struct igvm_key) == 152, "IGVM-0x30B");
_Static_assert(offsetof(struct igvm_key, curve) == 0x000, "IGVM-0x30B");
_Static_assert(offsetof(struct igvm_key, reserved_004) == 0x004, "IGVM-0x30B");
_Static_assert(offsetof(struct igvm_key, qx) == 0x008, "IGVM-0x30B");
_Static_assert(offsetof(struct igvm_key, qy) == 0x050, "IGVM-0x30B");

struct igvm_signature {
    uint8_t r[72]; /* little-endian, zero-extended */
    uint8_t s[72];
};
_Static_assert(sizeof(struct igvm_signature) == 144, "IGVM-0x30B");
_Static_assert(offsetof(struct igvm_signature, r) == 0x000, "IGVM-0x30B");
_Static_assert(offsetof(struct igvm_signature, s) == 0x048, "IGVM-0x30B");

struct igvm_snp_id_block {
    uint32_t mask;
    uint8_t author_key_enabled;
    uint8_t reserved_005[3];
    uint8_t ld[48];
    uint8_t family_id[16];
    uint8_t image_id[16];
    uint32_t version;
    uint32_t guest_svn;
    uint32_t id_key_algo; /* PSP_SIGN_ECDSA_P384_SHA384 */
    uint32_t author_key_algo;
    struct igvm_signature id_block_sig; /* of the PSP's ID block, struct psp_id_block */
    struct igvm_key id_key;
    struct igvm_signature id_key_sig; /* of the PSP's form of id_key, struct psp_public_key */
    struct igvm_key author_key;
};
_Static_assert(sizeof(struct igvm_snp_id_block) == 0x2b8, "IGVM-0x30B");
_Static_assert(offsetof(struct igvm_snp_id_block, mask) == 0x000, "IGVM-0x30B");
_Static_assert(offsetof(struct igvm_snp_id_block, author_key_enabled) == 0x004, "IGVM-0x30B");
_Static_assert(offsetof(struct igvm_snp_id_block, reserved_005) == 0x005, "IGVM-0x30B");
_Static_assert(offsetof(struct igvm_snp_id_block, ld) == 0x008, "IGVM-0x30B");
_Static_assert(offsetof(struct igvm_snp_id_block, family_id) == 0x038, "IGVM-0x30B");
_Static_assert(offsetof(struct igvm_snp_id_block, image_id) == 0x048, "IGVM-0x30B");
_Static_assert(offsetof(struct igvm_snp_id_block, version) == 0x058, "IGVM-0x30B");
_Static_assert(offsetof(struct igvm_snp_id_block, guest_svn) == 0x05c, "IGVM-0x30B");
_Static_assert(offsetof(struct igvm_snp_id_block, id_key_algo) == 0x060, "IGVM-0x30B");
_Static_assert(offsetof(struct igvm_snp_id_block, author_key_algo) == 0x064, "IGVM-0x30B");
_Static_assert(offsetof(struct igvm_snp_id_block, id_block_sig) == 0x068, "IGVM-0x30B");
_Static_assert(offsetof(struct igvm_snp_id_block, id_key) == 0x0f8, "IGVM-0x30B");
_Static_assert(offsetof(struct igvm_snp_id_block, id_key_sig) == 0x190, "IGVM-0x30B");
_Static_assert(offsetof(struct igvm_snp_id_block, author_key) == 0x220, "IGVM-0x30B");

#define IGVM_MEMORY_RAM 0u
#define IGVM_MEMORY_RESERVED 1u
#define IGVM_MEMORY_PERSISTENT 2u
#define IGVM_MEMORY_VTL2_PROTECTABLE 3u

struct igvm_memory_entry {
    uint64_t start_page;
    uint64_t page_count; /* 0 ends the map */
    uint16_t type;       /* IGVM_MEMORY_* */
    uint16_t flags;
    uint32_t reserved_014;
};
_Static_assert(sizeof(struct igvm_memory_entry) == 24, "IGVM-0x30C");
_Static_assert(offsetof(struct igvm_memory_entry, start_page) == 0x000, "IGVM-0x30C");
_Static_assert(offsetof(struct igvm_memory_entry, page_count) == 0x008, "IGVM-0x30C");
_Static_assert(offsetof(struct igvm_memory_entry, type) == 0x010, "IGVM-0x30C");
_Static_assert(offsetof(struct igvm_memory_entry, flags) == 0x012, "IGVM-0x30C");
_Static_assert(offsetof(struct igvm_memory_entry, reserved_014) == 0x014, "IGVM-0x30C");

struct igvm_error_range {
    uint64_t gpa;
    uint32_t mask;
    uint32_t size;
};
_Static_assert(sizeof(struct igvm_error_range) == 16, "IGVM-0x30D");
_Static_assert(offsetof(struct igvm_error_range, gpa) == 0x000, "IGVM-0x30D");
_Static_assert(offsetof(struct igvm_error_range, mask) == 0x008, "IGVM-0x30D");
_Static_assert(offsetof(struct igvm_error_range, size) == 0x00c, "IGVM-0x30D");

#define IGVM_ENVIRONMENT_MEMORY_SHARED 0x1u

/*
 * Attributes are bits 55:40 of a descriptor, with the limit's bits as zero; a VMSA has them packed,
 * see vmsa_attrib_of().
 */
struct igvm_native_context {
    uint64_t rax;
    uint64_t rcx;
    uint64_t rdx;
    uint64_t rbx;
    uint64_t rsp;
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
    uint64_t rip;
    uint64_t rflags;
    uint64_t idtr_base;
    uint16_t idtr_limit;
    uint16_t reserved_09a[2];
    uint16_t gdtr_limit;
    uint64_t gdtr_base;
    uint16_t code_selector;
    uint16_t code_attributes;
    uint32_t code_base;
    uint32_t code_limit;
    uint16_t data_selector;
    uint16_t data_attributes;
    uint32_t data_base;
    uint32_t data_limit;
    uint64_t gs_base;
    uint64_t cr0;
    uint64_t cr3;
    uint64_t cr4;
    uint64_t efer;
};
_Static_assert(sizeof(struct igvm_native_context) == 232, "IGVM-native-x64-context");
_Static_assert(offsetof(struct igvm_native_context, rax) == 0x000, "IGVM-native-x64-context");
_Static_assert(offsetof(struct igvm_native_context, rcx) == 0x008, "IGVM-native-x64-context");
_Static_assert(offsetof(struct igvm_native_context, rdx) == 0x010, "IGVM-native-x64-context");
_Static_assert(offsetof(struct igvm_native_context, rbx) == 0x018, "IGVM-native-x64-context");
_Static_assert(offsetof(struct igvm_native_context, rsp) == 0x020, "IGVM-native-x64-context");
_Static_assert(offsetof(struct igvm_native_context, rbp) == 0x028, "IGVM-native-x64-context");
_Static_assert(offsetof(struct igvm_native_context, rsi) == 0x030, "IGVM-native-x64-context");
_Static_assert(offsetof(struct igvm_native_context, rdi) == 0x038, "IGVM-native-x64-context");
_Static_assert(offsetof(struct igvm_native_context, r8) == 0x040, "IGVM-native-x64-context");
_Static_assert(offsetof(struct igvm_native_context, r9) == 0x048, "IGVM-native-x64-context");
_Static_assert(offsetof(struct igvm_native_context, r10) == 0x050, "IGVM-native-x64-context");
_Static_assert(offsetof(struct igvm_native_context, r11) == 0x058, "IGVM-native-x64-context");
_Static_assert(offsetof(struct igvm_native_context, r12) == 0x060, "IGVM-native-x64-context");
_Static_assert(offsetof(struct igvm_native_context, r13) == 0x068, "IGVM-native-x64-context");
_Static_assert(offsetof(struct igvm_native_context, r14) == 0x070, "IGVM-native-x64-context");
_Static_assert(offsetof(struct igvm_native_context, r15) == 0x078, "IGVM-native-x64-context");
_Static_assert(offsetof(struct igvm_native_context, rip) == 0x080, "IGVM-native-x64-context");
_Static_assert(offsetof(struct igvm_native_context, rflags) == 0x088, "IGVM-native-x64-context");
_Static_assert(offsetof(struct igvm_native_context, idtr_base) == 0x090, "IGVM-native-x64-context");
_Static_assert(offsetof(struct igvm_native_context, idtr_limit) == 0x098,
               "IGVM-native-x64-context");
_Static_assert(offsetof(struct igvm_native_context, reserved_09a) == 0x09a,
               "IGVM-native-x64-context");
_Static_assert(offsetof(struct igvm_native_context, gdtr_limit) == 0x09e,
               "IGVM-native-x64-context");
_Static_assert(offsetof(struct igvm_native_context, gdtr_base) == 0x0a0, "IGVM-native-x64-context");
_Static_assert(offsetof(struct igvm_native_context, code_selector) == 0x0a8,
               "IGVM-native-x64-context");
_Static_assert(offsetof(struct igvm_native_context, code_attributes) == 0x0aa,
               "IGVM-native-x64-context");
_Static_assert(offsetof(struct igvm_native_context, code_base) == 0x0ac, "IGVM-native-x64-context");
_Static_assert(offsetof(struct igvm_native_context, code_limit) == 0x0b0,
               "IGVM-native-x64-context");
_Static_assert(offsetof(struct igvm_native_context, data_selector) == 0x0b4,
               "IGVM-native-x64-context");
_Static_assert(offsetof(struct igvm_native_context, data_attributes) == 0x0b6,
               "IGVM-native-x64-context");
_Static_assert(offsetof(struct igvm_native_context, data_base) == 0x0b8, "IGVM-native-x64-context");
_Static_assert(offsetof(struct igvm_native_context, data_limit) == 0x0bc,
               "IGVM-native-x64-context");
_Static_assert(offsetof(struct igvm_native_context, gs_base) == 0x0c0, "IGVM-native-x64-context");
_Static_assert(offsetof(struct igvm_native_context, cr0) == 0x0c8, "IGVM-native-x64-context");
_Static_assert(offsetof(struct igvm_native_context, cr3) == 0x0d0, "IGVM-native-x64-context");
_Static_assert(offsetof(struct igvm_native_context, cr4) == 0x0d8, "IGVM-native-x64-context");
_Static_assert(offsetof(struct igvm_native_context, efer) == 0x0e0, "IGVM-native-x64-context");
