/* SPDX-License-Identifier: MIT */
/*
 * Single steps over instructions that an emulator does in the CPU's place: the trap comes right
 * behind each of them. The GHCB MSR's WRMSR is followed by a VMGEXIT, which must not have happened.
 */
/* SAFETY: a test guest; each instruction is there for what it does, and its operands say what it
 * reads and writes. A fault in it ends the act, not the guest. */
#include "conform.h"

#define VECTOR_DB 1u
#define DR6_STEP (UINT64_C(1) << 14)

extern const uint8_t behind_wrmsr[], behind_pvalidate[];

static void step_wrmsr(uint64_t value)
{
    asm volatile("pushfq; orq $0x100, (%%rsp); popfq\n"
                 "wrmsr\n"
                 "behind_wrmsr: rep; vmmcall"
                 :
                 : "c"(SNP_MSR_GHCB), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
                 : "memory");
}

static void step_pvalidate(uint64_t va)
{
    uint64_t rax = va;

    asm volatile("pushfq; orq $0x100, (%%rsp); popfq\n"
                 ".byte 0xf2, 0x0f, 0x01, 0xff\n"
                 "behind_pvalidate: nop"
                 : "+a"(rax)
                 : "c"(0), "d"(1)
                 : "memory");
}

static void check_step(struct fault fault, const uint8_t *behind, const char *name)
{
    uint64_t dr6;

    asm volatile("mov %%dr6, %0; mov %1, %%dr6" : "=&r"(dr6) : "r"(UINT64_C(0xffff0ff0)));
    check(fault.vector, VECTOR_DB, "step-%s-traps", name);
    check(fault.rip, (uint64_t)behind, "step-%s-rip", name);
    check(dr6 & DR6_STEP, DR6_STEP, "step-%s-dr6", name);
}

void test_step(void)
{
    uint64_t request = ghcb_msr_value(GHCB_MSR_SEV_INFO_REQUEST, 0);
    uint64_t page = PAGE(PAGE_FREE + 9);
    struct fault fault = probe(step_wrmsr, request);
    uint64_t msr = msr_read(SNP_MSR_GHCB);

    check_step(fault, behind_wrmsr, "wrmsr");
    check(msr, request, "step-wrmsr-and-no-vmgexit");
    check(page_to(page, GHCB_MSR_PSC_PRIVATE), true, "step-page");
    check_step(probe(step_pvalidate, page), behind_pvalidate, "pvalidate");
    struct insn i = {.rax = page, .rdx = 1};
    insn_pvalidate(&i);
    check(i.cf, true, "step-pvalidate-happened");
    page_shared(page);
}
