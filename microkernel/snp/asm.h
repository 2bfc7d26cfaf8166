/* SPDX-License-Identifier: MIT */
/* Numbers that boot.S needs; snp/machine.c checks them against their definitions. */
#pragma once

#define BOOT_HEADER_MAGIC 0x31504e534d565353
#define BOOT_CPUID_PA 0x8001000
#define BOOT_CPUID_MAX 64
#define BOOT_CPUID_FIRST 16
#define BOOT_CPUID_SIZE 48
#define BOOT_CPUID_EBX 28
#define BOOT_CPUID_SEV 0x8000001f
#define BOOT_MSR_GHCB 0xc0010130
#define BOOT_TERMINATE_CPUID 0x00015100 /* set 5, reason 1 */
