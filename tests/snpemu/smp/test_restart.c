/* SPDX-License-Identifier: MIT */
/* A CPU is taken away while it runs, and comes back, again and again; its other levels stay. */
#include "smp.h"

#define TIMES 10u
#define WRITES 3u        /* each time */
#define UNUSED_AT 0xff8u /* of a save area: no CPU looks at it */

static uint64_t ticks[CPUS_MAX];

[[gnu::noreturn]] static void tick(uint64_t cpu)
{
    for (;;) {
        PUT(ticks[cpu], ticks[cpu] + 1);
    }
}

static bool ticks_on(unsigned cpu)
{
    uint64_t begun = now(), before = SEEN(ticks[cpu]);

    while (SEEN(ticks[cpu]) == before) {
        if (!patient(begun)) {
            return false;
        }
    }
    return true;
}

static void nothing(uint64_t unused)
{
    (void)unused;
}

static void run_level(uint64_t result)
{
    *(bool *)result = !level_run(1, nothing, 0).happened;
}

/* The save area of a CPU that runs cannot be written at once, but as soon as it has an exit. */
static bool area_written(unsigned cpu)
{
    volatile uint64_t *word = (volatile uint64_t *)((uint8_t *)&areas[cpu][0] + UNUSED_AT);

    for (unsigned i = 1; i <= WRITES; i++) {
        *word = i;
        if (*word != i || !ticks_on(cpu)) {
            return false;
        }
    }
    return true;
}

static void restart(unsigned cpu)
{
    bool written = true, dead = true, stays_dead = true, back = true, level = true, ran = false;

    for (unsigned i = 0; i < TIMES; i++) {
        job_start(cpu, tick, cpu);
        written = ticks_on(cpu) && area_written(cpu) && written;
        dead = ticks_on(cpu) && area_ask(cpu, 0, GHCB_AP_DESTROY) && area_unmake(cpu, 0) && dead;
        uint64_t last = SEEN(ticks[cpu]);
        back = area_make(cpu, 0) && back;
        stays_dead = SEEN(ticks[cpu]) == last && stays_dead;
        back = area_ask(cpu, 0, GHCB_AP_CREATE) && back;
        uint64_t begun = now();
        while (!SEEN(contexts[cpu][0].up) && back) {
            back = patient(begun);
        }
        job_start(cpu, run_level, (uint64_t)&ran);
        level = job_wait(cpu) && SEEN(ran) && level;
    }
    check(written, true, "cpu-%u-save-area-is-written", cpu);
    check(dead, true, "cpu-%u-destroyed", cpu);
    check(stays_dead, true, "cpu-%u-stays-away", cpu);
    check(back, true, "cpu-%u-is-back", cpu);
    check(level, true, "cpu-%u-keeps-its-level", cpu);
}

void test_restart(void)
{
    for (unsigned cpu = 1; cpu < cpu_count; cpu++) {
        restart(cpu);
    }
}
