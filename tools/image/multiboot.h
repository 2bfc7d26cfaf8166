/* SPDX-License-Identifier: MIT */
/* The Multiboot 1 header with address fields, as the Multiboot specification 0.6.96 has it (3.1).
 */
#pragma once
#include <stdint.h>

#define MULTIBOOT_MAGIC UINT32_C(0x1badb002)
#define MULTIBOOT_ADDRESSES (UINT32_C(1) << 16) /* the address fields are valid */
#define MULTIBOOT_SEARCH 8192u                  /* the header lies in the first 8192 bytes */

struct multiboot_header {
    uint32_t magic;
    uint32_t flags;
    uint32_t checksum; /* magic + flags + checksum == 0 */
    uint32_t header_addr;
    uint32_t load_addr;
    uint32_t load_end_addr;
    uint32_t bss_end_addr;
    uint32_t entry_addr;
};
_Static_assert(sizeof(struct multiboot_header) == 32, "struct multiboot_header");
