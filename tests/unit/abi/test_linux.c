/* SPDX-License-Identifier: MIT */
/*
 * Our constants and structures against those of the Linux headers on this machine, which were
 * written by others and are what stock guests are built from.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* Linux's macro for termination uses its own name of the type. */
typedef uint64_t u64;
#include <asm/svm.h>
#include <linux/psp-sev.h>
#include <linux/sev-guest.h>

#include <svsm/abi/ghcb.h>
#include <svsm/abi/ghcb_events.h>
#include <svsm/abi/psp.h>
#include <svsm/abi/psp_messages.h>
#include <svsm/abi/vmexit.h>

struct pair {
    const char *name;
    uint64_t ours, theirs;
};

static const struct pair exits[] = {
    {"READ_CR0", VMEXIT_CR_READ + 0, SVM_EXIT_READ_CR0},
    {"READ_CR2", VMEXIT_CR_READ + 2, SVM_EXIT_READ_CR2},
    {"READ_CR3", VMEXIT_CR_READ + 3, SVM_EXIT_READ_CR3},
    {"READ_CR4", VMEXIT_CR_READ + 4, SVM_EXIT_READ_CR4},
    {"READ_CR8", VMEXIT_CR_READ + 8, SVM_EXIT_READ_CR8},
    {"WRITE_CR0", VMEXIT_CR_WRITE + 0, SVM_EXIT_WRITE_CR0},
    {"WRITE_CR2", VMEXIT_CR_WRITE + 2, SVM_EXIT_WRITE_CR2},
    {"WRITE_CR3", VMEXIT_CR_WRITE + 3, SVM_EXIT_WRITE_CR3},
    {"WRITE_CR4", VMEXIT_CR_WRITE + 4, SVM_EXIT_WRITE_CR4},
    {"WRITE_CR8", VMEXIT_CR_WRITE + 8, SVM_EXIT_WRITE_CR8},
    {"READ_DR0", VMEXIT_DR_READ + 0, SVM_EXIT_READ_DR0},
    {"READ_DR1", VMEXIT_DR_READ + 1, SVM_EXIT_READ_DR1},
    {"READ_DR2", VMEXIT_DR_READ + 2, SVM_EXIT_READ_DR2},
    {"READ_DR3", VMEXIT_DR_READ + 3, SVM_EXIT_READ_DR3},
    {"READ_DR4", VMEXIT_DR_READ + 4, SVM_EXIT_READ_DR4},
    {"READ_DR5", VMEXIT_DR_READ + 5, SVM_EXIT_READ_DR5},
    {"READ_DR6", VMEXIT_DR_READ + 6, SVM_EXIT_READ_DR6},
    {"READ_DR7", VMEXIT_DR_READ + 7, SVM_EXIT_READ_DR7},
    {"WRITE_DR0", VMEXIT_DR_WRITE + 0, SVM_EXIT_WRITE_DR0},
    {"WRITE_DR1", VMEXIT_DR_WRITE + 1, SVM_EXIT_WRITE_DR1},
    {"WRITE_DR2", VMEXIT_DR_WRITE + 2, SVM_EXIT_WRITE_DR2},
    {"WRITE_DR3", VMEXIT_DR_WRITE + 3, SVM_EXIT_WRITE_DR3},
    {"WRITE_DR4", VMEXIT_DR_WRITE + 4, SVM_EXIT_WRITE_DR4},
    {"WRITE_DR5", VMEXIT_DR_WRITE + 5, SVM_EXIT_WRITE_DR5},
    {"WRITE_DR6", VMEXIT_DR_WRITE + 6, SVM_EXIT_WRITE_DR6},
    {"WRITE_DR7", VMEXIT_DR_WRITE + 7, SVM_EXIT_WRITE_DR7},
    {"EXCP_BASE", VMEXIT_EXCEPTION, SVM_EXIT_EXCP_BASE},
    {"LAST_EXCP", VMEXIT_EXCEPTION + 31, SVM_EXIT_LAST_EXCP},
    {"INTR", VMEXIT_INTR, SVM_EXIT_INTR},
    {"NMI", VMEXIT_NMI, SVM_EXIT_NMI},
    {"SMI", VMEXIT_SMI, SVM_EXIT_SMI},
    {"INIT", VMEXIT_INIT, SVM_EXIT_INIT},
    {"VINTR", VMEXIT_VINTR, SVM_EXIT_VINTR},
    {"CR0_SEL_WRITE", VMEXIT_CR0_SEL_WRITE, SVM_EXIT_CR0_SEL_WRITE},
    {"IDTR_READ", VMEXIT_IDTR_READ, SVM_EXIT_IDTR_READ},
    {"GDTR_READ", VMEXIT_GDTR_READ, SVM_EXIT_GDTR_READ},
    {"LDTR_READ", VMEXIT_LDTR_READ, SVM_EXIT_LDTR_READ},
    {"TR_READ", VMEXIT_TR_READ, SVM_EXIT_TR_READ},
    {"IDTR_WRITE", VMEXIT_IDTR_WRITE, SVM_EXIT_IDTR_WRITE},
    {"GDTR_WRITE", VMEXIT_GDTR_WRITE, SVM_EXIT_GDTR_WRITE},
    {"LDTR_WRITE", VMEXIT_LDTR_WRITE, SVM_EXIT_LDTR_WRITE},
    {"TR_WRITE", VMEXIT_TR_WRITE, SVM_EXIT_TR_WRITE},
    {"RDTSC", VMEXIT_RDTSC, SVM_EXIT_RDTSC},
    {"RDPMC", VMEXIT_RDPMC, SVM_EXIT_RDPMC},
    {"PUSHF", VMEXIT_PUSHF, SVM_EXIT_PUSHF},
    {"POPF", VMEXIT_POPF, SVM_EXIT_POPF},
    {"CPUID", VMEXIT_CPUID, SVM_EXIT_CPUID},
    {"RSM", VMEXIT_RSM, SVM_EXIT_RSM},
    {"IRET", VMEXIT_IRET, SVM_EXIT_IRET},
    {"SWINT", VMEXIT_SWINT, SVM_EXIT_SWINT},
    {"INVD", VMEXIT_INVD, SVM_EXIT_INVD},
    {"PAUSE", VMEXIT_PAUSE, SVM_EXIT_PAUSE},
    {"HLT", VMEXIT_HLT, SVM_EXIT_HLT},
    {"INVLPG", VMEXIT_INVLPG, SVM_EXIT_INVLPG},
    {"INVLPGA", VMEXIT_INVLPGA, SVM_EXIT_INVLPGA},
    {"IOIO", VMEXIT_IOIO, SVM_EXIT_IOIO},
    {"MSR", VMEXIT_MSR, SVM_EXIT_MSR},
    {"TASK_SWITCH", VMEXIT_TASK_SWITCH, SVM_EXIT_TASK_SWITCH},
    {"FERR_FREEZE", VMEXIT_FERR_FREEZE, SVM_EXIT_FERR_FREEZE},
    {"SHUTDOWN", VMEXIT_SHUTDOWN, SVM_EXIT_SHUTDOWN},
    {"VMRUN", VMEXIT_VMRUN, SVM_EXIT_VMRUN},
    {"VMMCALL", VMEXIT_VMMCALL, SVM_EXIT_VMMCALL},
    {"VMLOAD", VMEXIT_VMLOAD, SVM_EXIT_VMLOAD},
    {"VMSAVE", VMEXIT_VMSAVE, SVM_EXIT_VMSAVE},
    {"STGI", VMEXIT_STGI, SVM_EXIT_STGI},
    {"CLGI", VMEXIT_CLGI, SVM_EXIT_CLGI},
    {"SKINIT", VMEXIT_SKINIT, SVM_EXIT_SKINIT},
    {"RDTSCP", VMEXIT_RDTSCP, SVM_EXIT_RDTSCP},
    {"ICEBP", VMEXIT_ICEBP, SVM_EXIT_ICEBP},
    {"WBINVD", VMEXIT_WBINVD, SVM_EXIT_WBINVD},
    {"MONITOR", VMEXIT_MONITOR, SVM_EXIT_MONITOR},
    {"MWAIT", VMEXIT_MWAIT, SVM_EXIT_MWAIT},
    {"MWAIT_COND", VMEXIT_MWAIT_COND, SVM_EXIT_MWAIT_COND},
    {"XSETBV", VMEXIT_XSETBV, SVM_EXIT_XSETBV},
    {"RDPRU", VMEXIT_RDPRU, SVM_EXIT_RDPRU},
    {"EFER_WRITE_TRAP", VMEXIT_EFER_WRITE_TRAP, SVM_EXIT_EFER_WRITE_TRAP},
    {"CR0_WRITE_TRAP", VMEXIT_CR_WRITE_TRAP + 0, SVM_EXIT_CR0_WRITE_TRAP},
    {"CR1_WRITE_TRAP", VMEXIT_CR_WRITE_TRAP + 1, SVM_EXIT_CR1_WRITE_TRAP},
    {"CR2_WRITE_TRAP", VMEXIT_CR_WRITE_TRAP + 2, SVM_EXIT_CR2_WRITE_TRAP},
    {"CR3_WRITE_TRAP", VMEXIT_CR_WRITE_TRAP + 3, SVM_EXIT_CR3_WRITE_TRAP},
    {"CR4_WRITE_TRAP", VMEXIT_CR_WRITE_TRAP + 4, SVM_EXIT_CR4_WRITE_TRAP},
    {"CR5_WRITE_TRAP", VMEXIT_CR_WRITE_TRAP + 5, SVM_EXIT_CR5_WRITE_TRAP},
    {"CR6_WRITE_TRAP", VMEXIT_CR_WRITE_TRAP + 6, SVM_EXIT_CR6_WRITE_TRAP},
    {"CR7_WRITE_TRAP", VMEXIT_CR_WRITE_TRAP + 7, SVM_EXIT_CR7_WRITE_TRAP},
    {"CR8_WRITE_TRAP", VMEXIT_CR_WRITE_TRAP + 8, SVM_EXIT_CR8_WRITE_TRAP},
    {"CR9_WRITE_TRAP", VMEXIT_CR_WRITE_TRAP + 9, SVM_EXIT_CR9_WRITE_TRAP},
    {"CR10_WRITE_TRAP", VMEXIT_CR_WRITE_TRAP + 10, SVM_EXIT_CR10_WRITE_TRAP},
    {"CR11_WRITE_TRAP", VMEXIT_CR_WRITE_TRAP + 11, SVM_EXIT_CR11_WRITE_TRAP},
    {"CR12_WRITE_TRAP", VMEXIT_CR_WRITE_TRAP + 12, SVM_EXIT_CR12_WRITE_TRAP},
    {"CR13_WRITE_TRAP", VMEXIT_CR_WRITE_TRAP + 13, SVM_EXIT_CR13_WRITE_TRAP},
    {"CR14_WRITE_TRAP", VMEXIT_CR_WRITE_TRAP + 14, SVM_EXIT_CR14_WRITE_TRAP},
    {"CR15_WRITE_TRAP", VMEXIT_CR_WRITE_TRAP + 15, SVM_EXIT_CR15_WRITE_TRAP},
    {"INVPCID", VMEXIT_INVPCID, SVM_EXIT_INVPCID},
    {"NPF", VMEXIT_NPF, SVM_EXIT_NPF},
    {"AVIC_INCOMPLETE_IPI", VMEXIT_AVIC_INCOMPLETE_IPI, SVM_EXIT_AVIC_INCOMPLETE_IPI},
    {"AVIC_UNACCELERATED_ACCESS", VMEXIT_AVIC_UNACCELERATED, SVM_EXIT_AVIC_UNACCELERATED_ACCESS},
    {"VMGEXIT", VMEXIT_VMGEXIT, SVM_EXIT_VMGEXIT},
};

static const struct pair events[] = {
    {"MMIO_READ", GHCB_EVENT_MMIO_READ, SVM_VMGEXIT_MMIO_READ},
    {"MMIO_WRITE", GHCB_EVENT_MMIO_WRITE, SVM_VMGEXIT_MMIO_WRITE},
    {"NMI_COMPLETE", GHCB_EVENT_NMI_COMPLETE, SVM_VMGEXIT_NMI_COMPLETE},
    {"AP_RESET_HOLD", GHCB_EVENT_AP_RESET_HOLD, SVM_VMGEXIT_AP_HLT_LOOP},
    {"AP_JUMP_TABLE", GHCB_EVENT_AP_JUMP_TABLE, SVM_VMGEXIT_AP_JUMP_TABLE},
    {"PSC", GHCB_EVENT_PSC, SVM_VMGEXIT_PSC},
    {"GUEST_REQUEST", GHCB_EVENT_GUEST_REQUEST, SVM_VMGEXIT_GUEST_REQUEST},
    {"EXTENDED_REQUEST", GHCB_EVENT_EXTENDED_REQUEST, SVM_VMGEXIT_EXT_GUEST_REQUEST},
    {"AP_CREATION", GHCB_EVENT_AP_CREATION, SVM_VMGEXIT_AP_CREATION},
    {"AP_CREATE_ON_INIT", GHCB_AP_CREATE_ON_INIT, SVM_VMGEXIT_AP_CREATE_ON_INIT},
    {"AP_CREATE", GHCB_AP_CREATE, SVM_VMGEXIT_AP_CREATE},
    {"AP_DESTROY", GHCB_AP_DESTROY, SVM_VMGEXIT_AP_DESTROY},
    {"FEATURES", GHCB_EVENT_FEATURES, SVM_VMGEXIT_HV_FEATURES},
    {"TERMINATE", GHCB_EVENT_TERMINATE, SVM_VMGEXIT_TERM_REQUEST},
    {"UNSUPPORTED", GHCB_EVENT_UNSUPPORTED, SVM_VMGEXIT_UNSUPPORTED_EVENT},
};

static const struct pair statuses[] = {
    {"SUCCESS", PSP_STATUS_SUCCESS, SEV_RET_SUCCESS},
    {"INVALID_PLATFORM_STATE", PSP_STATUS_INVALID_PLATFORM_STATE, SEV_RET_INVALID_PLATFORM_STATE},
    {"INVALID_GUEST_STATE", PSP_STATUS_INVALID_GUEST_STATE, SEV_RET_INVALID_GUEST_STATE},
    {"INVALID_LEN", PSP_STATUS_INVALID_LEN, SEV_RET_INVALID_LEN},
    {"ALREADY_OWNED", PSP_STATUS_ALREADY_OWNED, SEV_RET_ALREADY_OWNED},
    {"INVALID_CERTIFICATE", PSP_STATUS_INVALID_CERTIFICATE, SEV_RET_INVALID_CERTIFICATE},
    {"POLICY_FAILURE", PSP_STATUS_POLICY_FAILURE, SEV_RET_POLICY_FAILURE},
    {"INACTIVE", PSP_STATUS_INACTIVE, SEV_RET_INACTIVE},
    {"INVALID_ADDRESS", PSP_STATUS_INVALID_ADDRESS, SEV_RET_INVALID_ADDRESS},
    {"BAD_SIGNATURE", PSP_STATUS_BAD_SIGNATURE, SEV_RET_BAD_SIGNATURE},
    {"BAD_MEASUREMENT", PSP_STATUS_BAD_MEASUREMENT, SEV_RET_BAD_MEASUREMENT},
    {"ASID_OWNED", PSP_STATUS_ASID_OWNED, SEV_RET_ASID_OWNED},
    {"INVALID_ASID", PSP_STATUS_INVALID_ASID, SEV_RET_INVALID_ASID},
    {"WBINVD_REQUIRED", PSP_STATUS_WBINVD_REQUIRED, SEV_RET_WBINVD_REQUIRED},
    {"DFFLUSH_REQUIRED", PSP_STATUS_DFFLUSH_REQUIRED, SEV_RET_DFFLUSH_REQUIRED},
    {"INVALID_GUEST", PSP_STATUS_INVALID_GUEST, SEV_RET_INVALID_GUEST},
    {"INVALID_COMMAND", PSP_STATUS_INVALID_COMMAND, SEV_RET_INVALID_COMMAND},
    {"ACTIVE", PSP_STATUS_ACTIVE, SEV_RET_ACTIVE},
    {"HWERROR_PLATFORM", PSP_STATUS_HWERROR_PLATFORM, SEV_RET_HWSEV_RET_PLATFORM},
    {"HWERROR_UNSAFE", PSP_STATUS_HWERROR_UNSAFE, SEV_RET_HWSEV_RET_UNSAFE},
    {"UNSUPPORTED", PSP_STATUS_UNSUPPORTED, SEV_RET_UNSUPPORTED},
    {"INVALID_PARAM", PSP_STATUS_INVALID_PARAM, SEV_RET_INVALID_PARAM},
    {"RESOURCE_LIMIT", PSP_STATUS_RESOURCE_LIMIT, SEV_RET_RESOURCE_LIMIT},
    {"SECURE_DATA_INVALID", PSP_STATUS_SECURE_DATA_INVALID, SEV_RET_SECURE_DATA_INVALID},
    {"VMM_INVALID_LEN", GHCB_REQUEST_VMM_INVALID_LEN, SNP_GUEST_VMM_ERR_INVALID_LEN},
    {"VMM_BUSY", GHCB_REQUEST_VMM_BUSY, SNP_GUEST_VMM_ERR_BUSY},
};

static void expect_pairs(const struct pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (pairs[i].ours != pairs[i].theirs) {
            print_error("%s: ours %#llx, Linux's %#llx\n", pairs[i].name,
                        (unsigned long long)pairs[i].ours, (unsigned long long)pairs[i].theirs);
            fail();
        }
    }
}

static void test_exit_codes(void **unused)
{
    (void)unused;
    expect_pairs(exits, sizeof(exits) / sizeof(exits[0]));
}

static void test_ghcb_events(void **unused)
{
    (void)unused;
    expect_pairs(events, sizeof(events) / sizeof(events[0]));
    for (unsigned set = 0; set < 16; set++) {
        for (unsigned reason = 0; reason < 256; reason++) {
            assert_int_equal(ghcb_terminate(set, reason), SVM_VMGEXIT_TERM_REASON(set, reason));
        }
    }
}

static void test_statuses(void **unused)
{
    (void)unused;
    expect_pairs(statuses, sizeof(statuses) / sizeof(statuses[0]));
}

static void test_guest_messages(void **unused)
{
    (void)unused;
    assert_int_equal(sizeof(struct psp_report_req), sizeof(struct snp_report_req));
    assert_int_equal(offsetof(struct psp_report_req, vmpl), offsetof(struct snp_report_req, vmpl));
    assert_int_equal(offsetof(struct psp_report_req, key_sel),
                     offsetof(struct snp_report_req, rsvd));
    assert_int_equal(PSP_PAYLOAD_MAX, sizeof(struct snp_report_resp));
    assert_int_equal(sizeof(struct psp_key_req), sizeof(struct snp_derived_key_req));
    assert_int_equal(offsetof(struct psp_key_req, guest_field_select),
                     offsetof(struct snp_derived_key_req, guest_field_select));
    assert_int_equal(offsetof(struct psp_key_req, vmpl),
                     offsetof(struct snp_derived_key_req, vmpl));
    assert_int_equal(offsetof(struct psp_key_req, guest_svn),
                     offsetof(struct snp_derived_key_req, guest_svn));
    assert_int_equal(offsetof(struct psp_key_req, tcb_version),
                     offsetof(struct snp_derived_key_req, tcb_version));
    assert_int_equal(sizeof(struct psp_key_rsp), sizeof(struct snp_derived_key_resp));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exit_codes),
        cmocka_unit_test(test_ghcb_events),
        cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_guest_messages),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
