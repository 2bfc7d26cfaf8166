/* SPDX-License-Identifier: MIT */
/*
 * What an OVMF image says about itself. It ends at 4 GiB; a table lies before its last 32 bytes and
 * is read backwards: GUID, u16 length of the entry with both, data. The first entry is the footer,
 * whose length is the whole table's. Offsets in entries count back from the end of the image.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define OVMF_TABLE_END 32u /* bytes behind the footer's GUID */

/* The tail of an entry; its data lies before it. */
struct ovmf_table_entry {
    uint16_t length; /* of the data, this field and the GUID */
    uint8_t guid[16];
};
_Static_assert(sizeof(struct ovmf_table_entry) == 18, "edk2-GuidedTable");
_Static_assert(offsetof(struct ovmf_table_entry, length) == 0x000, "edk2-GuidedTable");
_Static_assert(offsetof(struct ovmf_table_entry, guid) == 0x002, "edk2-GuidedTable");

/* In memory in mixed order: the first three groups little-endian. */
#define OVMF_GUID_FOOTER "96b582de-1fb2-45f7-baea-a366c55a082d"
#define OVMF_GUID_SEV_METADATA "dc886566-984a-4798-a75e-5585a7bf67cc"    /* u32 offset */
#define OVMF_GUID_SEV_HASHES "7255371f-3a3b-4b04-927b-1da6efa8d454"      /* u32 GPA, u32 size */
#define OVMF_GUID_SEV_SECRET "4c2eb361-7d9b-4cc3-8081-127c90d3d294"      /* u32 GPA, u32 size */
#define OVMF_GUID_SEV_ES_RESET "00f771de-1a7e-4fcb-890e-68c77e2fb44e"    /* u32 address of APs */
#define OVMF_GUID_IGVM_PARAMETERS "784fa70e-3176-4677-8a20-04b68699e374" /* u32 offset */

#define OVMF_METADATA_SIGNATURE "ASEV"
#define OVMF_METADATA_VERSION 1u

struct ovmf_metadata_header {
    uint8_t signature[4]; /* "ASEV" */
    uint32_t length;
    uint32_t version; /* 1 */
    uint32_t count;   /* sections behind this header */
};
_Static_assert(sizeof(struct ovmf_metadata_header) == 16, "edk2-OvmfSevMetadata");
_Static_assert(offsetof(struct ovmf_metadata_header, signature) == 0x000, "edk2-OvmfSevMetadata");
_Static_assert(offsetof(struct ovmf_metadata_header, length) == 0x004, "edk2-OvmfSevMetadata");
_Static_assert(offsetof(struct ovmf_metadata_header, version) == 0x008, "edk2-OvmfSevMetadata");
_Static_assert(offsetof(struct ovmf_metadata_header, count) == 0x00c, "edk2-OvmfSevMetadata");

struct ovmf_metadata_section {
    uint32_t gpa;
    uint32_t size;
    uint32_t type; /* OVMF_SECTION_* */
};
_Static_assert(sizeof(struct ovmf_metadata_section) == 12, "edk2-OvmfSevMetadata");
_Static_assert(offsetof(struct ovmf_metadata_section, gpa) == 0x000, "edk2-OvmfSevMetadata");
_Static_assert(offsetof(struct ovmf_metadata_section, size) == 0x004, "edk2-OvmfSevMetadata");
_Static_assert(offsetof(struct ovmf_metadata_section, type) == 0x008, "edk2-OvmfSevMetadata");

#define OVMF_SECTION_SEC_MEM 0x01u
#define OVMF_SECTION_SECRETS 0x02u
#define OVMF_SECTION_CPUID 0x03u
#define OVMF_SECTION_SVSM_CAA 0x04u
#define OVMF_SECTION_KERNEL_HASHES 0x10u
