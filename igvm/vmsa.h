/* SPDX-License-Identifier: MIT */
/* First save areas: as KVM and QEMU measure them, and for an entry in 64-bit mode. */
#pragma once
#include <stdint.h>
#include <svsm/abi/vmsa.h>

/* CPUID 1 EAX of QEMU's EPYC-Milan, which KVM leaves in RDX after reset. */
#define VMSA_SIGNATURE UINT32_C(0x00a00f11)

/* A vCPU after reset that begins at address eip (its low half is RIP, the high one CS's base). */
void vmsa_reset(struct vmsa *vmsa, uint32_t eip, uint64_t features);

#define VMSA_SELECTOR_CODE32 0x08u
#define VMSA_SELECTOR_CODE 0x10u
#define VMSA_SELECTOR_DATA 0x18u

/* Protected mode without paging: flat 32-bit segments, everything private, no register but EIP. */
void vmsa_protected_mode(struct vmsa *vmsa, uint32_t eip, uint64_t features);

/* A flat 64-bit start. cr3 with the C-bit. */
struct vmsa_entry {
    uint64_t rip, rsi, cr3, gdt;
    uint16_t gdt_limit;
};

void vmsa_long_mode(struct vmsa *vmsa, const struct vmsa_entry *entry, uint64_t features);
