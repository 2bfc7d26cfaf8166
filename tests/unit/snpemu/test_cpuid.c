/* SPDX-License-Identifier: MIT */
/* The CPUID of a guest: what is hidden, what is the machine's own, and that page and host agree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <cpuid.h>
#include <svsm/abi/snp.h>
#include <svsm/abi/snp_cpuid.h>
#include <wire/launch.h>

#define CBIT 47u
#define CR4_OSXSAVE (UINT64_C(1) << 18)
#define CR4_PKE (UINT64_C(1) << 22)

#define RDRAND (1u << 30) /* of leaf 1, ECX */
#define RDSEED (1u << 18) /* of leaf 7, EBX */

static bool no_rdseed, no_rdrand;
static uint32_t
    last_extended; /* leaf; behind it comes what the last of the others has, as everywhere */

/* A CPU that has every feature: what a guest must not see has to be taken away. */
static struct cpuid_regs native(void *context, uint32_t leaf, uint32_t subleaf)
{
    static const struct cpuid_regs all = {~0u, ~0u, ~0u, ~0u};

    assert_null(context);
    switch (leaf) {
    case 0:
        return (struct cpuid_regs){0x20, 0x68747541, 0x444d4163, 0x69746e65};
    case 0xd:
        switch (subleaf) {
        case 0:
            return (struct cpuid_regs){0x2e7, 0xa88, 0xa88, 0};
        case 2:
            return (struct cpuid_regs){0x100, 0x240, 0, 0};
        case 9:
            return (struct cpuid_regs){8, 0xa80, 0, 0};
        case 5: /* AVX-512, which is not switched */
            return (struct cpuid_regs){0x40, 0x340, 0, 0};
        default:
            return (struct cpuid_regs){0xf, 0, 0, 0};
        }
    case 1:
        return (struct cpuid_regs){~0u, ~0u, no_rdrand ? ~RDRAND : ~0u, ~0u};
    case 7:
        return (struct cpuid_regs){~0u, no_rdseed ? ~RDSEED : ~0u, ~0u, ~0u};
    case 0x80000000:
        return (struct cpuid_regs){.eax = last_extended};
    default:
        return all;
    }
}

static struct cpuid_config config;

static int setup(void **unused)
{
    (void)unused;
    no_rdseed = no_rdrand = false;
    last_extended = ~0u;
    config = (struct cpuid_config){
        .native = native,
        .features = SNP_FEATURE_SNP,
        .vcpus = 4,
        .cbit = CBIT,
        .phys_bits = 48,
        .coherency_sfw_no = true,
        .profile = LAUNCH_STRICT,
    };
    return 0;
}

static struct cpuid_regs ask(uint32_t leaf, uint32_t subleaf)
{
    return cpuid_guest(&config, leaf, subleaf, 7, 0, CR4_OSXSAVE, 2);
}

static bool is_nothing(struct cpuid_regs r)
{
    return (r.eax | r.ebx | r.ecx | r.edx) == 0;
}

static void test_limits(void **unused)
{
    (void)unused;
    assert_int_equal(ask(0, 0).eax, 0xd);
    assert_int_equal(ask(0, 0).ebx, 0x68747541);
    assert_int_equal(ask(0x80000000, 0).eax, 0x8000001f);
    static const uint32_t nothing[] = {0xe, 0x15, 0x20, 0x40000000, 0x80000020, 0x80000021, ~0u};
    for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
        assert_true(is_nothing(ask(nothing[i], 0)));
    }
    /* The host's side of AMD-V, performance counters, IBS. */
    assert_true(is_nothing(ask(0x8000000a, 0)));
    assert_true(is_nothing(ask(0xa, 0)));
    assert_true(is_nothing(ask(0x8000001b, 0)));
}

/* QEMU's CPU max ends before the leaf of the caches, which is none of its answers to others. */
static void test_short(void **unused)
{
    (void)unused;
    struct snp_cpuid_page page;

    last_extended = 0x8000000a;
    assert_true(is_nothing(ask(0x8000001d, 0)));
    assert_false(is_nothing(ask(0x80000001, 0)));
    assert_false(is_nothing(ask(0x8000001f, 0))); /* the machine's own */
    assert_true(cpuid_page_fill(&config, &page) <= SNP_CPUID_ENTRIES);
    for (uint32_t i = 0; i < page.count; i++) {
        if (page.entries[i].eax_in == 0x8000001d) {
            assert_int_equal(page.entries[i].eax, 0);
        }
    }
}

/* KVM's name and clock, in the page too, and no leaf behind them. */
static void test_kvm(void **unused)
{
    (void)unused;
    struct cpuid_config kvm = config;
    struct snp_cpuid_page page;
    unsigned found = 0;

    kvm.kvm_clock = true;
    struct cpuid_regs name = cpuid_guest(&kvm, 0x40000000, 0, 1, 0, 0, 0);
    assert_int_equal(name.eax, 0x40000001);
    assert_memory_equal(&name.ebx, "KVMKVMKVM\0\0\0", 12);
    assert_int_equal(cpuid_guest(&kvm, 0x40000001, 0, 1, 0, 0, 0).eax, 1u << 3 | 1u << 24);
    assert_true(is_nothing(cpuid_guest(&kvm, 0x40000002, 0, 1, 0, 0, 0)));
    assert_true(cpuid_page_fill(&kvm, &page) <= SNP_CPUID_ENTRIES);
    for (uint32_t i = 0; i < page.count; i++) {
        found += page.entries[i].eax_in >> 4 == 0x4000000;
    }
    assert_int_equal(found, 2);
}

static void test_hidden(void **unused)
{
    (void)unused;
    static const struct {
        uint32_t leaf;
        uint32_t eax, ebx, ecx, edx; /* bits that no guest sees */
    } hidden[] = {
        {0x1, 0, 0, 1u << 3 | 1u << 5 | 1u << 24, 0},         /* MONITOR, VMX, TSC_DEADLINE */
        {0x7, ~0u, 1u << 1, 1u << 7 | 1u << 16, 0xfc100000u}, /* TSC_ADJUST, CET, LA57, SPEC_CTRL */
        {0x80000001, 0, 0, 1u << 2 | 1u << 10 | 1u << 12, 0}, /* SVM, IBS, SKINIT */
        {0x80000008, 0, 1u << 3 | 1u << 25, 0, ~0u},          /* INVLPGB, VIRT_SSBD */
        {0x80000007, ~0u, ~0u, ~0u, ~(1u << 8)},
    };

    for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
        struct cpuid_regs r = ask(hidden[i].leaf, 0);
        assert_int_equal(r.eax & hidden[i].eax, 0);
        assert_int_equal(r.ebx & hidden[i].ebx, 0);
        assert_int_equal(r.ecx & hidden[i].ecx, 0);
        assert_int_equal(r.edx & hidden[i].edx, 0);
    }
    assert_true(is_nothing(ask(7, 1)));
}

static void test_own_vcpu(void **unused)
{
    (void)unused;
    struct cpuid_regs r = ask(1, 0);
    assert_int_equal(r.ebx >> 24, 2);
    assert_int_equal(r.ebx >> 16 & 0xff, 4);
    assert_int_equal(r.ecx >> 31 & 1, 1); /* under a hypervisor */
    assert_int_equal(r.ecx >> 21 & 1, 1); /* x2APIC */
    assert_int_equal(r.ecx >> 27 & 1, 1); /* OSXSAVE, from CR4 */
    assert_int_equal(cpuid_guest(&config, 1, 0, 7, 0, 0, 2).ecx >> 27 & 1, 0);
    assert_int_equal(ask(7, 0).ecx >> 4 & 1, 0); /* OSPKE */
    assert_int_equal(cpuid_guest(&config, 7, 0, 7, 0, CR4_PKE, 2).ecx >> 4 & 1, 1);
    assert_int_equal(ask(0xb, 0).edx, 2);
    assert_int_equal(ask(0xb, 1).edx, 2);
    assert_int_equal(ask(0xb, 1).eax, 2); /* shift to the next level */
    assert_int_equal(ask(0xb, 1).ebx, 4);
    assert_int_equal(ask(0xb, 2).ebx, 0);
    assert_int_equal(ask(0x8000001e, 0).eax, 2);
    assert_int_equal(ask(0x80000008, 0).ecx & 0xff, 3);
    config.invlpgb = 8; /* pages at most; CPUID has the last one's number */
    assert_int_equal(ask(0x80000008, 0).ebx >> 3 & 1, 1);
    assert_int_equal(ask(0x80000008, 0).edx, 7);
    assert_int_equal(ask(1, 0).edx >> 28 & 1, 1);
    config.vcpus = 1;
    assert_int_equal(ask(1, 0).edx >> 28 & 1, 0);
    assert_int_equal(ask(0xb, 1).eax, 0);
}

static void test_encryption(void **unused)
{
    (void)unused;
    struct cpuid_regs r = ask(0x8000001f, 0);
    assert_int_equal(r.eax, SNP_CPUID_SEV | SNP_CPUID_SEV_ES | SNP_CPUID_SNP | SNP_CPUID_VMPL |
                                SNP_CPUID_RMPQUERY);
    assert_int_equal(r.ebx & SNP_CPUID_EBX_CBIT, CBIT);
    assert_int_equal(r.ebx >> 6 & 0x3f, 0); /* 8000_0008 says the reduced width already */
    assert_int_equal(r.ebx >> SNP_CPUID_EBX_VMPLS_SHIFT & SNP_CPUID_EBX_VMPLS_MASK, 4);
    assert_int_equal(r.ebx >> 31, 1);
    config.coherency_sfw_no = false;
    assert_int_equal(ask(0x8000001f, 0).ebx >> 31, 0);
    assert_int_equal(ask(0x80000008, 0).eax & 0xffff, 48 << 8 | 48);
    config.profile = LAUNCH_UPSTREAM_6_12; /* KVM clears EBX[31:6], whatever the CPU has */
    config.coherency_sfw_no = true;
    r = ask(0x8000001f, 0);
    assert_int_equal(r.ebx, CBIT);
    config.features |= SNP_FEATURE_SECURE_TSC | SNP_FEATURE_DEBUG_SWAP;
    assert_int_equal(ask(0x8000001f, 0).eax & SNP_CPUID_SECURE_TSC, SNP_CPUID_SECURE_TSC);
    assert_int_equal(ask(0x8000001f, 0).eax & SNP_CPUID_DEBUG_SWAP, SNP_CPUID_DEBUG_SWAP);
    assert_int_equal(ask(0x8000001f, 0).eax & SNP_CPUID_RESTRICTED_INJECTION, 0);
    config.features |= SNP_FEATURE_RESTRICTED_INJECTION;
    assert_int_equal(ask(0x8000001f, 0).eax & SNP_CPUID_RESTRICTED_INJECTION,
                     SNP_CPUID_RESTRICTED_INJECTION);
    assert_int_equal(ask(0x8000001f, 0).eax & SNP_CPUID_ALTERNATE_INJECTION, 0);
    config.features |= SNP_FEATURE_ALTERNATE_INJECTION;
    assert_int_equal(ask(0x8000001f, 0).eax & SNP_CPUID_ALTERNATE_INJECTION,
                     SNP_CPUID_ALTERNATE_INJECTION);
}

static void test_xsave(void **unused)
{
    (void)unused;
    static const struct {
        uint64_t xcr0;
        uint32_t size, compact;
    } sizes[] = {{1, 0x240, 0x240}, {3, 0x240, 0x240}, {7, 0x340, 0x340}, {0x207, 0xa88, 0x348}};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct cpuid_regs r = cpuid_guest(&config, 0xd, 0, sizes[i].xcr0, 0, 0, 0);
        assert_int_equal(r.eax, 0x207); /* x87, SSE, AVX, PKRU: what is switched */
        assert_int_equal(r.ebx, sizes[i].size);
        assert_int_equal(r.ecx, 0xa88);
        r = cpuid_guest(&config, 0xd, 1, sizes[i].xcr0, 0, 0, 0);
        assert_int_equal(r.ebx, sizes[i].compact);
        assert_int_equal(r.ecx | r.edx, 0); /* nothing for XSS */
    }
    assert_int_equal(ask(0xd, 2).ebx, 0x240);
    assert_int_equal(ask(0xd, 9).ebx, 0xa80);
    assert_true(is_nothing(ask(0xd, 5)));
    assert_true(is_nothing(ask(0xd, 64)));
}

static void test_tsc(void **unused)
{
    (void)unused;
    config.tsc_khz = 2400000;
    assert_int_equal(ask(0, 0).eax, 0x15);
    struct cpuid_regs r = ask(0x15, 0);
    /* TSC in Hz is crystal * numerator / denominator. */
    assert_int_equal((uint64_t)r.ecx * r.ebx / r.eax, UINT64_C(2400000000));
    assert_true(is_nothing(ask(0x14, 0)));
}

static const struct snp_cpuid_entry *entry_of(const struct snp_cpuid_page *page, uint32_t leaf,
                                              uint32_t subleaf)
{
    for (uint32_t i = 0; i < page->count; i++) {
        if (page->entries[i].eax_in == leaf && page->entries[i].ecx_in == subleaf) {
            return &page->entries[i];
        }
    }
    return NULL;
}

static void test_page(void **unused)
{
    (void)unused;
    static struct snp_cpuid_page page;
    static const uint32_t needed[][2] = {
        {0, 0},          {1, 0},          {7, 0},          {0xb, 0}, {0xb, 1},
        {0xd, 0},        {0xd, 1},        {0xd, 2},        {0xd, 9}, {0x80000000, 0},
        {0x80000001, 0}, {0x80000008, 0}, {0x8000001f, 0}, {0x15, 0}};

    config.tsc_khz = 2000000;
    memset(&page, 0xff, sizeof(page));
    uint32_t count = cpuid_page_fill(&config, &page);
    assert_int_equal(count, page.count);
    assert_in_range(count, 1, SNP_CPUID_ENTRIES);
    assert_int_equal(page.reserved_004, 0);
    assert_int_equal(page.reserved_008, 0);
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        if (!entry_of(&page, needed[i][0], needed[i][1])) {
            fail_msg("leaf %x/%x is not there", needed[i][0], needed[i][1]);
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct snp_cpuid_entry *e = &page.entries[i];
        struct cpuid_regs r = cpuid_guest(&config, e->eax_in, e->ecx_in, 1, 0, 0, 0);
        assert_int_equal(r.eax, e->eax);
        assert_int_equal(r.ebx, e->ebx);
        assert_int_equal(r.ecx, e->ecx);
        assert_int_equal(r.edx, e->edx);
        assert_ptr_equal(entry_of(&page, e->eax_in, e->ecx_in), e); /* once */
        assert_int_equal(e->xss_in, 0);
        /* Guests look for the XSAVE sizes of XCR0 = 1, or of none. */
        assert_int_equal(e->xcr0_in, e->eax_in == 0xd && e->ecx_in < 2);
        assert_int_equal(e->reserved_028, 0);
    }
    for (uint32_t i = count; i < SNP_CPUID_ENTRIES; i++) {
        assert_int_equal(page.entries[i].eax_in, 0);
    }
}

/* hv does it where QEMU has RDRAND at least. */
static void test_rdseed(void **unused)
{
    (void)unused;
    assert_int_equal(ask(7, 0).ebx & RDSEED, RDSEED);
    no_rdseed = true;
    assert_int_equal(ask(7, 0).ebx & RDSEED, RDSEED);
    no_rdrand = true;
    assert_int_equal(ask(7, 0).ebx & RDSEED, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_limits, setup),
        cmocka_unit_test_setup(test_short, setup),
        cmocka_unit_test_setup(test_hidden, setup),
        cmocka_unit_test_setup(test_kvm, setup),
        cmocka_unit_test_setup(test_own_vcpu, setup),
        cmocka_unit_test_setup(test_encryption, setup),
        cmocka_unit_test_setup(test_xsave, setup),
        cmocka_unit_test_setup(test_tsc, setup),
        cmocka_unit_test_setup(test_page, setup),
        cmocka_unit_test_setup(test_rdseed, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
