/* SPDX-License-Identifier: MIT */
/* `forbidden` is a word of the image: which lie ends this boot, if any; its maker sets it. */
#include "lies.h"

#define RESTRICTED_BOOT 100u /* restricted injection: no interrupt can be forged */
#define CPUID_BOOT 101u      /* the CPUID page lacks SMEP */

[[gnu::section(".data.word")]] volatile uint64_t forbidden = 0;

[[gnu::noreturn]] void guest_main(void);
void guest_main(void)
{
    machine_init();
    ghcb_init();
    page_to(PAGE_BUFFER, GHCB_MSR_PSC_SHARED);
    page_to(PAGE_BUFFER_2, GHCB_MSR_PSC_SHARED);
    if (forbidden == RESTRICTED_BOOT) {
        test_pages();
        test_restricted();
        finish();
    }
    if (forbidden == CPUID_BOOT) {
        test_cpuid_page();
        finish();
    }
    if (forbidden != 0) {
        test_fatal(forbidden);
        finish();
    }
    lie("nonsense");
    check(lie_end(), UINT32_MAX, "nonsense");
    test_answers();
    test_msr();
    test_pages();
    test_injection();
    test_firmware();
    test_level_lies();
    finish();
}
