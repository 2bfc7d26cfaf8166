/* SPDX-License-Identifier: MIT */
/*
 * Stale translations of another CPU, for a machine that keeps them: INVLPGB alone does not end
 * them, TLBSYNC does. At the end VMPL2 of that CPU writes on with a right that RMPADJUST took,
 * until a flush ends the machine.
 */
/* SAFETY: a test guest; each instruction is there for what it does, and its operands say what it
 * reads and writes. */
#include "smp.h"

#define VIEW PAGE_COMMON(0)
#define PAGE_A PAGE_COMMON(1)
#define PAGE_B PAGE_COMMON(2)
#define VALUE_A 0xaaaau
#define VALUE_B 0xbbbbu
#define PTE_READ_WRITE 0x03u
#define LOOKS 20000u
#define LOWER 2u

extern uint64_t small_table[];

static struct {
    uint64_t value, looks;
    bool end;
} watcher;

static void point(uint64_t page)
{
    PUT(small_table[(VIEW - SMALL) / PAGE_SIZE], page | UINT64_C(1) << cbit | PTE_READ_WRITE);
}

static void watch(uint64_t unused)
{
    (void)unused;
    while (!SEEN(watcher.end)) {
        PUT(watcher.value, *(volatile uint64_t *)VIEW);
        PUT(watcher.looks, watcher.looks + 1);
    }
}

/* What the other CPU sees after it has looked often enough since now. */
static uint64_t seen(void)
{
    uint64_t begun = now(), last = SEEN(watcher.looks) + LOOKS;

    while (SEEN(watcher.looks) < last && patient(begun)) {
    }
    return SEEN(watcher.looks) < last ? 0 : SEEN(watcher.value);
}

static void again(uint64_t value, const char *name)
{
    PUT(watcher.end, false);
    job_start(1, watch, 0);
    check(seen(), value, name);
    PUT(watcher.end, true);
    check(job_wait(1), true, "%s-end", name);
}

static void views(void)
{
    page_private(PAGE_A);
    page_private(PAGE_B);
    *(volatile uint64_t *)PAGE_A = VALUE_A;
    *(volatile uint64_t *)PAGE_B = VALUE_B;
    point(PAGE_A);
    flush(VIEW);
    job_start(1, watch, 0);
    check(seen(), VALUE_A, "kept-first");
    point(PAGE_B);
    check(seen(), VALUE_A, "kept-stale");
    flush(VIEW);
    check(*(volatile uint64_t *)VIEW, VALUE_B, "kept-own-invlpg");
    check(seen(), VALUE_A, "kept-stale-elsewhere");
    insn_invlpgb(VIEW | INVLPGB_VA | INVLPGB_ALL, 0, 0);
    check(seen(), VALUE_A, "kept-invlpgb-is-not-enough");
    insn_tlbsync();
    check(seen(), VALUE_B, "kept-tlbsync-ends");
    point(PAGE_A);
    insn_invlpgb(PAGE_A | INVLPGB_VA | INVLPGB_ALL, 0, 0);
    insn_tlbsync();
    check(seen(), VALUE_B, "kept-invlpgb-of-another");
    insn_invlpgb(INVLPGB_ALL, 0, 0);
    insn_tlbsync();
    check(seen(), VALUE_A, "kept-invlpgb-of-all");
    PUT(watcher.end, true);
    check(job_wait(1), true, "kept-end");
    point(PAGE_B);
    again(VALUE_A, "kept-stale-in-a-new-job");
    check(area_ask(1, 0, GHCB_AP_DESTROY) && area_unmake(1, 0), true, "kept-destroyed");
    check(area_make(1, 0) && area_ask(1, 0, GHCB_AP_CREATE), true, "kept-created");
    again(VALUE_B, "kept-a-new-save-area-ends");
}

static bool goes_on(const volatile uint64_t *word)
{
    uint64_t begun = now(), last = *word + LOOKS;

    while (*word < last && patient(begun)) {
    }
    return *word >= last;
}

static void keep_storing(uint64_t va)
{
    for (;;) {
        *(volatile uint64_t *)va += 1;
    }
}

static void run_storing(uint64_t va)
{
    (void)level_run(LOWER, keep_storing, va);
}

static void adjust(unsigned mask)
{
    struct insn i = {.rax = PAGE_A, .rdx = snp_rmpadjust(LOWER, mask, 0)};

    insn_rmpadjust(&i);
    check(i.rax, SNP_SUCCESS, "kept-rmpadjust-%x", (uint64_t)mask);
}

static void revoked(void)
{
    const volatile uint64_t *word = (const volatile uint64_t *)PAGE_A;

    level_rights(LOWER);
    adjust(SNP_PERM_READ | SNP_PERM_WRITE);
    check(area_make(1, LOWER) && area_ask(1, LOWER, GHCB_AP_CREATE_ON_INIT), true, "kept-level");
    job_start(1, run_storing, PAGE_A);
    check(goes_on(word), true, "kept-writes");
    adjust(SNP_PERM_READ);
    check(goes_on(word), true, "kept-writes-on-after-rmpadjust");
    insn_invlpgb(INVLPGB_ALL, 0, 0);
    insn_tlbsync();
    check(goes_on(word), false, "kept-no-write-after-tlbsync");
}

void test_kept(void)
{
    views();
    revoked();
}
