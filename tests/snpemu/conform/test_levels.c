/* SPDX-License-Identifier: MIT */
/* What other VMPLs may and may not, and what is switched with them. */
/* SAFETY: a test guest; each instruction is there for what it does, and its operands say what it
 * reads and writes. */
#include "conform.h"

static struct insn now;
static uint64_t seen;

static void do_pvalidate(uint64_t unused)
{
    (void)unused;
    insn_pvalidate(&now);
}

static void do_rmpadjust(uint64_t unused)
{
    (void)unused;
    insn_rmpadjust(&now);
}

static void do_rmpquery(uint64_t unused)
{
    (void)unused;
    insn_rmpquery(&now);
}

static void do_cpuid(uint64_t unused)
{
    (void)unused;
    asm volatile("cpuid" : : "a"(0), "c"(0) : "rbx", "rdx");
}

static void do_read(uint64_t va)
{
    seen = *(volatile uint64_t *)va;
}

static void do_nothing(uint64_t unused)
{
    (void)unused;
}

static void adjust0(uint64_t page, unsigned vmpl, unsigned mask)
{
    struct insn i = {.rax = page, .rdx = snp_rmpadjust(vmpl, mask, 0)};

    insn_rmpadjust(&i);
}

/* RMPADJUST as a level does it, by target and mask; the level itself has `own` rights. */
static void adjusts(unsigned vmpl, uint64_t page, unsigned own)
{
    adjust0(page, vmpl, own);
    for (unsigned target = 0; target < SNP_VMPLS; target++) {
        for (unsigned mask = 1; mask <= SNP_PERM_ALL; mask += 7) {
            now = (struct insn){.rax = page, .rdx = snp_rmpadjust(target, mask, 0)};
            struct fault f = level_call(vmpl, do_rmpadjust, 0);
            uint64_t want =
                target <= vmpl || (mask & ~own) != 0 ? SNP_FAIL_PERMISSION : SNP_SUCCESS;
            check(f.happened ? 0x100 + f.vector : now.rax, want,
                  "level-%u-rmpadjust-target-%u-mask-%x-with-%x", vmpl, target, (uint64_t)mask,
                  (uint64_t)own);
        }
    }
}

static void instructions(unsigned vmpl)
{
    uint64_t page = PAGE(PAGE_FREE + 11);

    page_private(page);
    adjust0(page, vmpl, SNP_PERM_ALL);
    now = (struct insn){.rax = page, .rdx = 1};
    check_fault(level_call(vmpl, do_pvalidate, 0), VECTOR_GP, 0, "level-%u-pvalidate", vmpl);
    adjusts(vmpl, page, SNP_PERM_ALL);
    adjusts(vmpl, page, SNP_PERM_READ);
    adjust0(page, vmpl, SNP_PERM_ALL);
    for (unsigned target = 0; target < SNP_VMPLS; target++) {
        now = (struct insn){.rax = page, .rdx = target};
        struct fault f = level_call(vmpl, do_rmpquery, 0);
        check(f.happened ? 0x100 + f.vector : now.rax,
              target < vmpl ? SNP_FAIL_PERMISSION : SNP_SUCCESS, "level-%u-rmpquery-%u", vmpl,
              target);
    }
    /* The VMSA bit is VMPL0's to give. */
    if (vmpl + 1 < SNP_VMPLS) {
        now = (struct insn){.rax = page, .rdx = snp_rmpadjust(vmpl + 1, 1, SNP_RMPADJUST_VMSA)};
        (void)level_call(vmpl, do_rmpadjust, 0);
        check(now.rax, SNP_SUCCESS, "level-%u-rmpadjust-vmsa-ignored", vmpl);
        now = (struct insn){.rax = page, .rdx = vmpl + 1};
        insn_rmpquery(&now);
        check(now.rdx & SNP_RMPADJUST_VMSA, 0, "level-%u-rmpadjust-vmsa-not-set", vmpl);
    }
    page_shared(page);
}

static void accesses(unsigned vmpl)
{
    uint64_t page = PAGE(PAGE_FREE + 12), fresh = PAGE(PAGE_FREE + 13);

    page_private(page);
    *(volatile uint64_t *)page = 0x600d + vmpl;
    adjust0(page, vmpl, SNP_PERM_READ);
    check_fault(level_call(vmpl, do_read, page), NO_FAULT, 0, "level-%u-reads", vmpl);
    check(seen, 0x600d + vmpl, "level-%u-reads-what-0-wrote", vmpl);
    (void)page_to(fresh, GHCB_MSR_PSC_PRIVATE);
    check_fault(level_call(vmpl, do_read, fresh), SNP_VECTOR_VC, VMEXIT_PAGE_NOT_VALIDATED,
                "level-%u-not-validated", vmpl);
    (void)page_to(fresh, GHCB_MSR_PSC_SHARED);
    check_fault(level_call(vmpl, do_cpuid, 0), SNP_VECTOR_VC, VMEXIT_CPUID, "level-%u-cpuid", vmpl);
    check_fault(level_call(vmpl, do_read, SHARED + NO_MEMORY), SNP_VECTOR_VC, VMEXIT_NPF,
                "level-%u-mmio", vmpl);
    page_shared(page);
}

void test_levels(void)
{
    for (unsigned vmpl = 1; vmpl < SNP_VMPLS; vmpl++) {
        check_fault(level_call(vmpl, do_nothing, 0), NO_FAULT, 0, "level-%u-runs", vmpl);
        instructions(vmpl);
        accesses(vmpl);
    }
}
