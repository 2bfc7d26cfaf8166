/* SPDX-License-Identifier: MIT */
/*
 * AMD's policy per leaf is not public. What is known is which features firmware refuses (QEMU
 * leaves them out), what the size of the XSAVE area has to be, and that features may be missing and
 * nothing else may differ; the rest follows from what the machine permits.
 */
#include "cpuid_check.h"
#include "rules.h"
#include <stdbool.h>
#include <stddef.h>

/* XCR0 bits whose state lies in the legacy area, and the size of an XSAVE area without others. */
#define XCR0_LEGACY UINT64_C(3)
#define XSAVE_BASE_SIZE 0x240u
#define LEAF_XSAVE 0xdu

#define OSXSAVE (1u << 27)
#define APIC_ON (1u << 9)
#define OSPKE (1u << 4)

/* Bits that may be less than what is permitted, that are never granted, and that nobody compares
 * because each vCPU has its own. Order: EAX, EBX, ECX, EDX. */
struct leaf_rule {
    uint32_t leaf, subleaf;
    uint32_t features[4], refused[4], own[4];
};

static const struct leaf_rule rules[] = {
    {.leaf = 0x1,
     .features = {[2] = ~0u, [3] = ~0u},
     .refused = {[2] = 1u << 24 /* TSC_DEADLINE */},
     .own = {[1] = 0xff000000u, [2] = OSXSAVE, [3] = APIC_ON}},
    {.leaf = 0x7,
     .features = {[1] = ~0u, [2] = ~0u, [3] = ~0u},
     /* TSC_ADJUST; SPEC_CTRL, STIBP, FLUSH_L1D, ARCH_CAPABILITIES, CORE_CAPABILITY, SSBD */
     .refused = {[1] = 1u << 1, [3] = 0xfc000000u},
     .own = {[2] = OSPKE}},
    {.leaf = 0xb, .own = {[3] = ~0u}},
    {.leaf = 0xb, .subleaf = 1, .own = {[3] = ~0u}},
    {.leaf = LEAF_XSAVE, .features = {~0u, 0, 0, ~0u}, .own = {[1] = ~0u}},
    {.leaf = LEAF_XSAVE, .subleaf = 1, .features = {~0u, 0, ~0u, ~0u}, .own = {[1] = ~0u}},
    {.leaf = 0x80000001, .features = {[2] = ~0u, [3] = ~0u}},
    {.leaf = 0x80000008, .features = {[1] = ~0u}, .refused = {[1] = 1u << 25 /* VIRT_SSBD */}},
    {.leaf = 0x8000001e, .own = {~0u, 0xff, 0xff, 0}},
};

/* Leaves whose ECX_IN counts. */
static bool is_indexed(uint32_t leaf)
{
    static const uint32_t leaves[] = {0x4,  0x7,  0xb,  0xd,  0xf,  0x10, 0x12,      0x14,
                                      0x17, 0x18, 0x1d, 0x1e, 0x1f, 0x24, 0x8000001d};

    for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
        if (leaves[i] == leaf) {
            return true;
        }
    }
    return false;
}

static const struct leaf_rule *rule_of(const struct snp_cpuid_entry *entry)
{
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (rules[i].leaf == entry->eax_in &&
            (!is_indexed(entry->eax_in) || rules[i].subleaf == entry->ecx_in)) {
            return &rules[i];
        }
    }
    static const struct leaf_rule none;
    return &none;
}

/* What the machine permits for this entry, or NULL. */
static const struct snp_cpuid_entry *permitted(const struct snp_cpuid_page *page,
                                               const struct snp_cpuid_entry *entry)
{
    for (uint32_t i = 0; i < page->count && i < SNP_CPUID_ENTRIES; i++) {
        const struct snp_cpuid_entry *p = &page->entries[i];
        if (p->eax_in == entry->eax_in &&
            (!is_indexed(entry->eax_in) || p->ecx_in == entry->ecx_in)) {
            return p;
        }
    }
    return NULL;
}

/* One register as firmware accepts it. */
static uint32_t accept(const struct leaf_rule *rule, unsigned i, uint32_t asked, uint32_t most)
{
    uint32_t features = rule->features[i] & ~rule->own[i];
    uint32_t fixed = ~(rule->features[i] | rule->own[i]);

    return ((asked & rule->own[i]) | (asked & most & features) | (most & fixed)) &
           ~rule->refused[i];
}

struct snp_cpuid_entry cpuid_check_entry(const struct snp_cpuid_page *page,
                                         const struct snp_cpuid_entry *asked)
{
    const struct snp_cpuid_entry *most = page == NULL ? asked : permitted(page, asked);
    const struct leaf_rule *rule = rule_of(asked);
    struct snp_cpuid_entry out = *asked;

    out.reserved_028 = 0;
    if (most == NULL) { /* an unknown leaf reads as zero */
        out.eax = out.ebx = out.ecx = out.edx = 0;
        return out;
    }
    out.eax = accept(rule, 0, asked->eax, most->eax);
    out.ebx = accept(rule, 1, asked->ebx, most->ebx);
    out.ecx = accept(rule, 2, asked->ecx, most->ecx);
    out.edx = accept(rule, 3, asked->edx, most->edx);
    if (asked->eax_in == LEAF_XSAVE && asked->ecx_in <= 1 && (asked->xcr0_in & ~XCR0_LEGACY) == 0 &&
        asked->xss_in == 0) {
        out.ebx = XSAVE_BASE_SIZE;
    }
    return out;
}

static bool entry_is(const struct snp_cpuid_entry *a, const struct snp_cpuid_entry *b)
{
    return a->eax_in == b->eax_in && a->ecx_in == b->ecx_in && a->xcr0_in == b->xcr0_in &&
           a->xss_in == b->xss_in && a->eax == b->eax && a->ebx == b->ebx && a->ecx == b->ecx &&
           a->edx == b->edx && a->reserved_028 == b->reserved_028;
}

unsigned cpuid_check_page(const struct snp_cpuid_page *most, const struct snp_cpuid_page *asked)
{
    if (asked->count == 0 || asked->count > SNP_CPUID_ENTRIES) {
        return RULE_LAUNCH_CPUID;
    }
    for (uint32_t i = 0; i < asked->count; i++) {
        struct snp_cpuid_entry accepted = cpuid_check_entry(most, &asked->entries[i]);
        if (!entry_is(&accepted, &asked->entries[i])) {
            return RULE_LAUNCH_CPUID;
        }
    }
    return RULE_NONE;
}
