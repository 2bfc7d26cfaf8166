/* SPDX-License-Identifier: MIT */
/* Restricted injection: the events, what the host writes into a doorbell page, and when #HV comes.
 */
/* SAFETY: a test guest; each instruction is there for what it does, and its operands say what it
 * reads and writes. */
#include "smp.h"
#include <svsm/abi/ghcb_host.h>
#include <svsm/abi/snp_cpuid.h>

#define APIC_TPR 0x08u
#define APIC_PPR 0x0au
#define APIC_EOI 0x0bu
#define APIC_LDR 0x0du
#define APIC_SVR 0x0fu
#define APIC_IRR 0x20u
#define APIC_SELF_IPI 0x3fu
#define ICR_NMI 0x400u
#define SNP_LEAF UINT32_C(0x8000001f)
#define LOW 0x41u
#define BESIDE 0x43u /* of the same priority class */
#define HIGH 0x61u
#define LEVEL 1u
#define PLAIN 2u
#define PREEMPTIONS 20u
#define IPIS 40u
#define TURN (UINT64_C(1) << 24) /* TSC ticks, some milliseconds */

static struct context *me;
static uint64_t rings; /* at the last look */

static void answered(struct answer got, uint64_t result, uint64_t value, const char *name,
                     unsigned n)
{
    check((uint32_t)got.result, result, "bell-%u-%s-%u-result", me->vmpl, name, n);
    check(got.value, value, "bell-%u-%s-%u-value", me->vmpl, name, n);
}

static void pages(void)
{
    const uint64_t gpa = PAGE_BELL(me->cpu, me->vmpl), none = GHCB_DOORBELL_NONE;
    static const uint64_t wrong[] = {8, 1, PAGE_SIZE - 1};

    answered(bell_ask(GHCB_DOORBELL_GET, 0), GHCB_RESULT_OK, none, "preferred", 0);
    answered(bell_ask(GHCB_DOORBELL_QUERY, 0), GHCB_RESULT_OK, gpa, "query", 0);
    answered(bell_ask(GHCB_DOORBELL_CLEAR, 0), GHCB_RESULT_OK, none, "clear", 0);
    answered(bell_ask(GHCB_DOORBELL_QUERY, 0), GHCB_RESULT_OK, none, "query-cleared", 0);
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        answered(bell_ask(GHCB_DOORBELL_SET, gpa), GHCB_RESULT_OK, gpa, "set", i);
        answered(bell_ask(GHCB_DOORBELL_SET, gpa + wrong[i]), GHCB_RESULT_MALFORMED,
                 GHCB_ERROR_INVALID_INPUT, "set-unaligned", i);
        answered(bell_ask(GHCB_DOORBELL_QUERY, 0), GHCB_RESULT_OK, none, "unaligned-unsets", i);
    }
    const uint64_t no_page[] = {0x200000, NO_MEMORY, gpa | UINT64_C(1) << cbit, NO_GFN << 12};
    for (unsigned i = 0; i < sizeof(no_page) / sizeof(no_page[0]); i++) {
        answered(bell_ask(GHCB_DOORBELL_SET, gpa), GHCB_RESULT_OK, gpa, "set-before", i);
        answered(bell_ask(GHCB_DOORBELL_SET, no_page[i]), GHCB_RESULT_MALFORMED,
                 GHCB_ERROR_INVALID_INPUT, "set-not-shared", i);
        answered(bell_ask(GHCB_DOORBELL_QUERY, 0), GHCB_RESULT_OK, none, "not-shared-unsets", i);
    }
    answered(bell_ask(4, 0), GHCB_RESULT_MALFORMED, GHCB_ERROR_INVALID_INPUT, "operation-4", 0);
    answered(bell_ask(GHCB_DOORBELL_SET, gpa), GHCB_RESULT_OK, gpa, "set-last", 0);
}

static void refused(uint64_t icr)
{
    struct answer got = bell_event(GHCB_EVENT_IPI, icr, 0);

    check((uint32_t)got.result, GHCB_RESULT_MALFORMED, "bell-%u-ipi-%x", me->vmpl, icr);
    check(got.value, GHCB_ERROR_INVALID_INPUT, "bell-%u-ipi-%x-error", me->vmpl, icr);
}

static void offers(void)
{
    struct answer got = bell_event(GHCB_EVENT_FEATURES, 0, 0);

    check(got.value & (GHCB_HV_RESTRICTED_INJECTION | GHCB_HV_RESTRICTED_TIMER),
          GHCB_HV_RESTRICTED_INJECTION, "bell-%u-features", me->vmpl);
    check(ghcb_msr_high(msr_ask(ghcb_msr_cpuid(GHCB_MSR_CPUID_REQUEST, SNP_LEAF, 0))) &
              SNP_CPUID_RESTRICTED_INJECTION,
          SNP_CPUID_RESTRICTED_INJECTION, "bell-%u-cpuid", me->vmpl);
    answered(bell_event(GHCB_EVENT_TIMER, 0, 0), GHCB_RESULT_MALFORMED, GHCB_ERROR_INVALID_EVENT,
             "no-timer", 0);
    check(apic_read(APIC_LDR), UINT64_C(1) << me->cpu, "bell-%u-apic-ldr", me->vmpl);
}

static bool self(uint64_t low)
{
    return own_ask(GHCB_EVENT_IPI, (uint64_t)me->cpu << 32 | low, 0, 0, 0);
}

/* How many #HV since the last look; what is in the page; what comes out of it. */
static void seen(uint64_t new_rings, uint8_t vector, uint8_t flags, const char *name)
{
    check(SEEN(me->rings) - rings, new_rings, "bell-%u-%s-rings", me->vmpl, name);
    check(SEEN(me->bell->vector), vector, "bell-%u-%s-vector", me->vmpl, name);
    check(SEEN(me->bell->flags), flags, "bell-%u-%s-flags", me->vmpl, name);
    rings = SEEN(me->rings);
}

static void taken(uint8_t vector, const char *name)
{
    check(bell_take(), vector, "bell-%u-%s-taken", me->vmpl, name);
    apic_write(APIC_EOI, 0);
}

#define NFS GHCB_DOORBELL_NO_FURTHER_SIGNAL

static void one_after_the_other(void)
{
    check(self(LOW), true, "bell-%u-ipi", me->vmpl);
    seen(1, LOW, NFS, "first");
    check(me->ring_if, false, "bell-%u-first-with-interrupts-off", me->vmpl);
    check(self(BESIDE) && self(LOW), true, "bell-%u-ipi-more", me->vmpl);
    seen(0, LOW, NFS, "no-further");
    check((uint32_t)apic_read(APIC_IRR + 2), 1u << LOW % 32 | 1u << BESIDE % 32, "bell-%u-irr",
          me->vmpl);
    check(apic_read(APIC_PPR), LOW & 0xf0u, "bell-%u-ppr", me->vmpl);
    taken(LOW, "first");
    seen(1, BESIDE, NFS, "second");
    taken(BESIDE, "second");
    seen(1, LOW, NFS, "merged");
    taken(LOW, "merged");
    seen(0, 0, 0, "all-done");
    check(apic_read(APIC_PPR), 0, "bell-%u-ppr-done", me->vmpl);
    /* Taken, but not ended: others of its class wait in the APIC. */
    check(self(LOW), true, "bell-%u-ipi-unended", me->vmpl);
    seen(1, LOW, NFS, "unended");
    check(bell_take(), LOW, "bell-%u-unended-taken", me->vmpl);
    check(self(BESIDE), true, "bell-%u-ipi-behind", me->vmpl);
    seen(0, 0, 0, "behind-waits");
    apic_write(APIC_EOI, 0);
    seen(1, BESIDE, NFS, "behind-comes");
    taken(BESIDE, "behind");
}

static void priorities(bool replaces)
{
    check(self(LOW), true, "bell-%u-ipi-low", me->vmpl);
    seen(1, LOW, NFS, "low");
    check(self(HIGH), true, "bell-%u-ipi-high", me->vmpl);
    seen(0, replaces ? HIGH : LOW, NFS, "higher");
    taken(replaces ? HIGH : LOW, "higher");
    seen(1, replaces ? LOW : HIGH, NFS, "lower");
    taken(replaces ? LOW : HIGH, "lower");
    seen(0, 0, 0, "priorities-done");
    apic_write(APIC_TPR, 0x50);
    check(self(LOW), true, "bell-%u-ipi-below-tpr", me->vmpl);
    seen(0, 0, 0, "below-tpr");
    check(self(HIGH), true, "bell-%u-ipi-above-tpr", me->vmpl);
    seen(1, HIGH, NFS, "above-tpr");
    taken(HIGH, "above-tpr");
    seen(0, 0, 0, "still-below-tpr");
    asm volatile("mov %0, %%cr8" : : "r"(UINT64_C(0)));
    seen(1, LOW, NFS, "tpr-by-cr8");
    taken(LOW, "tpr-by-cr8");
}

static void markers(void)
{
    PUT(me->bell->flags, NFS);
    check(self(LOW), true, "bell-%u-ipi-marked", me->vmpl);
    seen(0, LOW, NFS, "marked");
    taken(LOW, "marked");
    check(self(ICR_NMI), true, "bell-%u-ipi-nmi", me->vmpl);
    seen(1, 0, NFS | GHCB_DOORBELL_NMI, "nmi");
    check(self(ICR_NMI) && self(LOW), true, "bell-%u-ipi-nmi-again", me->vmpl);
    seen(0, LOW, NFS | GHCB_DOORBELL_NMI, "nmi-and-vector");
    taken(LOW, "nmi-and-vector");
    seen(1, 0, NFS | GHCB_DOORBELL_NMI, "second-nmi");
    check(bell_take(), 0, "bell-%u-nmi-has-no-vector", me->vmpl);
    check(bell_ask(GHCB_DOORBELL_CLEAR, 0).result, GHCB_RESULT_OK, "bell-%u-cleared", me->vmpl);
    check(self(LOW), true, "bell-%u-ipi-cleared", me->vmpl);
    seen(0, 0, 0, "cleared");
    check(bell_ask(GHCB_DOORBELL_SET, PAGE_BELL(me->cpu, me->vmpl)).result, GHCB_RESULT_OK,
          "bell-%u-set-again", me->vmpl);
    seen(1, LOW, NFS, "set-again");
    taken(LOW, "set-again");
    apic_write(APIC_SELF_IPI, HIGH);
    seen(1, HIGH, NFS, "self-ipi");
    taken(HIGH, "self-ipi");
    ipi(LOW, me->cpu);
    seen(1, LOW, NFS, "icr");
    taken(LOW, "icr");
    apic_write(APIC_SVR, 0xff);
    check(self(LOW), true, "bell-%u-ipi-disabled", me->vmpl);
    apic_write(APIC_SVR, 0x1ff);
    seen(0, 0, 0, "disabled");
}

/* An #HV that is due in a handler comes behind its IRET, where the first one had come. */
static void nesting(void)
{
    me->holds = false;
    me->depth_most = 0;
    me->again = BESIDE;
    uint64_t before = me->ipis;
    check(self(LOW), true, "bell-%u-ipi-nested", me->vmpl);
    check(SEEN(me->rings) - rings, 2, "bell-%u-nested-rings", me->vmpl);
    check(me->depth_most, 1, "bell-%u-nested-depth", me->vmpl);
    check(me->ipis - before, 2, "bell-%u-nested-interrupts", me->vmpl);
    check(me->owed, 1, "bell-%u-nested-owed", me->vmpl);
    bell_end();
    asm volatile("sti");
    check(self(LOW), true, "bell-%u-ipi-enabled", me->vmpl);
    asm volatile("cli");
    check(me->ring_if, true, "bell-%u-with-interrupts-on", me->vmpl);
    bell_end();
    me->holds = true;
    rings = SEEN(me->rings);
    seen(0, 0, 0, "nested-done");
}

/*
 * Two NMIs: the page has one, and NoFurtherSignal; the other comes at the next exit once the guest
 * has taken the first without one. And a page that has an exit when it is touched.
 */
static uint64_t prepare(const char *name)
{
    uint64_t page = PAGE_COMMON(0);

    rings = me->rings;
    me->holds = true;
    check(self(ICR_NMI), true, "bell-ipi-nmi-for-%s", name);
    check(self(ICR_NMI), true, "bell-ipi-another-for-%s", name);
    seen(1, 0, NFS | GHCB_DOORBELL_NMI, name);
    page_private(page);
    PUT(me->bell->flags, 0);
    return page;
}

static void prepared_end(uint64_t behind, const char *name)
{
    check(me->ring_rip, behind, "bell-%s-rip", name);
    check(SEEN(me->rings) - rings, 1, "bell-%s-comes", name);
    check(SEEN(me->bell->flags), NFS | GHCB_DOORBELL_NMI, "bell-%s-marks", name);
    check(bell_take(), 0, "bell-%s-taken", name);
    me->holds = false;
    page_shared(PAGE_COMMON(0));
}

/* In the shadow of STI #HV comes behind the next instruction, or a guest that looks, enables and
 * halts would sleep through it. */
static void in_shadow(void)
{
    uint64_t page = prepare("shadow"), behind;

    asm volatile("lea 1f(%%rip), %0\n\tsti\n\tmov (%1), %%rax\n1:\tcli"
                 : "=&r"(behind)
                 : "r"(page)
                 : "rax", "memory");
    check(me->ring_if, true, "bell-shadow-with-interrupts-on");
    prepared_end(behind, "behind-shadow");
}

/* An exit while #HV is being delivered, as its stack is not mapped yet. */
static void in_delivery(void)
{
    uint64_t page = prepare("delivery"), behind;

    asm volatile("lea 1f(%%rip), %0\n\tmov %%rsp, %%rbx\n\tmov %1, %%rsp\n\trdmsr\n"
                 "1:\tmov %%rbx, %%rsp"
                 : "=&r"(behind)
                 : "r"(page + PAGE_SIZE), "c"(SNP_MSR_GHCB)
                 : "rax", "rbx", "rdx", "memory");
    prepared_end(behind, "delivery");
}

static void this_level(bool replaces)
{
    rings = me->rings;
    me->holds = true;
    offers();
    pages();
    refused(0x0f);
    refused(0x200 | LOW);
    refused(0x300 | LOW);
    refused(0x700 | LOW);
    refused(0x100000 | LOW);
    one_after_the_other();
    priorities(replaces);
    markers();
    nesting();
    me->holds = false;
}

static void at_level(uint64_t replaces)
{
    struct context *upper = me;
    uint64_t upper_rings = upper->rings;

    me = context();
    cpu_setup();
    bell_start();
    this_level(replaces != 0);
    me = upper;
    check(upper->rings, upper_rings, "bell-not-for-the-level-above");
}

static struct {
    uint64_t turns, stop, early, codes, good;
} preempted;

static void turn(uint64_t halts)
{
    while (!SEEN(preempted.stop)) {
        PUT(preempted.turns, preempted.turns + 1);
        if (halts) {
            asm volatile("hlt");
        }
    }
}

/* A CPU whose lower level, with plain injection, runs all the time; each #HV gives its own level a
 * turn. */
static void run_turning(uint64_t halts)
{
    struct context *own = context(), *level = &contexts[own->cpu][PLAIN];
    struct vmsa *area = &areas[own->cpu][PLAIN];
    uint64_t before = own->ipis;

    level->argument = halts;
    PUT(level->job, turn);
    while (SEEN(level->job) != NULL) {
        bool good = msr_ask(ghcb_msr_run_vmpl(PLAIN)) == GHCB_MSR_RUN_VMPL_RESPONSE;
        preempted.good += good && own->ipis >= before;
        if (SEEN(level->job) != NULL) {
            PUT(preempted.early, preempted.early + 1);
            preempted.codes += area->guest_exit_code != VMEXIT_VMGEXIT;
        }
        bell_end();
    }
}

/* A level that runs is left for the one above; false: it took far too long. */
static bool preempt(unsigned cpu)
{
    uint64_t begun = now(), early = SEEN(preempted.early), turns = SEEN(preempted.turns);
    bool good = true;

    while (good && SEEN(preempted.turns) == turns) {
        good = patient(begun);
    }
    ipi(IPI_VECTOR, cpu);
    while (good && SEEN(preempted.early) == early) {
        good = patient(begun);
    }
    return good;
}

/* A level that halts goes on when it is asked for again. One IPI may come just before its HLT, or
 * to the level above before that asks. */
static bool wake(unsigned cpu, bool for_good)
{
    uint64_t begun = now(), turns = SEEN(preempted.turns);
    bool good = true;

    while (good && SEEN(contexts[cpu][0].job) != NULL &&
           (for_good || SEEN(preempted.turns) == turns)) {
        uint64_t sent = now();
        ipi(IPI_VECTOR, cpu);
        while (now() - sent < TURN && SEEN(preempted.turns) == turns) { /* or it gets no turn */
            good = patient(begun);
        }
    }
    return good;
}

static void preempts(unsigned cpu, bool halts)
{
    struct context *other = &contexts[cpu][0];
    bool good = true;

    preempted.early = 0;
    preempted.codes = 0;
    PUT(preempted.stop, 0);
    job_start(cpu, run_turning, halts);
    for (unsigned i = 0; i < PREEMPTIONS && good; i++) {
        good = halts ? wake(cpu, false) : preempt(cpu);
    }
    PUT(preempted.stop, 1);
    good = good && (!halts || wake(cpu, true));
    check(good && job_wait(cpu), true, "bell-cpu-%u-preempts%s", cpu, halts ? "-halted" : "");
    check(preempted.codes, halts ? preempted.codes : preempted.early, "bell-cpu-%u-exit-codes%s",
          cpu, halts ? "-halted" : "");
    check(SEEN(other->ipis) != 0, true, "bell-cpu-%u-told%s", cpu, halts ? "-halted" : "");
}

/* By the event, from all to all, at once. */
static void send_to_next(uint64_t count)
{
    struct context *own = context();
    unsigned next = (own->cpu + 1) % cpu_count;
    uint64_t base = SEEN(contexts[next][0].ipis);

    for (unsigned i = 1; i <= count; i++) {
        uint64_t begun = now();
        (void)own_ask(GHCB_EVENT_IPI, (uint64_t)next << 32 | LOW, 0, 0, 0);
        while (SEEN(contexts[next][0].ipis) < base + i && patient(begun)) {
        }
    }
}

static void plain_level(unsigned cpu)
{
    bool good = area_make(cpu, PLAIN);

    areas[cpu][PLAIN].sev_features &= ~SNP_FEATURE_RESTRICTED_INJECTION;
    check(good && own_ask(GHCB_EVENT_AP_CREATION,
                          (uint64_t)cpu << 32 | (uint64_t)PLAIN << 16 | GHCB_AP_CREATE_ON_INIT,
                          (uint64_t)&areas[cpu][PLAIN], areas[cpu][PLAIN].sev_features, 0),
          true, "bell-cpu-%u-plain-level", cpu);
}

static void interrupt_itself(uint64_t enables)
{
    if (enables == 0) {
        cpu_setup();
        ipi(IPI_VECTOR, context()->cpu);
    } else {
        asm volatile("sti; nop; nop; cli");
    }
}

/* A plain level below has its interrupts as ever, and they are not for the level above. */
static void plain_interrupts(void)
{
    struct context *level = &contexts[me->cpu][PLAIN];

    rings = me->rings;
    (void)level_run(PLAIN, interrupt_itself, 0);
    seen(0, 0, 0, "plain-interrupt");
    check(level->ipis, 0, "bell-plain-interrupt-waits");
    (void)level_run(PLAIN, interrupt_itself, 1);
    seen(0, 0, 0, "plain-interrupt-taken");
    check(level->ipis, 1, "bell-plain-interrupt-comes");
}

void test_bells(bool replaces)
{
    me = context();
    this_level(replaces);
    in_shadow();
    in_delivery();
    level_rights(LEVEL);
    level_rights(PLAIN);
    check(area_make(me->cpu, LEVEL) && area_ask(me->cpu, LEVEL, GHCB_AP_CREATE_ON_INIT), true,
          "bell-level");
    print("# at level 1\n");
    check(level_run(LEVEL, at_level, replaces).happened, false, "bell-at-level");
    for (unsigned cpu = 0; cpu < cpu_count; cpu++) {
        plain_level(cpu);
    }
    plain_interrupts();
    for (unsigned cpu = 1; cpu < cpu_count; cpu++) {
        preempts(cpu, false);
        preempts(cpu, true);
    }
    if (cpu_count > 1) {
        check(job_all(send_to_next, IPIS), true, "bell-from-all-to-all");
    }
}
