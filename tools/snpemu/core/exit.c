/* SPDX-License-Identifier: MIT */
/* Exits: which of them hardware turns into #VC, and what they are called. */
#include "vmsa_check.h"
#include <svsm/abi/vmexit.h>
#include <stddef.h>

#define VECTOR_MC 18u

/* Codes from 0 on, without a gap. */
static const char *const names[] = {
    /* 000h */
    "CR0_READ",
    "CR1_READ",
    "CR2_READ",
    "CR3_READ",
    "CR4_READ",
    "CR5_READ",
    "CR6_READ",
    "CR7_READ",
    "CR8_READ",
    "CR9_READ",
    "CR10_READ",
    "CR11_READ",
    "CR12_READ",
    "CR13_READ",
    "CR14_READ",
    "CR15_READ",
    /* 010h */
    "CR0_WRITE",
    "CR1_WRITE",
    "CR2_WRITE",
    "CR3_WRITE",
    "CR4_WRITE",
    "CR5_WRITE",
    "CR6_WRITE",
    "CR7_WRITE",
    "CR8_WRITE",
    "CR9_WRITE",
    "CR10_WRITE",
    "CR11_WRITE",
    "CR12_WRITE",
    "CR13_WRITE",
    "CR14_WRITE",
    "CR15_WRITE",
    /* 020h */
    "DR0_READ",
    "DR1_READ",
    "DR2_READ",
    "DR3_READ",
    "DR4_READ",
    "DR5_READ",
    "DR6_READ",
    "DR7_READ",
    "DR8_READ",
    "DR9_READ",
    "DR10_READ",
    "DR11_READ",
    "DR12_READ",
    "DR13_READ",
    "DR14_READ",
    "DR15_READ",
    /* 030h */
    "DR0_WRITE",
    "DR1_WRITE",
    "DR2_WRITE",
    "DR3_WRITE",
    "DR4_WRITE",
    "DR5_WRITE",
    "DR6_WRITE",
    "DR7_WRITE",
    "DR8_WRITE",
    "DR9_WRITE",
    "DR10_WRITE",
    "DR11_WRITE",
    "DR12_WRITE",
    "DR13_WRITE",
    "DR14_WRITE",
    "DR15_WRITE",
    /* 040h */
    "EXCP0",
    "EXCP1",
    "EXCP2",
    "EXCP3",
    "EXCP4",
    "EXCP5",
    "EXCP6",
    "EXCP7",
    "EXCP8",
    "EXCP9",
    "EXCP10",
    "EXCP11",
    "EXCP12",
    "EXCP13",
    "EXCP14",
    "EXCP15",
    /* 050h */
    "EXCP16",
    "EXCP17",
    "EXCP18",
    "EXCP19",
    "EXCP20",
    "EXCP21",
    "EXCP22",
    "EXCP23",
    "EXCP24",
    "EXCP25",
    "EXCP26",
    "EXCP27",
    "EXCP28",
    "EXCP29",
    "EXCP30",
    "EXCP31",
    /* 060h */
    "INTR",
    "NMI",
    "SMI",
    "INIT",
    "VINTR",
    "CR0_SEL_WRITE",
    "IDTR_READ",
    "GDTR_READ",
    "LDTR_READ",
    "TR_READ",
    "IDTR_WRITE",
    "GDTR_WRITE",
    "LDTR_WRITE",
    "TR_WRITE",
    "RDTSC",
    "RDPMC",
    /* 070h */
    "PUSHF",
    "POPF",
    "CPUID",
    "RSM",
    "IRET",
    "SWINT",
    "INVD",
    "PAUSE",
    "HLT",
    "INVLPG",
    "INVLPGA",
    "IOIO",
    "MSR",
    "TASK_SWITCH",
    "FERR_FREEZE",
    "SHUTDOWN",
    /* 080h */
    "VMRUN",
    "VMMCALL",
    "VMLOAD",
    "VMSAVE",
    "STGI",
    "CLGI",
    "SKINIT",
    "RDTSCP",
    "ICEBP",
    "WBINVD",
    "MONITOR",
    "MWAIT",
    "MWAIT_CONDITIONAL",
    "XSETBV",
    "RDPRU",
    "EFER_WRITE_TRAP",
    /* 090h */
    "CR0_WRITE_TRAP",
    "CR1_WRITE_TRAP",
    "CR2_WRITE_TRAP",
    "CR3_WRITE_TRAP",
    "CR4_WRITE_TRAP",
    "CR5_WRITE_TRAP",
    "CR6_WRITE_TRAP",
    "CR7_WRITE_TRAP",
    "CR8_WRITE_TRAP",
    "CR9_WRITE_TRAP",
    "CR10_WRITE_TRAP",
    "CR11_WRITE_TRAP",
    "CR12_WRITE_TRAP",
    "CR13_WRITE_TRAP",
    "CR14_WRITE_TRAP",
    "CR15_WRITE_TRAP",
    /* 0a0h */
    "INVLPGB",
    "INVLPGB_ILLEGAL",
    "INVPCID",
    "MCOMMIT",
    "TLBSYNC",
    "BUSLOCK",
    "IDLE_HLT",
};

static const struct {
    uint64_t code;
    const char *name;
} high_names[] = {
    {VMEXIT_NPF, "NPF"},
    {VMEXIT_AVIC_INCOMPLETE_IPI, "AVIC_INCOMPLETE_IPI"},
    {VMEXIT_AVIC_UNACCELERATED, "AVIC_NOACCEL"},
    {VMEXIT_VMGEXIT, "VMGEXIT"},
    {VMEXIT_PAGE_NOT_VALIDATED, "PAGE_NOT_VALIDATED"},
    {VMEXIT_NOT_RESTARTABLE, "NOT_RESTARTABLE"},
    {VMEXIT_INVALID, "INVALID"},
    {VMEXIT_BUSY, "BUSY"},
    {VMEXIT_IDLE_REQUIRED, "IDLE_REQUIRED"},
    {VMEXIT_INVALID_PMC, "INVALID_PMC"},
};

/* Exits that leave the guest's state alone and go to the host (APM2, table 15-35). */
static bool is_automatic(uint64_t exit_code)
{
    if (exit_code >= VMEXIT_INVALID_PMC) {
        return true;
    }
    if (exit_code >= VMEXIT_EFER_WRITE_TRAP && exit_code < VMEXIT_INVLPGB) {
        return true;
    }
    switch (exit_code) {
    case VMEXIT_EXCEPTION + VECTOR_MC:
    case VMEXIT_INTR:
    case VMEXIT_NMI:
    case VMEXIT_SMI:
    case VMEXIT_INIT:
    case VMEXIT_VINTR:
    case VMEXIT_PAUSE:
    case VMEXIT_HLT:
    case VMEXIT_SHUTDOWN:
    case VMEXIT_BUS_LOCK:
    case VMEXIT_IDLE_HLT:
    case VMEXIT_NPF: /* an access to MMIO never gets here: rmp_access() says RMP_MMIO */
    case VMEXIT_AVIC_INCOMPLETE_IPI:
    case VMEXIT_AVIC_UNACCELERATED:
    case VMEXIT_VMGEXIT:
    case VMEXIT_NOT_RESTARTABLE:
        return true;
    default:
        return false;
    }
}

enum exit_class exit_class(uint64_t exit_code, uint64_t features)
{
    if ((features & SNP_FEATURE_REFLECT_VC) || is_automatic(exit_code)) {
        return EXIT_AUTOMATIC;
    }
    return EXIT_VC;
}

const char *exit_name(uint64_t exit_code)
{
    if (exit_code < sizeof(names) / sizeof(names[0])) {
        return names[exit_code];
    }
    for (size_t i = 0; i < sizeof(high_names) / sizeof(high_names[0]); i++) {
        if (high_names[i].code == exit_code) {
            return high_names[i].name;
        }
    }
    return NULL;
}
