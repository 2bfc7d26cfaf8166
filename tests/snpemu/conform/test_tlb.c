/* SPDX-License-Identifier: MIT */
/*
 * For a machine that keeps translations until they are flushed: each act that flushes ends a stale
 * one, and nothing else does. On silicon the second half is chance, so this is a boot of its own.
 */
/* SAFETY: a test guest; each instruction is there for what it does, and its operands say what it
 * reads and writes. */
#include "conform.h"

#define VIEW PAGE(PAGE_FREE + 20) /* where pages are looked at */
#define PAGE_A PAGE(PAGE_FREE + 21)
#define PAGE_B PAGE(PAGE_FREE + 22)
#define PAGE_OTHER PAGE(PAGE_FREE + 23)
#define VALUE_A 0xaaaau
#define VALUE_B 0xbbbbu
#define PTE_READ 0x01u
#define PTE_WRITE 0x02u
#define PTE_ACCESSED 0x20u
#define PTE_DIRTY 0x40u
#define PTE_LARGE 0x80u
#define PTE_GLOBAL 0x100u
#define CR4_PGE (UINT64_C(1) << 7)
#define ERROR_WRITE 0x03u /* to a page that is there */
#define LARGE_OFFSET 0x5000u

extern uint64_t small_table[], pd[];

static volatile uint64_t *word(uint64_t va)
{
    return (volatile uint64_t *)va;
}

static void point(uint64_t page, uint64_t bits)
{
    *(volatile uint64_t *)&small_table[(VIEW - SMALL) / PAGE_SIZE] =
        page | UINT64_C(1) << cbit | bits;
}

static uint64_t entry(void)
{
    return *(volatile uint64_t *)&small_table[(VIEW - SMALL) / PAGE_SIZE];
}

static void read_view(uint64_t at)
{
    (void)*word(at);
}

static void write_view(uint64_t at)
{
    *word(at) = VALUE_A;
}

static uint64_t cr4_read(void)
{
    uint64_t value;

    asm volatile("mov %%cr4, %0" : "=r"(value));
    return value;
}

static void cr4_write(uint64_t value)
{
    asm volatile("mov %0, %%cr4" : : "r"(value) : "memory");
}

static void by_invlpg(void)
{
    flush(VIEW);
}

static void by_invlpg_inside(void)
{
    flush(VIEW + 0xabc);
}

static void by_invlpg_of_another(void)
{
    flush(PAGE_OTHER);
}

static void by_cr3(void)
{
    uint64_t value;

    asm volatile("mov %%cr3, %0; mov %0, %%cr3" : "=r"(value) : : "memory");
}

static void by_cr4(void)
{
    cr4_write(cr4_read() ^ CR4_PGE);
    cr4_write(cr4_read() ^ CR4_PGE);
}

static void by_exits(void)
{
    for (unsigned i = 0; i < 3; i++) {
        (void)msr_ask(GHCB_MSR_SEV_INFO_REQUEST);
        ghcb_begin();
        ghcb_ask(GHCB_EVENT_FEATURES, 0, 0);
    }
}

static void by_state_of_another(void)
{
    page_shared(PAGE_OTHER);
    page_private(PAGE_OTHER);
}

static void by_the_host(void)
{
    page_shared(PAGE_A);
    page_private(PAGE_A);
    *word(PAGE_A) = VALUE_A;
}

static void by_invlpgb(void)
{
    insn_invlpgb(VIEW | INVLPGB_VA | INVLPGB_ALL, 0, 0);
    insn_tlbsync();
}

static void by_invlpgb_of_many(void)
{
    insn_invlpgb((VIEW - 2 * PAGE_SIZE) | INVLPGB_VA | INVLPGB_ALL, 2, 0);
    insn_tlbsync();
}

static void by_invlpgb_of_those_before(void)
{
    insn_invlpgb((VIEW - 2 * PAGE_SIZE) | INVLPGB_VA | INVLPGB_ALL, 1, 0);
    insn_tlbsync();
}

static void by_invlpgb_of_all(void)
{
    insn_invlpgb(INVLPGB_ALL, 0, 0);
    insn_tlbsync();
}

static void by_invlpgb_local(void)
{
    insn_invlpgb(INVLPGB_LOCAL, 0, 0);
    insn_tlbsync();
}

static void by_invlpgb_2m(void)
{
    insn_invlpgb(SMALL | INVLPGB_VA | INVLPGB_ALL, UINT64_C(1) << 31, 0);
    insn_tlbsync();
}

static void nothing(uint64_t unused)
{
    (void)unused;
}

static void by_another_level(void)
{
    (void)level_call(1, nothing, 0);
}

static void stale(void (*act)(void), uint64_t bits, bool ends, const char *name)
{
    point(PAGE_A, PTE_READ | PTE_WRITE | bits);
    flush(VIEW);
    check(*word(VIEW), VALUE_A, "tlb-%s-first", name);
    point(PAGE_B, PTE_READ | PTE_WRITE | bits);
    check(*word(VIEW), VALUE_A, "tlb-%s-stale", name);
    act();
    check(*word(VIEW), ends ? VALUE_B : VALUE_A, "tlb-%s-%s", name, ends ? "ends" : "keeps");
}

/* What is not there is #UD, which ends the guest. */
static void broadcasts(void)
{
    if (!insn_has_invlpgb()) {
        return;
    }
    stale(by_invlpgb, 0, true, "invlpgb");
    stale(by_invlpgb_of_many, 0, true, "invlpgb-of-many");
    stale(by_invlpgb_of_those_before, 0, false, "invlpgb-of-those-before");
    stale(by_invlpgb_of_all, 0, true, "invlpgb-of-all");
    stale(by_invlpgb_local, 0, true, "invlpgb-local");
    stale(by_invlpgb_2m, 0, true, "invlpgb-2m");
    cr4_write(cr4_read() | CR4_PGE);
    stale(by_invlpgb_local, PTE_GLOBAL, false, "global-invlpgb-local");
    stale(by_invlpgb_of_all, PTE_GLOBAL, true, "global-invlpgb-of-all");
    cr4_write(cr4_read() & ~CR4_PGE);
}

static void rights(void)
{
    point(PAGE_A, PTE_READ | PTE_WRITE);
    flush(VIEW);
    write_view(VIEW);
    point(PAGE_A, PTE_READ);
    check_fault(probe(write_view, VIEW), NO_FAULT, 0, "tlb-write-stale");
    flush(VIEW);
    struct fault f = probe(write_view, VIEW);
    check_fault(f, VECTOR_PF, 0, "tlb-write-refused");
    check(f.error, ERROR_WRITE, "tlb-write-refused-error");
    check(f.cr2, VIEW, "tlb-write-refused-cr2");
    check_fault(probe(read_view, VIEW), NO_FAULT, 0, "tlb-read-only");
    point(PAGE_A, PTE_READ | PTE_WRITE); /* more rights need no flush */
    check_fault(probe(write_view, VIEW), NO_FAULT, 0, "tlb-write-again");
    point(PAGE_A, 0);
    check_fault(probe(read_view, VIEW), NO_FAULT, 0, "tlb-absent-stale");
    flush(VIEW);
    f = probe(read_view, VIEW);
    check_fault(f, VECTOR_PF, 0, "tlb-absent");
    check(f.error, 0, "tlb-absent-error");
    point(PAGE_A, PTE_READ | PTE_WRITE); /* that it was absent is not kept */
    check_fault(probe(read_view, VIEW), NO_FAULT, 0, "tlb-present");
}

static void marks(void)
{
    point(PAGE_A, PTE_READ | PTE_WRITE);
    flush(VIEW);
    read_view(VIEW);
    check(entry() & (PTE_ACCESSED | PTE_DIRTY), PTE_ACCESSED, "tlb-accessed");
    write_view(VIEW);
    check(entry() & (PTE_ACCESSED | PTE_DIRTY), PTE_ACCESSED | PTE_DIRTY, "tlb-dirty");
}

static void validation(void)
{
    struct insn i = {.rax = PAGE_A, .rdx = SNP_PVALIDATE_RESCIND};

    point(PAGE_A, PTE_READ | PTE_WRITE);
    flush(VIEW);
    read_view(VIEW);
    insn_pvalidate(&i);
    check(i.rax, SNP_SUCCESS, "tlb-rescind");
    check_fault(probe(read_view, VIEW), NO_FAULT, 0, "tlb-rescinded-stale");
    flush(VIEW);
    check_fault(probe(read_view, VIEW), SNP_VECTOR_VC, VMEXIT_PAGE_NOT_VALIDATED,
                "tlb-rescinded-flushed");
    i = (struct insn){.rax = PAGE_A, .rdx = SNP_PVALIDATE_VALIDATE};
    insn_pvalidate(&i);
    check_fault(probe(read_view, VIEW), NO_FAULT, 0, "tlb-validated");
}

static void point_large(uint64_t page)
{
    *(volatile uint64_t *)&pd[LARGE / SNP_SIZE_2M] =
        page | UINT64_C(1) << cbit | PTE_READ | PTE_WRITE | PTE_LARGE;
}

static void prepare_large(uint64_t page, uint64_t value)
{
    struct insn i = {.rax = page, .rcx = SNP_PAGE_2M, .rdx = SNP_PVALIDATE_VALIDATE};

    check(large_to(page, GHCB_MSR_PSC_PRIVATE), true, "tlb-large-private-%x", value);
    insn_pvalidate(&i);
    check(i.rax, SNP_SUCCESS, "tlb-large-validated-%x", value);
    *word(page) = value;
    *word(page + LARGE_OFFSET) = value;
}

static void large(void)
{
    prepare_large(LARGE, VALUE_A);
    prepare_large(LARGE_2, VALUE_B);
    point_large(LARGE_2);
    check(*word(LARGE), VALUE_A, "tlb-large-stale");
    check(*word(LARGE + LARGE_OFFSET), VALUE_A, "tlb-large-stale-offset");
    flush(LARGE + 2 * PAGE_SIZE); /* one translation, wherever it is named */
    check(*word(LARGE), VALUE_B, "tlb-large-ends");
    check(*word(LARGE + LARGE_OFFSET), VALUE_B, "tlb-large-ends-offset");
    point_large(LARGE);
    flush(LARGE);
}

void test_tlb(void)
{
    page_private(PAGE_A);
    page_private(PAGE_B);
    page_private(PAGE_OTHER);
    *word(PAGE_A) = VALUE_A;
    *word(PAGE_B) = VALUE_B;
    stale(by_invlpg, 0, true, "invlpg");
    stale(by_invlpg_inside, 0, true, "invlpg-inside");
    stale(by_invlpg_of_another, 0, false, "invlpg-of-another");
    stale(by_cr3, 0, true, "cr3");
    stale(by_cr4, 0, true, "cr4");
    stale(by_exits, 0, false, "exits");
    stale(by_state_of_another, 0, false, "state-of-another");
    stale(by_the_host, 0, true, "host");
    stale(by_another_level, 0, true, "another-level");
    cr4_write(cr4_read() | CR4_PGE);
    stale(by_cr3, PTE_GLOBAL, false, "global-cr3");
    stale(by_invlpg, PTE_GLOBAL, true, "global-invlpg");
    stale(by_cr4, PTE_GLOBAL, true, "global-cr4");
    cr4_write(cr4_read() & ~CR4_PGE);
    broadcasts();
    rights();
    marks();
    validation();
    large();
}
