/* SPDX-License-Identifier: MIT */
/*
 * The encoders and decoders of the ABI headers: against values worked out by hand from the
 * documents, and each decoder against its encoder over the whole range of its fields.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <svsm/abi/attest.h>
#include <svsm/abi/ghcb.h>
#include <svsm/abi/ghcb_events.h>
#include <svsm/abi/ghcb_host.h>
#include <svsm/abi/ghcb_msr.h>
#include <svsm/abi/snp.h>
#include <svsm/abi/svm.h>
#include <svsm/abi/svsm_protocol.h>
#include <svsm/abi/svsm_services.h>
#include <svsm/abi/vmexit.h>
#include <svsm/abi/vmsa.h>

static void test_msr_values(void **unused)
{
    (void)unused;
    assert_int_equal(ghcb_msr_sev_info(2, 1, 51), 0x0002000133000001);
    assert_int_equal(ghcb_msr_cpuid(GHCB_MSR_CPUID_REQUEST, SNP_CPUID_LEAF, GHCB_MSR_CPUID_EBX),
                     0x8000001f40000004);
    assert_int_equal(ghcb_msr_value(GHCB_MSR_REGISTER_REQUEST, 0x12345), 0x12345012);
    assert_int_equal(ghcb_msr_psc(GHCB_MSR_PSC_PRIVATE, 0x80000), 0x0010000080000014);
    assert_int_equal(ghcb_msr_run_vmpl(2), 0x0000000200000016);
    assert_int_equal(ghcb_msr_terminate(GHCB_TERM_SET_LINUX, GHCB_TERM_LINUX_NOT_VMPL0),
                     0x0000000000031100);
    assert_int_equal(ghcb_msr_value(GHCB_MSR_FEATURES_RESPONSE, 0x23), 0x23081);
    assert_int_equal(ghcb_msr_status(GHCB_MSR_RUN_VMPL_RESPONSE, 5), 0x0000000500000017);
    assert_int_equal(ghcb_msr_value(GHCB_MSR_PREFERRED_RESPONSE, GHCB_MSR_NO_GFN),
                     0xfffffffffffff011);
}

static void test_msr_decoders(void **unused)
{
    (void)unused;
    uint64_t info = ghcb_msr_sev_info(0xffff, 0x0102, 0xff);

    assert_int_equal(ghcb_msr_code(info), GHCB_MSR_SEV_INFO_RESPONSE);
    assert_int_equal(ghcb_msr_version_max(info), 0xffff);
    assert_int_equal(ghcb_msr_version_min(info), 0x0102);
    assert_int_equal(ghcb_msr_cbit(info), 0xff);
    for (unsigned reg = 0; reg < 4; reg++) {
        uint64_t value = ghcb_msr_cpuid(GHCB_MSR_CPUID_RESPONSE, 0xa5a5a5a5, reg);

        assert_int_equal(ghcb_msr_code(value), GHCB_MSR_CPUID_RESPONSE);
        assert_int_equal(ghcb_msr_high(value), 0xa5a5a5a5);
        assert_int_equal(ghcb_msr_cpuid_register(value), reg);
    }
    assert_int_equal(ghcb_msr_data(ghcb_msr_value(0xfff, GHCB_MSR_NO_GFN)), GHCB_MSR_NO_GFN);
    for (unsigned vmpl = 0; vmpl < 256; vmpl++) {
        assert_int_equal(ghcb_msr_run_vmpl_target(ghcb_msr_run_vmpl((uint8_t)vmpl)), vmpl);
    }
}

/* Neighbouring fields at their extremes: none may spill into another. */
static void test_msr_psc(void **unused)
{
    (void)unused;
    const uint64_t gfn_max = UINT64_C(0xffffffffff);

    for (unsigned operation = 0; operation < 16; operation++) {
        uint64_t value = ghcb_msr_psc(operation, gfn_max);

        assert_int_equal(value >> 56, 0);
        assert_int_equal(ghcb_msr_code(value), GHCB_MSR_PSC_REQUEST);
        assert_int_equal(ghcb_msr_psc_operation(value), operation);
        assert_int_equal(ghcb_msr_psc_gfn(value), gfn_max);
    }
    assert_int_equal(ghcb_msr_psc_operation(ghcb_msr_psc(0, ~UINT64_C(0))), 0);
}

static void test_terminate(void **unused)
{
    (void)unused;
    assert_int_equal(ghcb_terminate(1, 3), 0x31);
    for (unsigned set = 0; set < 16; set++) {
        for (unsigned reason = 0; reason < 256; reason++) {
            uint64_t msr = ghcb_msr_terminate(set, reason), event = ghcb_terminate(set, reason);

            assert_int_equal(ghcb_msr_code(msr), GHCB_MSR_TERMINATE);
            assert_int_equal(ghcb_msr_terminate_set(msr), set);
            assert_int_equal(ghcb_msr_terminate_reason(msr), reason);
            assert_int_equal(ghcb_terminate_set(event), set);
            assert_int_equal(ghcb_terminate_reason(event), reason);
        }
    }
}

static void test_psc(void **unused)
{
    (void)unused;
    uint64_t entry = ghcb_psc_entry(GHCB_PSC_PRIVATE, 0x200, GHCB_PSC_2M);

    assert_int_equal(entry, 0x0110000000200000);
    assert_int_equal(ghcb_psc_gfn(entry), 0x200);
    assert_int_equal(ghcb_psc_operation(entry), GHCB_PSC_PRIVATE);
    entry = ghcb_psc_entry(0xf, ~UINT64_C(0), 0);
    assert_int_equal(entry, 0x00fffffffffff000);
    assert_int_equal(entry & (GHCB_PSC_RESERVED | GHCB_PSC_2M | GHCB_PSC_CUR_PAGE), 0);
    assert_int_equal(ghcb_psc_gfn(entry), GHCB_PSC_GFN_MASK);
}

static void test_events(void **unused)
{
    (void)unused;
    uint64_t info = ghcb_ap_creation(3, 2, GHCB_AP_CREATE);

    assert_int_equal(info, 0x0000000300020001);
    info = ghcb_ap_creation(0xffffffff, 3, GHCB_AP_DESTROY);
    assert_int_equal(ghcb_ap_apic_id(info), 0xffffffff);
    assert_int_equal(ghcb_ap_vmpl(info), 3);
    assert_int_equal(ghcb_ap_request(info), GHCB_AP_DESTROY);
    info = ghcb_request_status(GHCB_REQUEST_VMM_BUSY, 0x16);
    assert_int_equal(info, 0x0000000200000016);
    assert_int_equal(ghcb_request_vmm(info), GHCB_REQUEST_VMM_BUSY);
    assert_int_equal(ghcb_request_firmware(info), 0x16);
}

/* Bit numbers of the document's table of the valid bitmap. */
static void test_valid_bits(void **unused)
{
    (void)unused;
    static const struct {
        size_t offset;
        unsigned bit;
    } want[] = {
        {offsetof(struct ghcb, cpl), 25},           {offsetof(struct ghcb, xss), 40},
        {offsetof(struct ghcb, dr7), 44},           {offsetof(struct ghcb, rip), 47},
        {offsetof(struct ghcb, rsp), 59},           {offsetof(struct ghcb, rax), 63},
        {offsetof(struct ghcb, rcx), 97},           {offsetof(struct ghcb, rdx), 98},
        {offsetof(struct ghcb, rbx), 99},           {offsetof(struct ghcb, rbp), 101},
        {offsetof(struct ghcb, rsi), 102},          {offsetof(struct ghcb, rdi), 103},
        {offsetof(struct ghcb, r8), 104},           {offsetof(struct ghcb, r15), 111},
        {offsetof(struct ghcb, sw_exitcode), 114},  {offsetof(struct ghcb, sw_exitinfo1), 115},
        {offsetof(struct ghcb, sw_exitinfo2), 116}, {offsetof(struct ghcb, sw_scratch), 117},
        {offsetof(struct ghcb, xcr0), 125},
    };

    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        assert_int_equal(ghcb_valid_bit(want[i].offset), want[i].bit);
    }
    assert_int_equal(ghcb_valid_bit(GHCB_VALID_LIMIT - 8) / 8,
                     sizeof(((struct ghcb *)NULL)->valid_bitmap) - 1);
}

static void test_ioio(void **unused)
{
    (void)unused;
    static const unsigned sizes[] = {1, 2, 4};

    assert_int_equal(vmexit_ioio(0x3f8, 1, VMEXIT_IOIO_ADDRESS_64), 0x03f80210);
    assert_int_equal(vmexit_ioio(0x3f8, 1, VMEXIT_IOIO_ADDRESS_64 | VMEXIT_IOIO_IN), 0x03f80211);
    for (size_t i = 0; i < 3; i++) {
        uint64_t info = vmexit_ioio(0xffff, sizes[i], VMEXIT_IOIO_STRING | VMEXIT_IOIO_REP);

        assert_int_equal(vmexit_ioio_port(info), 0xffff);
        assert_int_equal(vmexit_ioio_size(info), sizes[i]);
    }
    assert_int_equal(vmexit_ioio(0, 4, 0), VMEXIT_IOIO_SIZE_32);
}

static void test_svm_events(void **unused)
{
    (void)unused;
    uint64_t vc = svm_event_with_error(SVM_EVENT_EXCEPTION, SNP_VECTOR_VC, VMEXIT_CPUID);

    assert_int_equal(vc, 0x0000007280000b1d);
    assert_int_equal(svm_event(SVM_EVENT_EXCEPTION, SNP_VECTOR_HV), 0x8000031c);
    assert_int_equal(svm_event_error(vc), VMEXIT_CPUID);
    assert_int_equal(vc & SVM_EVENT_TYPE, SVM_EVENT_EXCEPTION);
    assert_int_equal(vc & SVM_EVENT_VECTOR, SNP_VECTOR_VC);
    assert_int_equal(vc & SVM_EVENT_RESERVED, 0);
}

static void test_svm_maps(void **unused)
{
    (void)unused;
    assert_int_equal(svm_intercept_word(VMEXIT_CPUID), 3);
    assert_int_equal(svm_intercept_bit(VMEXIT_CPUID), 1u << 18);
    assert_int_equal(svm_intercept_word(VMEXIT_VMRUN), 4);
    assert_int_equal(svm_intercept_bit(VMEXIT_VMRUN), 1u << 0);
    assert_int_equal(svm_intercept_word(VMEXIT_EXCEPTION + 6), 2);
    assert_int_equal(svm_intercept_bit(VMEXIT_EXCEPTION + 6), 1u << 6);
    assert_int_equal(svm_intercept_word(VMEXIT_CR_WRITE + 3), 0);
    assert_int_equal(svm_intercept_bit(VMEXIT_CR_WRITE + 3), 1u << 19);
    assert_int_equal(svm_intercept_word(SVM_INTERCEPT_CODES - 1) + 1,
                     sizeof(((struct vmcb_control *)NULL)->intercepts) / 4);

    assert_int_equal(svm_msrpm_bit(0), 0);
    assert_int_equal(svm_msrpm_bit(0x1fff), 0x800 * 8 - 2);
    assert_int_equal(svm_msrpm_bit(0x2000), SVM_MSRPM_NONE);
    assert_int_equal(svm_msrpm_bit(0xc0000080), 0x800 * 8 + 0x100);
    assert_int_equal(svm_msrpm_bit(SNP_MSR_GHCB), 0x1000 * 8 + 0x260);
    assert_int_equal(svm_msrpm_bit(0xc0002000), SVM_MSRPM_NONE);
    assert_int_equal(svm_msrpm_bit(SNP_MSR_SVSM_CAA), SVM_MSRPM_NONE);
}

static void test_snp(void **unused)
{
    (void)unused;
    const uint64_t status = snp_status_of(SNP_FEATURE_SNP | SNP_FEATURE_RESTRICTED_INJECTION |
                                          SNP_FEATURE_ALLOWED_VALID);
    const uint64_t rdx = snp_rmpadjust(2, SNP_PERM_READ, SNP_RMPADJUST_VMSA);

    assert_int_equal(status, 0x27);
    assert_int_equal(snp_features_of(status), 0x9);
    assert_int_equal(rdx, 0x10102);
    assert_int_equal(snp_rmpadjust(1, SNP_PERM_ALL, 0), 0xf01);
    assert_int_equal(snp_rmpadjust_vmpl(rdx), 2);
    assert_int_equal(snp_rmpadjust_perm(rdx), SNP_PERM_READ);
    assert_int_equal(snp_rmpadjust(0xff, SNP_PERM_ALL | SNP_PERM_SHADOW_STACK, SNP_RMPADJUST_VMSA),
                     ~SNP_RMPADJUST_RESERVED);
    assert_int_equal(snp_tsc_khz(2400, 200), 2395200);
    assert_int_equal(snp_tsc_khz(UINT64_C(0xfffffffffffc0000) | 3000, 0), 3000000);
    assert_int_equal(vmsa_attrib_of(0xa09b), 0xa9b);
    assert_int_equal(vmsa_attrib_of(0xc09b), 0xc9b);
    assert_int_equal(vmsa_attrib_of(0xaf9b), 0xa9b);
    for (unsigned attrib = 0; attrib < 0x1000; attrib++) {
        assert_int_equal(vmsa_attrib_of(vmsa_access_of((uint16_t)attrib)), attrib);
    }
    assert_int_equal(psp_key_info_signing(0x1c), PSP_SIGNING_NONE);
    assert_int_equal(psp_key_info_signing(0xffffffe3), PSP_SIGNING_VCEK);
}

static void test_protocol(void **unused)
{
    (void)unused;
    uint64_t rax = svsm_call_rax(SVSM_PROTOCOL_VTPM, SVSM_VTPM_CMD);

    assert_int_equal(rax, 0x0000000200000001);
    assert_int_equal(svsm_call_protocol(rax), SVSM_PROTOCOL_VTPM);
    assert_int_equal(svsm_call_number(rax), SVSM_VTPM_CMD);
    assert_int_equal(svsm_query(SVSM_PROTOCOL_ATTEST, 1), 0x0000000100000001);
    assert_int_equal(svsm_versions(1, 3), 0x0000000300000001);
    assert_int_equal(svsm_page_list_max(0x5008), 510);
    assert_int_equal(svsm_page_list_max(0x5000), 511);
    assert_int_equal(svsm_page_list_max(0x5ff0), 1);
    assert_int_equal(svsm_page_list_max(0x5ff8), 0);
    assert_int_equal(SVSM_ENTRY_SIZE | SVSM_ENTRY_VALIDATE | SVSM_ENTRY_IGNORE_CF |
                         SVSM_ENTRY_VALIDATE_RESERVED | SVSM_ENTRY_GPA,
                     ~UINT64_C(0));
    assert_int_equal(SVSM_ENTRY_SIZE | SVSM_ENTRY_DEPOSIT_RESERVED | SVSM_ENTRY_GPA, ~UINT64_C(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_msr_values), cmocka_unit_test(test_msr_decoders),
        cmocka_unit_test(test_msr_psc),    cmocka_unit_test(test_terminate),
        cmocka_unit_test(test_psc),        cmocka_unit_test(test_events),
        cmocka_unit_test(test_valid_bits), cmocka_unit_test(test_ioio),
        cmocka_unit_test(test_svm_events), cmocka_unit_test(test_svm_maps),
        cmocka_unit_test(test_snp),        cmocka_unit_test(test_protocol),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
