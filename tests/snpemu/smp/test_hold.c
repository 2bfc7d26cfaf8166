/* SPDX-License-Identifier: MIT */
/*
 * A CPU waits in a reset hold, and AP creation gives it another save area: does what waited go on
 * as far as its next VMGEXIT before that, or not at all? Either way the old save area is free at
 * once, and the new one gets what is its own: interrupts that waited, the GHCB MSR, answers.
 */
#include "smp.h"

#define TIMES 6u
#define ATTEMPTS 4u
#define SETTLED                                                                                    \
    (UINT64_C(1) << 26)          /* TSC ticks: from a look before the hold to the hold, mostly     \
                                  */
#define LONG (UINT64_C(1) << 33) /* more than the emulator waits for a CPU that does not end */
#define KICKS 6u

struct held {
    bool going, out, past; /* into the hold, behind it, behind the next VMGEXIT */
    uint64_t info2;
    uint64_t spins;
};

static struct held held[CPUS_MAX];
static struct vmsa spare[CPUS_MAX] [[gnu::aligned(4096)]];
static struct vmsa third [[gnu::aligned(4096)]];
static struct vmsa *runs[CPUS_MAX]; /* one of these, or of areas[] */

static void into(uint64_t cpu)
{
    PUT(held[cpu].going, true);
    (void)own_ask(GHCB_EVENT_AP_RESET_HOLD, 0, 0, 0, 0);
    held[cpu].info2 = own_ghcb()->sw_exitinfo2;
    PUT(held[cpu].out, true);
}

static void hold(uint64_t cpu)
{
    into(cpu);
    (void)own_ask(GHCB_EVENT_AP_RESET_HOLD, 0, 0, 0, 0);
    PUT(held[cpu].past, true);
}

static void hold_interruptible(uint64_t cpu)
{
    /* SAFETY: the IDT is ready; an interrupt ends no hold. */
    asm volatile("sti");
    hold(cpu);
}

static void hold_and_ask_by_msr(uint64_t cpu)
{
    into(cpu);
    (void)msr_ask(GHCB_MSR_SEV_INFO_REQUEST);
    PUT(held[cpu].past, true);
}

static void hold_and_spin(uint64_t cpu)
{
    into(cpu);
    for (;;) {
        PUT(held[cpu].spins, held[cpu].spins + 1);
    }
}

static void nothing(uint64_t unused)
{
    (void)unused;
}

static void wait_for(uint64_t ticks)
{
    uint64_t begun = now();

    while (now() - begun < ticks) {
        __builtin_ia32_pause();
    }
}

static bool turns(const bool *word)
{
    uint64_t begun = now();

    while (!SEEN(*word)) {
        if (!patient(begun)) {
            return false;
        }
    }
    return true;
}

static bool enter(unsigned cpu, act *act, uint64_t wait)
{
    held[cpu] = (struct held){0};
    job_start(cpu, act, cpu);
    bool went = turns(&held[cpu].going);
    wait_for(wait);
    return went && !SEEN(held[cpu].out);
}

static bool unmake(const struct vmsa *area, bool at_once)
{
    uint64_t begun = now();
    struct insn i;

    do {
        i = (struct insn){.rax = (uint64_t)area, .rdx = snp_rmpadjust(1, 0, 0)};
        insn_rmpadjust(&i);
    } while (i.rax != SNP_SUCCESS && !at_once && patient(begun));
    return i.rax == SNP_SUCCESS;
}

static bool works(unsigned cpu)
{
    bool up = turns(&contexts[cpu][0].up);

    job_start(cpu, nothing, 0);
    return job_wait(cpu) && up;
}

/* AP creation with another page than the CPU runs with now. */
static bool renew(unsigned cpu)
{
    struct vmsa *fresh = runs[cpu] == &spare[cpu] ? &areas[cpu][0] : &spare[cpu];

    runs[cpu] = fresh;
    return area_make_at(fresh, cpu, 0) && area_ask_for(cpu, 0, GHCB_AP_CREATE, fresh);
}

/* One round. A CPU that is still on its way into the hold is not let out of it. */
static bool round_of(unsigned cpu, uint64_t wait, bool *out)
{
    const struct vmsa *old = runs[cpu];
    bool good = enter(cpu, hold, wait) && renew(cpu);

    *out = SEEN(held[cpu].out);
    good = unmake(old, *out) && works(cpu) && good;
    return good && !SEEN(held[cpu].past) && SEEN(held[cpu].out) == *out &&
           held[cpu].info2 == (*out ? 1 : 0);
}

static void rounds(unsigned cpu, bool finishes)
{
    unsigned outs = 0;
    bool good = true;

    for (unsigned i = 0; i < TIMES; i++) {
        bool out = !finishes;
        uint64_t wait = SETTLED;
        for (unsigned k = 0; k < ATTEMPTS && out != finishes; k++, wait *= 4) {
            good = round_of(cpu, wait, &out) && good;
        }
        outs += out;
    }
    check(good, true, "cpu-%u-has-a-new-save-area", cpu);
    check(outs, finishes ? TIMES : 0, "cpu-%u-leaves-its-hold", cpu);
}

static void test_waiting_interrupt(void)
{
    bool good = enter(1, hold_interruptible, SETTLED);
    const struct vmsa *old = runs[1];

    ipi(IPI_VECTOR, 1);
    good = renew(1) && good;
    check(good && SEEN(held[1].out), true, "hold-with-an-interrupt-ends");
    check(unmake(old, true) && works(1), true, "the-next-one-takes-interrupts");
}

static void test_ghcb_msr(void)
{
    bool good = enter(1, hold_and_ask_by_msr, SETTLED);
    const struct vmsa *old = runs[1];

    good = renew(1) && turns(&contexts[1][0].up) && good;
    check(good && !SEEN(held[1].past), true, "hold-with-an-msr-request-ends");
    check(contexts[1][0].first_msr, PAGE_OWN_GHCB(1), "the-ghcb-msr-is-kept");
    check(unmake(old, true) && works(1), true, "after-an-msr-request");
}

static void test_old_first(void)
{
    const struct vmsa *old = runs[1];
    bool good = enter(1, hold, SETTLED) && unmake(old, true) && renew(1);

    check(good && works(1), true, "old-save-area-goes-first");
    check(SEEN(held[1].out), false, "nothing-runs-in-what-is-no-save-area");
}

static void test_same_page(void)
{
    bool good = enter(1, hold, SETTLED) && unmake(runs[1], true) && area_make_at(runs[1], 1, 0) &&
                area_ask_for(1, 0, GHCB_AP_CREATE, runs[1]);

    check(good && works(1), true, "same-save-area-again");
    check(SEEN(held[1].out), false, "it-starts-where-it-says");
}

static uint64_t answered; /* TSC ticks that the other one's request took, 0: it takes still */

static void ask_for_1(uint64_t unused)
{
    uint64_t begun = now();

    (void)unused;
    (void)area_ask_for(1, 0, GHCB_AP_CREATE, &spare[1]);
    PUT(answered, now() - begun);
}

static void kick_2(uint64_t unused)
{
    (void)unused;
    for (unsigned i = 0; i < KICKS; i++) {
        wait_for(LONG / 4);
        (void)area_ask_for(2, 3, GHCB_AP_DESTROY, NULL);
    }
}

/* CPU 1 spins behind its hold, CPU 2 waits for it to end. */
static bool somebody_waits(void)
{
    PUT(answered, 0);
    bool good = enter(1, hold_and_spin, SETTLED) && area_make_at(&spare[1], 1, 0);

    job_start(2, ask_for_1, 0);
    runs[1] = &spare[1];
    return turns(&held[1].out) && good;
}

static bool stands(unsigned cpu)
{
    uint64_t last = SEEN(held[cpu].spins);

    wait_for(SETTLED);
    return SEEN(held[cpu].spins) == last;
}

static bool spins_on(unsigned cpu)
{
    uint64_t begun = now(), last = SEEN(held[cpu].spins);

    while (SEEN(held[cpu].spins) == last) {
        if (!patient(begun)) {
            return false;
        }
    }
    return true;
}

static void back_to_areas(void)
{
    if (runs[1] != &areas[1][0]) {
        (void)renew(1);
        (void)(unmake(&spare[1], false) && works(1));
    }
}

static void test_destruction(void)
{
    bool good = somebody_waits();

    good = area_ask(1, 0, GHCB_AP_DESTROY) && good;
    wait_for(SETTLED);
    check(good && stands(1), true, "destroyed-at-once");
    check(unmake(&areas[1][0], true) && job_wait(2), true, "and-free-at-once");
    check(unmake(&spare[1], true), true, "nobody-has-the-new-one");
    runs[1] = &spare[1];
    check(renew(1) && works(1), true, "after-destruction");
}

static void test_second(void)
{
    bool good = somebody_waits() && area_make_at(&third, 1, 0) &&
                area_ask_for(1, 0, GHCB_AP_CREATE, &third);

    check(good && stands(1), true, "second-waits-too");
    check(unmake(&areas[1][0], true) && unmake(&spare[1], true) && job_wait(2) && works(1), true,
          "the-last-one-runs");
    runs[1] = &spare[1];
    good = renew(1) && unmake(&third, false);
    check(good && works(1), true, "after-the-second");
}

static void test_patience(void)
{
    bool good = somebody_waits();

    job_start(3, kick_2, 0);
    good = job_wait(2) && good;
    check(good && SEEN(answered) < LONG, true, "nobody-waits-for-ever");
    check(unmake(&areas[1][0], false) && works(1) && job_wait(3), true,
          "the-new-one-runs-all-the-same");
    back_to_areas();
}

/* Of the host that keeps CREATE_ON_INIT in mind. */
static void test_on_init(void)
{
    bool good = somebody_waits() && area_ask_for(1, 0, GHCB_AP_CREATE_ON_INIT, &spare[1]);

    check(good && job_wait(2), true, "on-init-answered");
    check(SEEN(answered) < LONG / 2, true, "on-init-ends-the-wait");
    check(spins_on(1), true, "and-nothing-else");
}

static void mark(uint64_t cpu)
{
    PUT(held[cpu].past, true);
}

static void into_below(uint64_t cpu)
{
    (void)msr_ask(
        ghcb_msr_value(GHCB_MSR_REGISTER_REQUEST, PAGE_OWN_GHCB((unsigned)cpu) / PAGE_SIZE));
    hold(cpu);
}

static void run_hold_below(uint64_t cpu)
{
    (void)level_run(1, into_below, cpu);
}

/* A level below VMPL0 that waits, and has another save area, runs. */
static void test_below(void)
{
    bool good = area_make(1, 1) && area_ask(1, 1, GHCB_AP_CREATE_ON_INIT) &&
                enter(1, run_hold_below, SETTLED) && area_make_at(&third, 1, 1);

    contexts[1][1].argument = 1;
    PUT(contexts[1][1].job, mark);
    good = area_ask_for(1, 1, GHCB_AP_CREATE, &third) && good;
    check(good && turns(&held[1].past) && job_wait(1), true, "level-below-runs-again");
}

void test_hold(bool finishes)
{
    for (unsigned cpu = 1; cpu < cpu_count; cpu++) {
        runs[cpu] = &areas[cpu][0];
        rounds(cpu, finishes);
    }
    back_to_areas();
    level_rights(1);
    test_below();
    if (finishes) {
        test_waiting_interrupt();
        back_to_areas();
        test_ghcb_msr();
        back_to_areas();
        test_old_first();
        back_to_areas();
        test_same_page();
        test_destruction();
        test_second();
        test_patience();
    }
}

void test_hold_on_init(void)
{
    runs[1] = &areas[1][0];
    test_on_init();
}
