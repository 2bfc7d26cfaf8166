/* SPDX-License-Identifier: MIT */
/* Each CPU has levels of its own, and runs them at the same time as the others do theirs. */
/* SAFETY: a test guest; each instruction is there for what it does, and its operands say what it
 * reads and writes. */
#include "smp.h"

#define ROUNDS 60u
#define REMOTE 3u /* the level that the first CPU makes for all */

static bool made[CPUS_MAX], ran[CPUS_MAX];
static uint64_t tally[CPUS_MAX][SNP_VMPLS];

static void make_own(uint64_t unused)
{
    unsigned cpu = context()->cpu;

    (void)unused;
    made[cpu] = true;
    for (unsigned vmpl = 1; vmpl < REMOTE; vmpl++) {
        made[cpu] =
            area_make(cpu, vmpl) && area_ask(cpu, vmpl, GHCB_AP_CREATE_ON_INIT) && made[cpu];
    }
}

/* Who runs says so by its own GS. */
static void count(uint64_t vmpl)
{
    struct context *me = context();

    tally[me->cpu][me->vmpl] += me->vmpl == vmpl ? 1 : 1000000;
}

static void run_levels(uint64_t unused)
{
    struct context *me = context();
    bool good = true;

    (void)unused;
    for (unsigned i = 0; i < ROUNDS; i++) {
        for (unsigned vmpl = 1; vmpl < SNP_VMPLS; vmpl++) {
            good = !level_run(vmpl, count, vmpl).happened && context() == me && good;
        }
    }
    ran[me->cpu] = good;
}

/* A level that was made to run does so by itself, when the levels above it wait. */
static void started_by_first(unsigned cpu)
{
    struct context *level = &contexts[cpu][REMOTE];
    uint64_t begun = now();
    bool good = area_make(cpu, REMOTE);

    level->argument = REMOTE;
    PUT(level->job, count);
    good = good && area_ask(cpu, REMOTE, GHCB_AP_CREATE);
    while (good && SEEN(level->job) != NULL) {
        good = patient(begun);
    }
    check(good, true, "cpu-%u-level-%u-runs-by-itself", cpu, REMOTE);
    check(tally[cpu][REMOTE], 1, "cpu-%u-level-%u-ran-once", cpu, REMOTE);
    tally[cpu][REMOTE] = 0;
}

void test_smp_levels(void)
{
    for (unsigned vmpl = 1; vmpl < SNP_VMPLS; vmpl++) {
        level_rights(vmpl);
    }
    check(job_all(make_own, 0), true, "levels-are-made");
    check(area_make(0, REMOTE) && area_ask(0, REMOTE, GHCB_AP_CREATE_ON_INIT), true,
          "cpu-0-level-%u", REMOTE);
    for (unsigned cpu = 1; cpu < cpu_count; cpu++) {
        started_by_first(cpu);
    }
    check(job_all(run_levels, 0), true, "levels-run-on-all-cpus");
    for (unsigned cpu = 0; cpu < cpu_count; cpu++) {
        check(made[cpu] && ran[cpu], true, "cpu-%u-levels", cpu);
        for (unsigned vmpl = 1; vmpl < SNP_VMPLS; vmpl++) {
            check(tally[cpu][vmpl], ROUNDS, "cpu-%u-level-%u-rounds", cpu, vmpl);
        }
    }
}
