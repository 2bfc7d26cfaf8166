/* SPDX-License-Identifier: MIT */
/* Save areas of vCPUs that run: nobody else runs with them, and nobody writes to them. */
/* SAFETY: a test guest; each instruction is there for what it does, and its operands say what it
 * reads and writes. */
#include "smp.h"

#define CPU 1u

static bool spins;

static void spin(uint64_t unused)
{
    (void)unused;
    for (;;) {
        PUT(spins, true);
        asm volatile("pause");
    }
}

static void write_own(uint64_t va)
{
    *(volatile uint64_t *)va = 1;
}

/* The machine ends meanwhile. */
static void wait_for_the_end(const char *name)
{
    uint64_t begun = now();

    while (patient(begun)) {
    }
    check(false, true, name);
}

void test_in_use(void)
{
    uint64_t begun = now();

    job_start(CPU, spin, 0);
    while (!SEEN(spins) && patient(begun)) {
    }
    check(SEEN(spins), true, "the-other-cpu-runs");
    check(area_ask_for(CPU + 1, 0, GHCB_AP_CREATE, &areas[CPU][0]), true, "created-from-its-area");
    wait_for_the_end("both-run");
}

void test_write_running(void)
{
    job_start(CPU, write_own, (uint64_t)&areas[CPU][0]);
    wait_for_the_end("it-has-written");
}
