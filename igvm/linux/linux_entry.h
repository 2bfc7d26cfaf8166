/* SPDX-License-Identifier: MIT */
/*
 * The first instructions of a Linux that starts below an SVSM: from protected mode without paging
 * into 64-bit mode, with page tables that get their C-bit here. An image so is the same whatever
 * the C-bit's position. Runs at the guest's level and is measured like the kernel.
 */
#pragma once
#include <svsm/abi/vmsa.h>

/* Guest-physical addresses, below 4 GiB, but for the bytes of the code itself. */
struct linux_entry {
    uint32_t code;        /* one page, whose end is the stack */
    uint32_t cpuid;       /* the guest's CPUID page */
    uint32_t tables;      /* PML4; five more pages of tables follow */
    uint32_t gdt;         /* with VMSA_SELECTOR_CODE32, _CODE and _DATA */
    uint32_t kernel;      /* 64-bit entry */
    uint32_t boot_params; /* in RSI then */
};

#define LINUX_ENTRY_TABLES 6u

extern const uint8_t linux_entry_start[], linux_entry_end[];

/* The save area that starts the code. */
void linux_entry_vmsa(struct vmsa *vmsa, const struct linux_entry *entry, uint64_t features);
