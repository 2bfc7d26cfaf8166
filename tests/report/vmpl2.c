/* SPDX-License-Identifier: MIT */
/* The guest of report.h below the SVSM, which takes the pages back before the host gets them. */
#include "../protocol/protocol.h"
#include "../protocol/start.h"
#include "report.h"

volatile uint64_t option_vcpus = 1, option_mode, option_seed, option_rounds;
const unsigned report_level = GUEST_VMPL;

bool report_share(uint64_t gpa)
{
    return list_one(ENTRY_RESCIND(gpa)) == SVSM_SUCCESS && page_to(gpa, GHCB_MSR_PSC_SHARED);
}

[[gnu::noreturn]] void guest_main(void);
void guest_main(void)
{
    start_guest();
    report_run();
}
