/* SPDX-License-Identifier: MIT */
/*
 * The CPUID that an SNP guest sees: the table of the CPUID page, and the host's answers to what the
 * guest asks at run time. Made from the machine's own CPUID by one policy, so the two agree.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <svsm/abi/snp_pages.h>

struct cpuid_regs {
    uint32_t eax, ebx, ecx, edx;
};

struct cpuid_config {
    struct cpuid_regs (*native)(void *context, uint32_t leaf, uint32_t subleaf);
    void *context;
    uint64_t features; /* SEV_FEATURES that the machine offers */
    uint32_t vcpus;
    uint8_t cbit;
    uint8_t phys_bits; /* what 8000_0008 says */
    bool coherency_sfw_no;
    uint32_t profile; /* enum launch_profile: KVM hides the VMPL count */
    uint64_t tsc_khz; /* leaf 15h; 0: left out */
    uint32_t invlpgb; /* most pages of one INVLPGB; 0: it is not there */
    bool kvm_clock;   /* leaves 4000_0000h and 4000_0001h: the host is KVM and has a clock */
};

/* What this vCPU (by APIC ID) sees; xcr0 and xss matter to leaf 0Dh, cr4 to OSXSAVE and OSPKE. */
struct cpuid_regs cpuid_guest(const struct cpuid_config *config, uint32_t leaf, uint32_t subleaf,
                              uint64_t xcr0, uint64_t xss, uint64_t cr4, uint32_t apic_id);

/* Fills the page of the firmware; at most 64 entries. Returns how many. */
uint32_t cpuid_page_fill(const struct cpuid_config *config, struct snp_cpuid_page *page);
