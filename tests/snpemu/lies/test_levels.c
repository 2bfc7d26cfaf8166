/* SPDX-License-Identifier: MIT */
/* Which level runs, and from which save area. */
#include "lies.h"

static volatile unsigned ran;
static volatile uint64_t stack;
static struct vmsa old [[gnu::aligned(4096)]];
static uint8_t old_stack[4096] [[gnu::aligned(16)]];

static void note(uint64_t argument)
{
    (void)argument;
    ran++;
    stack = (uint64_t)__builtin_frame_address(0) & ~UINT64_C(0x1fff);
}

static void loop(uint64_t count)
{
    /* SAFETY: counts in a register. */
    asm volatile("1: dec %0; jnz 1b" : "+r"(count) : : "cc");
}

static void run(void)
{
    (void)level_call(1, note, 0);
}

[[gnu::noreturn]] static void old_main(void)
{
    for (;;) {
        ran += 100;
        (void)msr_ask(ghcb_msr_run_vmpl(0));
    }
}

/* The host is told of one save area, and takes another one, which was the guest's once. */
static void other_area(void)
{
    struct insn i = {.rax = (uint64_t)&old, .rdx = snp_rmpadjust(1, 0, SNP_RMPADJUST_VMSA)};

    area_fill(&old, 2, old_main, old_stack + sizeof(old_stack));
    insn_rmpadjust(&i);
    check(i.rax, SNP_SUCCESS, "other-area-is-one");
    lie("ask@ap-creation,field=info2,value=0x%x", (uint64_t)&old);
    ghcb_begin();
    GHCB_SET(rax, sev_features());
    ask(GHCB_EVENT_AP_CREATION, ghcb_ap_creation(0, 2, GHCB_AP_CREATE_ON_INIT),
        PAGE_LIE + 9 * PAGE_SIZE);
    check(answer.sw_exitinfo1, GHCB_RESULT_OK, "other-area-taken");
    lie_check(1, "other-area");
    ran = 0;
    (void)msr_ask(ghcb_msr_run_vmpl(2));
    check(ran, 100, "other-area-runs");
}

void test_level_lies(void)
{
    lie("refuse@ap-creation,value=5");
    ghcb_begin();
    GHCB_SET(rax, sev_features());
    ask(GHCB_EVENT_AP_CREATION, ghcb_ap_creation(0, 1, GHCB_AP_CREATE_ON_INIT),
        PAGE_LIE + 9 * PAGE_SIZE);
    check(answer.sw_exitinfo1, GHCB_RESULT_MALFORMED, "ap-creation-refused");
    lie_check(1, "ap-creation-refused");
    levels_init();
    run();
    check(ran, 1, "level-runs");
    uint64_t own = stack;
    lie("skip@msr-run-vmpl,vmpl=0");
    run();
    check(ran, 1, "level-at-once");
    lie_check(1, "level-at-once");
    lie("ask@msr-run-vmpl,vmpl=0,value=0x%x", ghcb_msr_run_vmpl(3));
    run();
    check(ran == 2 && stack != own, true, "level-wrong");
    lie_check(1, "level-wrong");
    lie("nmi@enter,vmpl=1,after=1000");
    struct fault fault = level_call(1, loop, 1000);
    check(fault.vector, 2, "level-nmi");
    lie_check(1, "level-nmi");
    other_area();
}
