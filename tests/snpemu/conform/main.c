/* SPDX-License-Identifier: MIT */
/* The guest's list of tests. `forbidden` is a word of the image: which access ends this boot, if
 * any; the maker of the image sets it. */
#include "conform.h"
#include <svsm/abi/snp_cpuid.h>

#define CPUID_EBX 1u
#define TLB_BOOT 100u /* no refused access: tests for --tlb keep */

[[gnu::section(".data.word")]] volatile uint64_t forbidden = 0; /* in the file, not in .bss */

/* For who has chosen it: nothing in here depends on it. */
static unsigned coherency_sfw_no(void)
{
    uint64_t answer = msr_ask(ghcb_msr_cpuid(GHCB_MSR_CPUID_REQUEST, SNP_CPUID_LEAF, CPUID_EBX));

    return ghcb_msr_high(answer) & SNP_CPUID_EBX_COHERENCY_SFW_NO ? 1 : 0;
}

[[gnu::noreturn]] void guest_main(void);
void guest_main(void)
{
    machine_init();
    ghcb_init();
    if (forbidden != 0) {
        if (forbidden == 15) {
            area_tsc_scale = 0;
            levels_init();
        }
        if ((forbidden >= 6 && forbidden <= 8) || forbidden == TLB_BOOT) {
            levels_init();
        }
        if (forbidden == TLB_BOOT) {
            test_tlb();
            finish();
        }
        test_forbidden(forbidden);
        finish();
    }
    test_vc();
    test_pvalidate();
    test_rmpadjust();
    test_rmpquery();
    test_invlpgb();
    test_rdseed();
    test_access();
    test_msr_protocol();
    test_events();
    test_clock();
    test_interrupt();
    test_step();
    test_psc();
    levels_init();
    test_levels();
    test_state();
    test_cost();
    print("# coherency_sfw_no %u\n", coherency_sfw_no());
    finish();
}
