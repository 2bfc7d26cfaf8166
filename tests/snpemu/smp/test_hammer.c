/* SPDX-License-Identifier: MIT */
/*
 * Rights that one CPU takes away while the others use them. Each CPU has a page that it makes valid
 * and invalid in turns; all write to all of these pages all the time. The page's epoch is odd only
 * while it is invalid, from after PVALIDATE has come back to before it is asked again: a write that
 * succeeds while the epoch is one and the same odd number is a revocation that somebody missed.
 */
/* SAFETY: a test guest; each instruction is there for what it does, and its operands say what it
 * reads and writes. */
#include "smp.h"

#define ROUNDS 60u
#define PAGES 3u    /* that are written to in each phase, */
#define WRITES 300u /* so often, unless refused: without an exit, with what the TLB knows */
#define LOWER 2u    /* the level that every second CPU writes from, where there are levels */

static struct {
    uint64_t epoch;
} pages[CPUS_MAX];

static struct [[gnu::aligned(64)]] score
{
    uint64_t lost, written, refused, odd; /* odd: any other outcome */
    uint64_t rounds;
}
scores[CPUS_MAX];

static bool by_host, has_levels, has_flushes;

static void store(uint64_t va)
{
    *(volatile uint64_t *)va = va;
}

static bool write_once(unsigned page)
{
    struct score *score = &scores[context()->cpu];
    uint64_t before = SEEN(pages[page].epoch);
    struct fault f = probe(store, PAGE_COMMON(page) + 8 * (uint64_t)context()->cpu);
    uint64_t after = SEEN(pages[page].epoch);

    if (!f.happened) {
        score->written++;
        score->lost += before == after && (before & 1);
    } else if (f.vector == SNP_VECTOR_VC && f.error == VMEXIT_PAGE_NOT_VALIDATED) {
        score->refused++;
    } else {
        score->odd++;
    }
    return !f.happened;
}

static void write_all(uint64_t first)
{
    for (unsigned page = 0; page < PAGES; page++) {
        for (unsigned i = 0; i < WRITES && write_once((unsigned)(first + page) % cpu_count); i++) {
        }
    }
}

static void validate(uint64_t gpa, uint32_t how)
{
    struct insn i = {.rax = gpa, .rdx = how};

    insn_pvalidate(&i);
    scores[context()->cpu].odd += i.rax != SNP_SUCCESS || i.cf;
}

static void adjust(uint64_t gpa, unsigned vmpl, unsigned mask)
{
    struct insn i = {.rax = gpa, .rdx = snp_rmpadjust(vmpl, mask, 0)};

    insn_rmpadjust(&i);
    scores[context()->cpu].odd += i.rax != SNP_SUCCESS;
}

static void write_from_level(uint64_t first)
{
    if (has_levels && context()->cpu % 2 == 1) {
        scores[context()->cpu].odd += level_run(LOWER, write_all, first).vector == NO_FAULT - 1;
    } else {
        write_all(first);
    }
}

static void open_page(uint64_t gpa)
{
    validate(gpa, SNP_PVALIDATE_VALIDATE);
    for (unsigned vmpl = 1; vmpl < SNP_VMPLS; vmpl++) {
        adjust(gpa, vmpl, SNP_PERM_ALL);
    }
}

static void one_round(unsigned i)
{
    unsigned cpu = context()->cpu;
    uint64_t page = PAGE_COMMON(cpu);

    validate(page, SNP_PVALIDATE_RESCIND);
    if (has_flushes) {
        insn_invlpgb(page | INVLPGB_VA | INVLPGB_ALL, 0, 0);
        insn_tlbsync();
    }
    PUT(pages[cpu].epoch, pages[cpu].epoch + 1);
    write_from_level(cpu + i);
    if (by_host) {
        scores[cpu].odd += !page_to(page, GHCB_MSR_PSC_SHARED);
        (void)write_once(cpu);
        scores[cpu].odd += !page_to(page, GHCB_MSR_PSC_PRIVATE);
    }
    PUT(pages[cpu].epoch, pages[cpu].epoch + 1);
    validate(page, SNP_PVALIDATE_VALIDATE);
    adjust(page, 3, i & 1 ? SNP_PERM_ALL : SNP_PERM_READ);
    write_from_level(cpu + i);
    scores[cpu].rounds++;
}

/* A round that lasts longer than the timer takes to wrap only makes the whole longer. */
static void hammer(uint64_t seconds)
{
    uint64_t left = seconds * TIMER_HZ;
    uint32_t last = timer();

    for (unsigned i = 0; seconds != 0 || i < ROUNDS; i++) {
        one_round(i);
        uint32_t time = timer(), passed = (time - last) & 0xffffff;
        if (seconds != 0 && passed >= left) {
            return;
        }
        left -= seconds != 0 ? passed : 0;
        last = time;
    }
}

void test_hammer(bool host_takes_part, bool flushes, unsigned seconds)
{
    struct score sum = {.lost = 0};

    by_host = host_takes_part;
    has_flushes = flushes;
    has_levels = !host_takes_part;
    for (unsigned cpu = 0; cpu < cpu_count; cpu++) {
        (void)page_to(PAGE_COMMON(cpu), GHCB_MSR_PSC_PRIVATE);
        open_page(PAGE_COMMON(cpu));
    }
    check(job_all(hammer, seconds), true, "hammer-ends");
    for (unsigned cpu = 0; cpu < cpu_count; cpu++) {
        sum.lost += scores[cpu].lost;
        sum.written += scores[cpu].written;
        sum.refused += scores[cpu].refused;
        sum.odd += scores[cpu].odd;
        sum.rounds += scores[cpu].rounds;
    }
    print("# figures seconds=%u rounds=%u written=%u refused=%u lost=%u\n", seconds,
          (unsigned)sum.rounds, (unsigned)sum.written, (unsigned)sum.refused, (unsigned)sum.lost);
    check(sum.lost, 0, "hammer-lost-revocations");
    check(sum.odd, 0, "hammer-other-outcomes");
    check(sum.written != 0 && sum.refused != 0, true, "hammer-saw-both");
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

void test_revoked(void)
{
    volatile uint64_t *word = (volatile uint64_t *)PAGE_COMMON(0);
    uint64_t begun = now();

    level_rights(LOWER);
    page_private(PAGE_COMMON(0));
    adjust(PAGE_COMMON(0), LOWER, SNP_PERM_READ | SNP_PERM_WRITE);
    check(area_make(1, LOWER) && area_ask(1, LOWER, GHCB_AP_CREATE_ON_INIT), true, "level");
    *word = 0;
    job_start(1, run_storing, PAGE_COMMON(0));
    while (*word < 1000 && patient(begun)) {
    }
    check(*word >= 1000, true, "the-other-cpu-writes");
    adjust(PAGE_COMMON(0), LOWER, SNP_PERM_READ);
    uint64_t last = *word;
    begun = now();
    while (*word == last && patient(begun)) { /* the other CPU's next write ends the machine */
    }
    check(*word, last, "no-write-after-rmpadjust");
}
