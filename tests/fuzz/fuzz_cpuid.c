/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: ring 0's look-ups in the CPUID page (microkernel/snp/cpuid.c). The input is the
 * page, then the leaves that are asked for. What comes is an entry of the page within its count,
 * for that leaf, or zeros.
 */
#include "fuzz.h"
#include <mm/mm.h>
#include <svsm/abi/snp_image.h>
#include <svsm/abi/snp_pages.h>

static union {
    struct snp_cpuid_page page;
    uint8_t bytes[4096];
} own;
#undef KERNEL_BASE
#define KERNEL_BASE ((uint64_t)(uintptr_t)&own - SNP_IMAGE_CPUID)

#include <snp/cpuid.c>

/* Of cdefs.h. */
void check_failed(const char *what, const char *file, unsigned line)
{
    fprintf(stderr, "%s:%u: %s\n", file, line, what);
    abort();
}

static void judge(uint32_t leaf, uint32_t sub)
{
    const struct cpuid got = machine_cpuid(leaf, sub);
    bool known = (got.eax | got.ebx | got.ecx | got.edx) == 0;

    for (uint32_t i = 0; i < own.page.count && i < SNP_CPUID_ENTRIES; i++) {
        const struct snp_cpuid_entry *e = &own.page.entries[i];
        known |= e->eax_in == leaf && e->eax == got.eax && e->ebx == got.ebx && e->ecx == got.ecx &&
                 e->edx == got.edx;
    }
    require(known, "an answer that is not in the page");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, data + size};
    size_t page = size < sizeof(own) ? size : sizeof(own);

    memset(&own, 0, sizeof(own));
    memcpy(&own, data, page);
    in.at += page;
    for (uint32_t i = 0; i < SNP_CPUID_ENTRIES; i += 9) {
        judge(own.page.entries[i].eax_in, own.page.entries[i].ecx_in);
        judge(own.page.entries[i].eax_in, ~own.page.entries[i].ecx_in);
    }
    while (in.at != in.end) {
        uint32_t leaf = (uint32_t)input_number(&in, 4);
        judge(leaf, (uint32_t)input_number(&in, 4));
    }
    return 0;
}
