/* SPDX-License-Identifier: MIT */
/* CREATE_VCPU and DELETE_VCPU: what they refuse. A refused page stays the guest's. */
#include "protocol.h"

#define CREATE svsm_call_rax(0, SVSM_CORE_CREATE_VCPU)
#define DELETE svsm_call_rax(0, SVSM_CORE_DELETE_VCPU)
#define AREA PAGE_TEST(24)
#define CALLING PAGE_TEST(25)

/* A vCPU of the machine other than this one where there is one. */
static unsigned some_cpu(void)
{
    return option_vcpus > 1 ? 1 : 0;
}

static void still_ours(uint64_t page, const char *name)
{
    *word_at(page + PAGE_SIZE - 8) = 0x77;
    check(*word_at(page + PAGE_SIZE - 8), 0x77, "create/%s-page-still-ours", name);
}

static void test_addresses(void)
{
    static const unsigned offsets[] = {1, 8, 0x10, 0x800, 0xfff};

    for (unsigned i = 0; i < ARRAY_COUNT(offsets); i++) {
        call_refused(SVSM_ERR_INVALID_PARAMETER, CREATE, AREA + offsets[i], CALLING, some_cpu(),
                     "create/save-area-misaligned-%x", (uint64_t)offsets[i]);
        call_refused(SVSM_ERR_INVALID_PARAMETER, CREATE, AREA, CALLING + offsets[i], some_cpu(),
                     "create/calling-area-misaligned-%x", (uint64_t)offsets[i]);
        call_refused(SVSM_ERR_INVALID_PARAMETER, DELETE, AREA + offsets[i], 2, 3,
                     "delete/misaligned-%x", (uint64_t)offsets[i]);
    }
    check(list_one(ENTRY_RESCIND(PAGE_TEST(0))), SVSM_SUCCESS, "create/rescind");
    for (unsigned i = 0; i < PLACES; i++) {
        call_refused(SVSM_ERR_INVALID_ADDRESS, CREATE, place(i).gpa, CALLING, some_cpu(),
                     "create/save-area-%s", place(i).name);
        call_refused(SVSM_ERR_INVALID_ADDRESS, CREATE, AREA, place(i).gpa, some_cpu(),
                     "create/calling-area-%s", place(i).name);
        call_refused(SVSM_ERR_INVALID_PARAMETER, DELETE, place(i).gpa, 2, 3, "delete/%s",
                     place(i).name);
    }
    check(list_one(ENTRY_VALIDATE(PAGE_TEST(0))), SVSM_SUCCESS, "create/validate");
    call_refused(SVSM_ERR_INVALID_ADDRESS, CREATE, AREA, AREA, some_cpu(), "create/both-the-same");
    call_refused(SVSM_ERR_INVALID_ADDRESS, CREATE, (uint64_t)call_area(), CALLING, some_cpu(),
                 "create/save-area-is-calling-area");
    call_refused(SVSM_ERR_INVALID_PARAMETER, DELETE, (uint64_t)call_area(), 2, 3,
                 "delete/calling-area");
    call_refused(SVSM_ERR_INVALID_PARAMETER, DELETE, AREA, 2, 3, "delete/plain-page");
    still_ours(AREA, "addresses");
}

static void test_apic_ids(void)
{
    const uint32_t none[] = {(uint32_t)option_vcpus, 255, 0x10000, 0x7fffffff, 0xffffffff};

    for (unsigned i = 0; i < ARRAY_COUNT(none); i++) {
        cpu_fill(AREA, 1);
        call_refused(SVSM_ERR_INVALID_PARAMETER, CREATE, AREA, CALLING, none[i],
                     "create/apic-id-%x", (uint64_t)none[i]);
        still_ours(AREA, "apic-id");
    }
}

static struct vmsa *filled(void)
{
    cpu_fill(AREA, 1);
    /* SAFETY: a page of this test. */
    return (struct vmsa *)AREA;
}

static void refused(const char *name, unsigned number)
{
    call_refused(SVSM_ERR_INVALID_PARAMETER, CREATE, AREA, CALLING, some_cpu(), "create/%s-%u",
                 name, number);
    still_ours(AREA, name);
    check(list_one(ENTRY_VALIDATE(AREA)), SVSM_ERR_CORE_UNCHANGED, "create/%s-%u-still-valid", name,
          number);
}

static void test_contents(void)
{
    static const uint8_t levels[] = {0, 1, 3, 4, 255};
    static const uint64_t features[] = {
        SNP_FEATURE_SNP,        SNP_FEATURE_VTOM,       SNP_FEATURE_RESTRICTED_INJECTION,
        SNP_FEATURE_DEBUG_SWAP, SNP_FEATURE_SECURE_TSC, UINT64_C(1) << 40};

    for (unsigned i = 0; i < ARRAY_COUNT(levels); i++) {
        filled()->vmpl = levels[i];
        refused("vmpl", levels[i]);
    }
    filled()->efer &= ~SNP_EFER_SVME;
    refused("efer-without-svme", 0);
    for (unsigned i = 0; i < ARRAY_COUNT(features); i++) {
        filled()->sev_features ^= features[i];
        refused("features", i);
    }
    memory_fill(AREA, 0, PAGE_SIZE);
    refused("all-zero", 0);
    memory_fill(AREA, ~UINT64_C(0), PAGE_SIZE);
    refused("all-ones", 0);
}

void test_create(void)
{
    test_addresses();
    test_apic_ids();
    test_contents();
}
