/* SPDX-License-Identifier: MIT */
/*
 * CPUID as the firmware's page has it. The instruction itself would ask the host; it is never
 * executed. A leaf that is not in the page reads as zero.
 */
#include <cpu/machine.h>
#include <snp/own.h>
#include <svsm/abi/snp_pages.h>

/* The page has the subleaves of these; of the others it has the only one as subleaf 0. */
static bool has_subleaves(uint32_t leaf)
{
    return leaf == 4 || leaf == 7 || leaf == 0xb || leaf == 0xd || leaf == UINT32_C(0x8000001d) ||
           leaf == UINT32_C(0x80000026);
}

struct cpuid machine_cpuid(uint32_t leaf, uint32_t sub)
{
    const struct snp_cpuid_page *page = own_page(SNP_IMAGE_CPUID);
    uint32_t count = page->count < SNP_CPUID_ENTRIES ? page->count : SNP_CPUID_ENTRIES;
    for (uint32_t i = 0; i < count; i++) {
        const struct snp_cpuid_entry *e = &AT(page->entries, i);
        if (e->eax_in == leaf && (e->ecx_in == sub || !has_subleaves(leaf))) {
            return (struct cpuid){e->eax, e->ebx, e->ecx, e->edx};
        }
    }
    return (struct cpuid){0};
}
