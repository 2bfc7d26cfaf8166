/* SPDX-License-Identifier: MIT */
/* What requests and terminations are called, for traces and for people. */
#include "ghcb.h"
#include <stddef.h>

const char *ghcb_msr_name(unsigned code)
{
    switch (code) {
    case GHCB_MSR_SEV_INFO_REQUEST:
        return "msr-sev-info";
    case GHCB_MSR_CPUID_REQUEST:
        return "msr-cpuid";
    case GHCB_MSR_AP_RESET_HOLD_REQUEST:
        return "msr-ap-reset-hold";
    case GHCB_MSR_PREFERRED_REQUEST:
        return "msr-preferred";
    case GHCB_MSR_REGISTER_REQUEST:
        return "msr-register";
    case GHCB_MSR_PSC_REQUEST:
        return "msr-page-state-change";
    case GHCB_MSR_RUN_VMPL_REQUEST:
        return "msr-run-vmpl";
    case GHCB_MSR_FEATURES_REQUEST:
        return "msr-features";
    case GHCB_MSR_TERMINATE:
        return "msr-terminate";
    default:
        return "msr-unknown";
    }
}

static const char *const general[] = {
    "general request",
    "no common version of the GHCB protocol",
    "SEV-SNP features not supported",
};

static const char *const linux_reasons[] = {
    "GHCB registration failed",
    "page state change failed",
    "PVALIDATE failed",
    "not at VMPL0, and no SVSM or no host with VMPLs",
    "the CPUID page is wrong",
    "the host has no CPUID for a leaf",
    "the secrets page is missing or wrong",
    "not at VMPL0, and the secrets page names no SVSM",
    "the SVSM says that the guest is at VMPL0",
    "the SVSM's calling area is not page aligned",
    "Secure TSC failed",
    "the SVSM did not take the new calling area",
    "Secure AVIC failed",
};

const char *ghcb_termination_name(unsigned set, unsigned reason)
{
    if (set == GHCB_TERM_SET_GENERAL && reason < sizeof(general) / sizeof(general[0])) {
        return general[reason];
    }
    if (set == GHCB_TERM_SET_LINUX && reason < sizeof(linux_reasons) / sizeof(linux_reasons[0])) {
        return linux_reasons[reason];
    }
    return NULL;
}
