/* SPDX-License-Identifier: MIT */
/* The MSR protocol. */
#include "lies.h"

static uint64_t cpuid_request(uint32_t leaf)
{
    return ghcb_msr_cpuid(GHCB_MSR_CPUID_REQUEST, leaf, GHCB_MSR_CPUID_EAX);
}

static void answers(void)
{
    uint64_t first = msr_ask(cpuid_request(0));
    uint64_t second = msr_ask(cpuid_request(1));

    lie("set@msr-cpuid,value=0x7777000000000005");
    check(msr_ask(cpuid_request(0)), UINT64_C(0x7777000000000005), "msr-set");
    lie_check(1, "msr-set");
    lie("flip@msr-cpuid,value=0x8000000000000001");
    check(msr_ask(cpuid_request(0)), first ^ UINT64_C(0x8000000000000001), "msr-flip");
    lie_check(1, "msr-flip");
    (void)msr_ask(cpuid_request(1));
    lie("repeat@msr-cpuid");
    check(msr_ask(cpuid_request(0)), second, "msr-repeat");
    lie_check(1, "msr-repeat");
    lie("drop@msr-cpuid");
    check(msr_ask(cpuid_request(0)), cpuid_request(0), "msr-drop");
    lie_check(1, "msr-drop");
    lie("ask@msr-cpuid,value=0x%x", cpuid_request(1));
    check(msr_ask(cpuid_request(0)), second, "msr-ask");
    lie_check(1, "msr-ask");
    lie("set@msr-any,value=0x%x,nth=2", UINT64_C(0xabc001));
    check(msr_ask(cpuid_request(0)), first, "msr-any-first");
    check(msr_ask(GHCB_MSR_SEV_INFO_REQUEST), 0xabc001, "msr-any-second");
    lie_check(1, "msr-any");
}

static void states(void)
{
    lie("refuse@msr-page-state-change");
    check(page_to(PAGE_LIE, GHCB_MSR_PSC_PRIVATE), false, "msr-psc-refused");
    lie_check(1, "msr-psc-refused");
    lie("skip@msr-page-state-change");
    check(page_to(PAGE_LIE, GHCB_MSR_PSC_PRIVATE), true, "msr-psc-skipped");
    lie_check(1, "msr-psc-skipped");
    *(volatile uint64_t *)(SHARED + PAGE_LIE) = 5; /* it is shared still */
    check(*(volatile uint64_t *)(SHARED + PAGE_LIE), 5, "msr-psc-skipped-nothing-done");
    lie("refuse@msr-register");
    check(msr_ask(ghcb_msr_value(GHCB_MSR_REGISTER_REQUEST, PAGE_GHCB >> 12)),
          ghcb_msr_value(GHCB_MSR_REGISTER_RESPONSE, GHCB_MSR_NO_GFN), "msr-register-refused");
    lie_check(1, "msr-register-refused");
    lie("skip@msr-register");
    check(msr_ask(ghcb_msr_value(GHCB_MSR_REGISTER_REQUEST, 77)),
          ghcb_msr_value(GHCB_MSR_REGISTER_RESPONSE, 77), "msr-register-skipped");
    lie_check(1, "msr-register-skipped"); /* by the GHCB that is still the registered one */
    lie("skip@msr-terminate");
    (void)msr_ask(ghcb_msr_terminate(7, 1));
    lie_check(1, "msr-terminate-skipped");
}

void test_msr(void)
{
    answers();
    states();
}
