/* SPDX-License-Identifier: MIT */
/*
 * One policy for the CPUID page and for run-time answers: what QEMU's CPU has, less what SNP
 * firmware does not let pass, less what hv does not switch, with the machine's own topology.
 */
#include "cpuid.h"
#include "../wire/launch.h"
#include <svsm/abi/snp.h>
#include <svsm/abi/snp_cpuid.h>

#define LEAF_MAX_BASIC 0xdu
#define LEAF_TSC 0x15u
#define LEAF_HYPERVISOR UINT32_C(0x40000000)
#define LEAF_KVM_FEATURES UINT32_C(0x40000001)
#define LEAF_EXTENDED UINT32_C(0x80000000)
#define LEAF_MAX_EXTENDED UINT32_C(0x8000001f)

/* Leaf 1. */
#define L1_ECX_RDRAND (1u << 30)
#define L1_EBX_CLFLUSH UINT32_C(0x0000ff00)
#define L1_ECX_MONITOR (1u << 3)
#define L1_ECX_VMX (1u << 5)
#define L1_ECX_X2APIC (1u << 21)
#define L1_ECX_TSC_DEADLINE (1u << 24)
#define L1_ECX_OSXSAVE (1u << 27)
#define L1_ECX_HYPERVISOR (1u << 31)
#define L1_EDX_HTT (1u << 28)
/* Leaf 7: the firmware refuses TSC_ADJUST and the speculation MSRs; CET and LA57 are not made. */
#define L7_EBX_REFUSED ((1u << 1) | (1u << 14))
/* Each CPU with SNP has RDSEED, and a release image of an SVSM needs it. Where QEMU lacks it, hv
 * does it. */
#define L7_EBX_RDSEED (1u << 18)
#define L7_ECX_SHSTK (1u << 7)
#define L7_ECX_OSPKE (1u << 4)
#define L7_ECX_LA57 (1u << 16)
#define L7_EDX_REFUSED                                                                             \
    ((1u << 20) | (1u << 26) | (1u << 27) | (1u << 28) | (1u << 29) | (1u << 30) |                 \
     (1u << 31)) /* IBT, then MSRs */
/* Leaf 0Dh: x87, SSE, AVX, PKRU. */
#define XCR0_LEGACY UINT64_C(0x3)
#define XCR0_SWITCHED UINT64_C(0x207)
#define XSAVE_BASE 0x240u
#define LD1_EAX_KEPT ((1u << 0) | (1u << 2)) /* XSAVEOPT, XGETBV with ECX=1 */
/*
 * Each CPU with SNP has XSAVES, and Linux ends itself without the compacted format. hv does it. Not
 * XSAVEC: programs restore what it saves by plain XRSTOR, which QEMU refuses.
 */
#define LD1_EAX_XSAVES (1u << 3)
#define LDN_ECX_ALIGNED (1u << 1)
#define CR4_OSXSAVE (UINT64_C(1) << 18)
#define CR4_PKE (UINT64_C(1) << 22)
/* 8000_0001: SVM, IBS, SKINIT, WDT, the counters, MWAITX. */
#define E1_ECX_DROPPED                                                                             \
    ((1u << 2) | (1u << 10) | (1u << 12) | (1u << 13) | (1u << 23) | (1u << 24) | (1u << 28) |     \
     (1u << 29))
#define E1_ECX_TOPOEXT (1u << 22)
#define E7_EDX_INVARIANT_TSC (1u << 8)
/* 8000_0008 EBX: INVLPGB and what controls speculation. */
#define E8_EBX_DROPPED                                                                             \
    (SNP_CPUID_ADDRESS_EBX_INVLPGB | (1u << 12) | (1u << 14) | (1u << 15) | (1u << 16) |           \
     (1u << 17) | (1u << 18) | (1u << 23) | (1u << 24) | (1u << 25) | (1u << 26))
#define LINEAR_BITS 48u
#define VMPL_COUNT SNP_VMPLS
/* The name of KVM, and of its features the clock that is the same on all vCPUs. */
#define KVM_NAME_EBX UINT32_C(0x4b4d564b) /* "KVMK" */
#define KVM_NAME_ECX UINT32_C(0x564b4d56) /* "VMKV" */
#define KVM_NAME_EDX UINT32_C(0x0000004d) /* "M" */
#define KVM_CLOCKSOURCE2 (1u << 3)
#define KVM_CLOCKSOURCE_STABLE (1u << 24)
/* Leaf 0Bh, types of levels. */
#define TYPE_SMT 1u
#define TYPE_CORE 2u
#define TSC_CRYSTAL_HZ 1000000u /* of leaf 15h: kHz / 1000 of it make the TSC */

/* What the CPU has. Behind its last leaf a CPU answers with what another leaf has: no guest sees
 * that. */
static struct cpuid_regs native(const struct cpuid_config *config, uint32_t leaf, uint32_t subleaf)
{
    if (leaf > config->native(config->context, leaf & LEAF_EXTENDED, 0).eax) {
        return (struct cpuid_regs){.eax = 0};
    }
    return config->native(config->context, leaf, subleaf);
}

static uint32_t max_basic(const struct cpuid_config *config)
{
    return config->tsc_khz != 0 ? LEAF_TSC : LEAF_MAX_BASIC;
}

static unsigned id_bits(uint32_t vcpus)
{
    unsigned bits = 0;

    while ((UINT32_C(1) << bits) < vcpus) {
        bits++;
    }
    return bits;
}

static struct cpuid_regs features(const struct cpuid_config *config, uint64_t cr4, uint32_t apic_id)
{
    struct cpuid_regs r = native(config, 1, 0);

    r.ebx = (r.ebx & L1_EBX_CLFLUSH) | (config->vcpus & 0xff) << 16 | apic_id << 24;
    r.ecx &= ~(L1_ECX_MONITOR | L1_ECX_VMX | L1_ECX_TSC_DEADLINE | L1_ECX_OSXSAVE);
    r.ecx |= L1_ECX_HYPERVISOR | L1_ECX_X2APIC | (cr4 & CR4_OSXSAVE ? L1_ECX_OSXSAVE : 0);
    r.edx = (r.edx & ~L1_EDX_HTT) | (config->vcpus > 1 ? L1_EDX_HTT : 0);
    return r;
}

static struct cpuid_regs structured(const struct cpuid_config *config, uint32_t subleaf,
                                    uint64_t cr4)
{
    struct cpuid_regs r = native(config, 7, 0);

    if (subleaf != 0) {
        return (struct cpuid_regs){.eax = 0};
    }
    r.eax = 0;
    r.ebx &= ~L7_EBX_REFUSED;
    r.ebx |= native(config, 1, 0).ecx & L1_ECX_RDRAND ? L7_EBX_RDSEED : 0;
    r.ecx &= ~(L7_ECX_SHSTK | L7_ECX_LA57 | L7_ECX_OSPKE);
    r.ecx |= cr4 & CR4_PKE ? L7_ECX_OSPKE : 0;
    r.edx &= ~L7_EDX_REFUSED;
    return r;
}

static uint64_t xcr0_supported(const struct cpuid_config *config)
{
    return native(config, 0xd, 0).eax & XCR0_SWITCHED;
}

/* Bytes that XSAVE needs for these components, not compacted. */
static uint32_t xsave_size(const struct cpuid_config *config, uint64_t components)
{
    uint32_t size = XSAVE_BASE;

    for (uint32_t i = 2; i < 32; i++) {
        struct cpuid_regs r = native(config, 0xd, i);
        if ((components >> i & 1) && r.eax + r.ebx > size) {
            size = r.eax + r.ebx;
        }
    }
    return size;
}

/* The same in the compacted format: one behind the other, some of them aligned. */
static uint32_t xsaves_size(const struct cpuid_config *config, uint64_t components)
{
    uint32_t size = XSAVE_BASE;

    for (uint32_t i = 2; i < 32; i++) {
        struct cpuid_regs r = native(config, 0xd, i);
        if (components >> i & 1) {
            size = r.ecx & LDN_ECX_ALIGNED ? (size + 63) & ~63u : size;
            size += r.eax;
        }
    }
    return size;
}

static struct cpuid_regs xsave(const struct cpuid_config *config, uint32_t subleaf, uint64_t xcr0)
{
    uint64_t supported = xcr0_supported(config);

    if (subleaf == 0) {
        return (struct cpuid_regs){.eax = (uint32_t)supported,
                                   .ebx = xsave_size(config, xcr0 & supported),
                                   .ecx = xsave_size(config, supported)};
    }
    if (subleaf == 1) {
        return (struct cpuid_regs){.eax =
                                       (native(config, 0xd, 1).eax & LD1_EAX_KEPT) | LD1_EAX_XSAVES,
                                   .ebx = xsaves_size(config, xcr0 & supported)};
    }
    if (subleaf < 32 && (supported & ~XCR0_LEGACY) >> subleaf & 1) {
        return native(config, 0xd, subleaf);
    }
    return (struct cpuid_regs){.eax = 0};
}

static struct cpuid_regs topology(const struct cpuid_config *config, uint32_t subleaf,
                                  uint32_t apic_id)
{
    struct cpuid_regs r = {.ecx = subleaf & 0xff, .edx = apic_id};

    if (subleaf == 0) {
        r.ebx = 1;
        r.ecx |= TYPE_SMT << 8;
    } else if (subleaf == 1) {
        r.eax = id_bits(config->vcpus);
        r.ebx = config->vcpus;
        r.ecx |= TYPE_CORE << 8;
    }
    return r;
}

static struct cpuid_regs tsc(const struct cpuid_config *config)
{
    if (config->tsc_khz == 0) {
        return (struct cpuid_regs){.eax = 0};
    }
    return (struct cpuid_regs){
        .eax = 1000, .ebx = (uint32_t)config->tsc_khz, .ecx = TSC_CRYSTAL_HZ};
}

static struct cpuid_regs basic(const struct cpuid_config *config, uint32_t leaf, uint32_t subleaf,
                               uint64_t xcr0, uint64_t cr4, uint32_t apic_id)
{
    struct cpuid_regs r = {.eax = 0};

    switch (leaf) {
    case 0:
        r = native(config, 0, 0);
        r.eax = max_basic(config);
        return r;
    case 1:
        return features(config, cr4, apic_id);
    case 6:
        r.eax = 1u << 2; /* the timer of the APIC does not stop */
        return r;
    case 7:
        return structured(config, subleaf, cr4);
    case 0xb:
        return topology(config, subleaf, apic_id);
    case 0xd:
        return xsave(config, subleaf, xcr0);
    case LEAF_TSC:
        return tsc(config);
    default:
        return r;
    }
}

/*
 * KVM 6.12 clears EBX[31:6]: VMPLs, the address bits that encryption takes, and COHERENCY_SFW_NO,
 * whatever the CPU has. Nobody names the address bits: 8000_0008h has the width that is left.
 */
static struct cpuid_regs encryption(const struct cpuid_config *config)
{
    struct cpuid_regs r = {.eax = SNP_CPUID_SEV | SNP_CPUID_SEV_ES | SNP_CPUID_SNP,
                           .ebx = config->cbit};

    if (config->profile != LAUNCH_UPSTREAM_6_12) {
        r.eax |= SNP_CPUID_VMPL | SNP_CPUID_RMPQUERY;
        r.ebx |= VMPL_COUNT << SNP_CPUID_EBX_VMPLS_SHIFT;
        r.ebx |= config->coherency_sfw_no ? SNP_CPUID_EBX_COHERENCY_SFW_NO : 0;
    }
    r.eax |= config->features & SNP_FEATURE_SECURE_TSC ? SNP_CPUID_SECURE_TSC : 0;
    r.eax |=
        config->features & SNP_FEATURE_RESTRICTED_INJECTION ? SNP_CPUID_RESTRICTED_INJECTION : 0;
    r.eax |= config->features & SNP_FEATURE_ALTERNATE_INJECTION ? SNP_CPUID_ALTERNATE_INJECTION : 0;
    r.eax |= config->features & SNP_FEATURE_DEBUG_SWAP ? SNP_CPUID_DEBUG_SWAP : 0;
    return r;
}

static struct cpuid_regs addresses(const struct cpuid_config *config)
{
    struct cpuid_regs r = native(config, SNP_CPUID_LEAF_ADDRESS, 0);

    r.eax = config->phys_bits | LINEAR_BITS << 8;
    r.ebx &= ~E8_EBX_DROPPED;
    r.ecx = (config->vcpus - 1) | id_bits(config->vcpus) << 12;
    r.edx = 0;
    if (config->invlpgb != 0) {
        r.ebx |= SNP_CPUID_ADDRESS_EBX_INVLPGB;
        r.edx = config->invlpgb - 1;
    }
    return r;
}

static struct cpuid_regs extended(const struct cpuid_config *config, uint32_t leaf,
                                  uint32_t subleaf, uint32_t apic_id)
{
    struct cpuid_regs r = native(config, leaf, subleaf);

    switch (leaf) {
    case UINT32_C(0x80000000):
        r.eax = LEAF_MAX_EXTENDED;
        return r;
    case UINT32_C(0x80000001):
        r.ecx = (r.ecx & ~E1_ECX_DROPPED) | E1_ECX_TOPOEXT;
        return r;
    case UINT32_C(0x80000007):
        return (struct cpuid_regs){.edx = E7_EDX_INVARIANT_TSC};
    case SNP_CPUID_LEAF_ADDRESS:
        return addresses(config);
    case UINT32_C(0x8000001e):
        return (struct cpuid_regs){.eax = apic_id, .ebx = apic_id & 0xff};
    case SNP_CPUID_LEAF:
        return encryption(config);
    case UINT32_C(0x80000002): /* the name, */
    case UINT32_C(0x80000003):
    case UINT32_C(0x80000004):
    case UINT32_C(0x80000005): /* the caches and their TLBs, */
    case UINT32_C(0x80000006):
    case UINT32_C(0x80000019):
    case UINT32_C(0x8000001a): /* widths of operations */
    case UINT32_C(0x8000001d):
        return r;
    default:
        return (struct cpuid_regs){.eax = 0};
    }
}

static struct cpuid_regs hypervisor(uint32_t leaf)
{
    if (leaf == LEAF_HYPERVISOR) {
        return (struct cpuid_regs){.eax = LEAF_KVM_FEATURES,
                                   .ebx = KVM_NAME_EBX,
                                   .ecx = KVM_NAME_ECX,
                                   .edx = KVM_NAME_EDX};
    }
    return (struct cpuid_regs){.eax = KVM_CLOCKSOURCE2 | KVM_CLOCKSOURCE_STABLE};
}

struct cpuid_regs cpuid_guest(const struct cpuid_config *config, uint32_t leaf, uint32_t subleaf,
                              uint64_t xcr0, uint64_t xss, uint64_t cr4, uint32_t apic_id)
{
    (void)xss; /* nothing that XSS switches is offered */
    if (leaf <= max_basic(config)) {
        return basic(config, leaf, subleaf, xcr0, cr4, apic_id);
    }
    if (leaf >= UINT32_C(0x80000000) && leaf <= LEAF_MAX_EXTENDED) {
        return extended(config, leaf, subleaf, apic_id);
    }
    if (config->kvm_clock && (leaf == LEAF_HYPERVISOR || leaf == LEAF_KVM_FEATURES)) {
        return hypervisor(leaf);
    }
    return (struct cpuid_regs){.eax = 0};
}

/* Leaves of the page, with the subleaves that the firmware indexes. */
static const struct {
    uint32_t leaf, subleaf;
} page_leaves[] = {
    {0x0, 0},
    {0x1, 0},
    {0x6, 0},
    {0x7, 0},
    {0xb, 0},
    {0xb, 1},
    {0xd, 0},
    {0xd, 1},
    {0xd, 2},
    {0xd, 9},
    {LEAF_TSC, 0},
    {LEAF_HYPERVISOR, 0},
    {LEAF_KVM_FEATURES, 0},
    {UINT32_C(0x80000000), 0},
    {UINT32_C(0x80000001), 0},
    {UINT32_C(0x80000002), 0},
    {UINT32_C(0x80000003), 0},
    {UINT32_C(0x80000004), 0},
    {UINT32_C(0x80000005), 0},
    {UINT32_C(0x80000006), 0},
    {UINT32_C(0x80000007), 0},
    {UINT32_C(0x80000008), 0},
    {UINT32_C(0x80000019), 0},
    {UINT32_C(0x8000001a), 0},
    {UINT32_C(0x8000001d), 0},
    {UINT32_C(0x8000001d), 1},
    {UINT32_C(0x8000001d), 2},
    {UINT32_C(0x8000001d), 3},
    {UINT32_C(0x8000001e), 0},
    {UINT32_C(0x8000001f), 0},
};
_Static_assert(sizeof(page_leaves) / sizeof(page_leaves[0]) <= SNP_CPUID_ENTRIES, "the page");

static bool is_nothing(const struct cpuid_regs *r)
{
    return (r->eax | r->ebx | r->ecx | r->edx) == 0;
}

/* The firmware has sizes for XCR0 = 1 only; guests add what their XCR0 has. */
static void entry_fill(const struct cpuid_config *config, struct snp_cpuid_entry *entry,
                       uint32_t leaf, uint32_t subleaf)
{
    struct cpuid_regs r = cpuid_guest(config, leaf, subleaf, 1, 0, 0, 0);

    *entry = (struct snp_cpuid_entry){
        .eax_in = leaf,
        .ecx_in = subleaf,
        .xcr0_in = leaf == 0xd && subleaf < 2 ? 1 : 0,
        .eax = r.eax,
        .ebx = r.ebx,
        .ecx = r.ecx,
        .edx = r.edx,
    };
}

uint32_t cpuid_page_fill(const struct cpuid_config *config, struct snp_cpuid_page *page)
{
    *page = (struct snp_cpuid_page){.count = 0};
    for (unsigned i = 0; i < sizeof(page_leaves) / sizeof(page_leaves[0]); i++) {
        uint32_t leaf = page_leaves[i].leaf, subleaf = page_leaves[i].subleaf;
        struct cpuid_regs r = cpuid_guest(config, leaf, subleaf, 1, 0, 0, 0);
        if (!is_nothing(&r)) {
            entry_fill(config, &page->entries[page->count], leaf, subleaf);
            page->count++;
        }
    }
    return page->count;
}
