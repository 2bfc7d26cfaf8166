/* SPDX-License-Identifier: MIT */
/* The guest of report.h alone in its machine. */
#include "../snpemu/conform/conform.h"
#include "report.h"

/* make_igvm.py sets it in any bare guest; of no use here. */
[[gnu::section(".data.word")]] volatile uint64_t forbidden = 0;
const unsigned report_level = 0;

bool report_share(uint64_t gpa)
{
    return page_to(gpa, GHCB_MSR_PSC_SHARED); /* the launch has left the page to the host */
}

[[gnu::noreturn]] void guest_main(void);
void guest_main(void)
{
    machine_init();
    ghcb_init();
    report_run();
}
