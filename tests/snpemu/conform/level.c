/* SPDX-License-Identifier: MIT */
/*
 * Other VMPLs of the same vCPU. Each has a save area and a stack and does one thing: run the act
 * that VMPL0 left for it, then ask the host to run VMPL0 again.
 */
/* SAFETY: a test guest; each instruction is there for what it does, and its operands say what it
 * reads and writes. A fault in it ends the act, not the guest. */
#include "conform.h"

#define STACK 8192u

unsigned level_now;
static struct {
    act *act;
    uint64_t argument;
    struct fault fault;
} order;
static bool there[SNP_VMPLS];
/* Not at the start of 2 MiB, where some CPUs cannot have a save area. */
static struct vmsa areas[SNP_VMPLS] [[gnu::aligned(4096)]];
static uint8_t stacks[SNP_VMPLS][STACK] [[gnu::aligned(16)]];

extern const uint8_t image_end[];

[[gnu::noreturn]] static void level_main(void)
{
    for (;;) {
        order.fault = probe(order.act, order.argument);
        (void)msr_ask(ghcb_msr_run_vmpl(0));
    }
}

static bool adjust(uint64_t va, uint64_t rdx)
{
    struct insn i = {.rax = va, .rdx = rdx};

    insn_rmpadjust(&i);
    return i.rax == SNP_SUCCESS;
}

/* The whole image is open to every level; nothing here is secret. */
static bool grant_image(unsigned vmpl)
{
    bool good = true;

    for (uint64_t va = 0x1fe000; va < (uint64_t)image_end; va += PAGE_SIZE) {
        good = good && adjust(va, snp_rmpadjust(vmpl, SNP_PERM_ALL, 0));
    }
    return good;
}

static void level_init(unsigned vmpl)
{
    uint64_t va = (uint64_t)&areas[vmpl];

    area_fill(&areas[vmpl], vmpl, level_main, stacks[vmpl] + STACK);
    check(adjust(va, snp_rmpadjust(1, 0, SNP_RMPADJUST_VMSA)), true, "level-%u-save-area", vmpl);
    ghcb_begin();
    GHCB_SET(rax, sev_features());
    ghcb_ask(GHCB_EVENT_AP_CREATION, (uint64_t)vmpl << 16 | GHCB_AP_CREATE_ON_INIT, va);
    there[vmpl] = (uint32_t)the_ghcb->sw_exitinfo1 == GHCB_RESULT_OK;
    check(there[vmpl], true, "level-%u-creation", vmpl);
}

struct vmsa *level_area(unsigned vmpl)
{
    return &areas[vmpl];
}

void levels_init(void)
{
    for (unsigned vmpl = 1; vmpl < SNP_VMPLS; vmpl++) {
        check(grant_image(vmpl), true, "level-%u-rights", vmpl);
    }
    for (unsigned vmpl = 1; vmpl < SNP_VMPLS; vmpl++) {
        level_init(vmpl);
    }
}

struct fault level_call(unsigned vmpl, act *act, uint64_t argument)
{
    if (!there[vmpl]) {
        return (struct fault){.happened = true, .vector = NO_FAULT - 1};
    }
    order.act = act;
    order.argument = argument;
    level_now = vmpl;
    uint64_t answer = msr_ask(ghcb_msr_run_vmpl((uint8_t)vmpl));
    level_now = 0;
    if (answer != GHCB_MSR_RUN_VMPL_RESPONSE) {
        check(answer, GHCB_MSR_RUN_VMPL_RESPONSE, "level-%u-run", vmpl);
    }
    return order.fault;
}
