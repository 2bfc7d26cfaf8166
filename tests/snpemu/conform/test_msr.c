/* SPDX-License-Identifier: MIT */
/* The GHCB's MSR protocol: each request, its answer, and what is wrong with it. */
#include "conform.h"
#include <svsm/abi/ghcb_host.h>
#include <svsm/abi/snp_cpuid.h>

static void information(void)
{
    uint64_t info = msr_ask(GHCB_MSR_SEV_INFO_REQUEST);

    check(ghcb_msr_code(info), GHCB_MSR_SEV_INFO_RESPONSE, "msr-sev-info");
    check(ghcb_msr_version_max(info) >= GHCB_VERSION_MAX, true, "msr-sev-info-version-max");
    check(ghcb_msr_version_min(info) <= GHCB_VERSION_MAX, true, "msr-sev-info-version-min");
    check(ghcb_msr_cbit(info), cbit, "msr-sev-info-cbit-is-the-cpuid-pages");
    uint64_t features = msr_ask(GHCB_MSR_FEATURES_REQUEST);
    check(ghcb_msr_code(features), GHCB_MSR_FEATURES_RESPONSE, "msr-features");
    check(ghcb_msr_data(features) & GHCB_HV_SNP, GHCB_HV_SNP, "msr-features-snp");
    check(ghcb_msr_data(features) & GHCB_HV_AP_CREATION, GHCB_HV_AP_CREATION,
          "msr-features-ap-creation");
    check(msr_ask(GHCB_MSR_PREFERRED_REQUEST),
          ghcb_msr_value(GHCB_MSR_PREFERRED_RESPONSE, GHCB_MSR_NO_GFN), "msr-preferred-none");
}

static void cpuid_register(uint32_t leaf, unsigned reg, const char *name)
{
    uint64_t answer = msr_ask(ghcb_msr_cpuid(GHCB_MSR_CPUID_REQUEST, leaf, reg));

    check(ghcb_msr_code(answer), GHCB_MSR_CPUID_RESPONSE, "msr-cpuid-%s", name);
    check(ghcb_msr_cpuid_register(answer), reg, "msr-cpuid-%s-register", name);
}

static void cpuid(void)
{
    static const char *const registers[] = {"eax", "ebx", "ecx", "edx"};

    for (unsigned reg = 0; reg < 4; reg++) {
        cpuid_register(0, reg, registers[reg]);
    }
    uint64_t snp = msr_ask(ghcb_msr_cpuid(GHCB_MSR_CPUID_REQUEST, SNP_CPUID_LEAF, 1));
    check(ghcb_msr_high(snp) & SNP_CPUID_EBX_CBIT, cbit, "msr-cpuid-cbit");
    uint64_t max = msr_ask(ghcb_msr_cpuid(GHCB_MSR_CPUID_REQUEST, 0x80000000, 0));
    check(ghcb_msr_high(max) >= SNP_CPUID_LEAF, true, "msr-cpuid-has-the-snp-leaf");
}

static void registration(void)
{
    uint64_t gfn = PAGE_GHCB >> 12, other = PAGE_BUFFER >> 12;

    /* No output between the two: a GHCB that is not registered ends the guest. */
    uint64_t there = msr_ask(ghcb_msr_value(GHCB_MSR_REGISTER_REQUEST, other));
    uint64_t back = msr_ask(ghcb_msr_value(GHCB_MSR_REGISTER_REQUEST, gfn));

    check(there, ghcb_msr_value(GHCB_MSR_REGISTER_RESPONSE, other), "msr-register-another");
    check(back, ghcb_msr_value(GHCB_MSR_REGISTER_RESPONSE, gfn), "msr-register-back");
}

static void page_states(void)
{
    uint64_t page = PAGE(PAGE_FREE + 8);

    check(msr_ask(ghcb_msr_psc(GHCB_MSR_PSC_PRIVATE, page >> 12)), GHCB_MSR_PSC_RESPONSE,
          "msr-psc-private");
    check(msr_ask(ghcb_msr_psc(GHCB_MSR_PSC_PRIVATE, page >> 12)), GHCB_MSR_PSC_RESPONSE,
          "msr-psc-private-again");
    check(msr_ask(ghcb_msr_psc(GHCB_MSR_PSC_SHARED, page >> 12)), GHCB_MSR_PSC_RESPONSE,
          "msr-psc-shared");
    check(msr_ask(ghcb_msr_psc(GHCB_MSR_PSC_SHARED, page >> 12)), GHCB_MSR_PSC_RESPONSE,
          "msr-psc-shared-again");
    for (unsigned operation = 3; operation < 16; operation += 4) {
        uint64_t answer = msr_ask(ghcb_msr_psc(operation, page >> 12));
        check(ghcb_msr_code(answer), GHCB_MSR_PSC_RESPONSE, "msr-psc-operation-%u", operation);
        check(ghcb_msr_high(answer) != 0, true, "msr-psc-operation-%u-refused", operation);
    }
    uint64_t answer = msr_ask(ghcb_msr_psc(GHCB_MSR_PSC_PRIVATE, NO_GFN));
    check(ghcb_msr_code(answer), GHCB_MSR_PSC_RESPONSE, "msr-psc-no-memory");
    check(ghcb_msr_high(answer) != 0, true, "msr-psc-no-memory-refused");
}

/* KVM leaves the value of a code that it does not know as it is. */
static void unknown(void)
{
    static const uint16_t codes[] = {0x003, 0x008, 0x009, 0x00f, 0x018, 0x020,
                                     0x07f, 0x082, 0x0ff, 0x101, 0xeff, 0xfff};

    for (unsigned i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        uint64_t value = ghcb_msr_value(codes[i], 0x123456);
        check(msr_ask(value), value, "msr-unknown-%x", (uint64_t)codes[i]);
    }
}

static void run_level(void)
{
    for (unsigned vmpl = SNP_VMPLS; vmpl < 256; vmpl *= 2) {
        uint64_t answer = msr_ask(ghcb_msr_run_vmpl((uint8_t)vmpl));
        check(answer != GHCB_MSR_RUN_VMPL_RESPONSE, true, "msr-run-vmpl-%u-refused", vmpl);
    }
}

void test_msr_protocol(void)
{
    information();
    cpuid();
    registration();
    page_states();
    unknown();
    run_level();
}
