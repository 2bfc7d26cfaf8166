/* SPDX-License-Identifier: MIT */
/*
 * Other VMPLs of the same vCPU. Each has a save area and a stack and does one thing: run the act
 * that VMPL0 left for it, then ask the host to run VMPL0 again.
 */
/* SAFETY: a test guest; each instruction is there for what it does, and its operands say what it
 * reads and writes. A fault in it ends the act, not the guest. */
#include "conform.h"

#define STACK 8192u
#define SEL_CODE 0x08u
#define SEL_DATA 0x10u
#define SEL_TSS 0x30u
#define ATTRIB_CODE64 0xa9bu
#define ATTRIB_DATA 0xc93u

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

extern uint64_t idt[], gdt[], gdt_end[], tss[], pml4[];
extern const uint8_t image_end[];

uint64_t sev_features(void)
{
    return snp_features_of(msr_read(SNP_MSR_SEV_STATUS));
}

[[gnu::noreturn]] static void level_main(void)
{
    for (;;) {
        order.fault = probe(order.act, order.argument);
        (void)msr_ask(ghcb_msr_run_vmpl(0));
    }
}

static struct vmsa_segment segment(uint16_t selector, uint16_t attrib, uint64_t base,
                                   uint32_t limit)
{
    return (struct vmsa_segment){
        .selector = selector, .attrib = attrib, .limit = limit, .base = base};
}

static void area_fill(struct vmsa *v, unsigned vmpl)
{
    v->es = segment(SEL_DATA, ATTRIB_DATA, 0, UINT32_MAX);
    v->ss = v->es;
    v->ds = v->es;
    v->fs = v->es;
    v->gs = v->es;
    v->cs = segment(SEL_CODE, ATTRIB_CODE64, 0, UINT32_MAX);
    v->gdtr = segment(0, 0, (uint64_t)gdt, (uint32_t)((uint8_t *)gdt_end - (uint8_t *)gdt - 1));
    v->idtr = segment(0, 0, (uint64_t)idt, 32 * 16 - 1);
    v->ldtr = segment(0, VMSA_RESET_LDTR_ATTRIB, 0, VMSA_RESET_LIMIT);
    v->tr = segment(SEL_TSS, VMSA_RESET_TR_ATTRIB, (uint64_t)tss, 0x67);
    v->vmpl = (uint8_t)vmpl;
    v->efer = msr_read(SNP_MSR_EFER) | SNP_EFER_SVME;
    asm volatile("mov %%cr0, %0" : "=r"(v->cr0));
    asm volatile("mov %%cr3, %0" : "=r"(v->cr3));
    asm volatile("mov %%cr4, %0" : "=r"(v->cr4));
    v->dr6 = VMSA_RESET_DR6;
    v->dr7 = VMSA_RESET_DR7;
    v->rflags = VMSA_RESET_RFLAGS;
    v->rip = (uint64_t)level_main;
    v->rsp = (uint64_t)stacks[vmpl] + STACK - 8; /* as behind a call */
    v->g_pat = VMSA_RESET_G_PAT;
    v->xcr0 = VMSA_RESET_XCR0;
    v->mxcsr = VMSA_RESET_MXCSR;
    v->x87_ftw = VMSA_RESET_X87_FTW;
    v->x87_fcw = VMSA_RESET_X87_FCW;
    v->sev_features = sev_features();
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

    area_fill(&areas[vmpl], vmpl);
    check(adjust(va, snp_rmpadjust(1, 0, SNP_RMPADJUST_VMSA)), true, "level-%u-save-area", vmpl);
    ghcb_begin();
    GHCB_SET(rax, sev_features());
    ghcb_ask(GHCB_EVENT_AP_CREATION, (uint64_t)vmpl << 16 | GHCB_AP_CREATE_ON_INIT, va);
    there[vmpl] = (uint32_t)the_ghcb->sw_exitinfo1 == GHCB_RESULT_OK;
    check(there[vmpl], true, "level-%u-creation", vmpl);
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
