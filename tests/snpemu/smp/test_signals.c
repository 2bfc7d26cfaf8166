/* SPDX-License-Identifier: MIT */
/* The CPUs start, and interrupts and NMIs reach who they are for. */
/* SAFETY: a test guest; each instruction is there for what it does, and its operands say what it
 * reads and writes. */
#include "smp.h"

#define IPIS 50u
#define NMIS 10u
#define ICR_NMI 0x400u
#define ICR_OTHERS 0xc0000u

static bool reached(const uint64_t *counter, uint64_t value)
{
    uint64_t begun = now();

    while (SEEN(*counter) < value) {
        if (!patient(begun)) {
            return false;
        }
    }
    return SEEN(*counter) == value;
}

static bool is_up(const struct context *c)
{
    uint64_t begun = now();

    while (!SEEN(c->up)) {
        if (!patient(begun)) {
            return false;
        }
    }
    return true;
}

void test_start(unsigned cpus)
{
    check(cpus >= 1 && cpus <= CPUS_MAX, true, "count");
    for (unsigned cpu = 1; cpu < cpus; cpu++) {
        check(area_make(cpu, 0), true, "cpu-%u-save-area", cpu);
        check(area_ask(cpu, 0, GHCB_AP_CREATE), true, "cpu-%u-creation", cpu);
        cpu_count++;
    }
    for (unsigned cpu = 1; cpu < cpus; cpu++) {
        check(is_up(&contexts[cpu][0]), true, "cpu-%u-runs", cpu);
    }
    check(area_ask(cpus, 0, GHCB_AP_CREATE), false, "no-cpu-beyond");
    check(area_ask(0, 0, GHCB_AP_CREATE), false, "not-the-running-level");
}

/* From another CPU to the first, which takes it as soon as it can. */
static void send_to_first(uint64_t unused)
{
    (void)unused;
    ipi(IPI_VECTOR, 0);
}

static bool answered(unsigned cpu)
{
    uint64_t begun = now(), before = contexts[0][0].ipis;

    job_start(cpu, send_to_first, 0);
    while (SEEN(contexts[0][0].ipis) == before && patient(begun)) {
        asm volatile("sti; nop; cli" : : : "memory");
    }
    return job_wait(cpu) && contexts[0][0].ipis == before + 1;
}

static void one_cpu(unsigned cpu)
{
    struct context *other = &contexts[cpu][0];
    uint64_t before = SEEN(other->ipis);
    bool good = true;

    for (unsigned i = 1; i <= IPIS; i++) {
        ipi(IPI_VECTOR, cpu);
        good = good && reached(&other->ipis, before + i);
    }
    check(good, true, "cpu-%u-interrupts", cpu);
    before = SEEN(other->nmis);
    for (unsigned i = 1; i <= NMIS; i++) {
        ipi(ICR_NMI, cpu);
        good = good && reached(&other->nmis, before + i);
    }
    check(good, true, "cpu-%u-nmis", cpu);
    for (unsigned i = 0; i < IPIS && good; i++) {
        good = answered(cpu);
    }
    check(good, true, "cpu-%u-answers", cpu);
}

static void everybody_else(void)
{
    static uint64_t before[CPUS_MAX];
    bool good = true;

    for (unsigned cpu = 0; cpu < cpu_count; cpu++) {
        before[cpu] = SEEN(contexts[cpu][0].ipis);
    }
    for (unsigned i = 1; i <= IPIS && good; i++) {
        ipi(ICR_OTHERS | IPI_VECTOR, 0);
        for (unsigned cpu = 1; cpu < cpu_count; cpu++) {
            good = reached(&contexts[cpu][0].ipis, before[cpu] + i) && good;
        }
    }
    check(good, true, "interrupts-for-all-others");
    check(contexts[0][0].ipis, before[0], "and-not-for-the-sender");
}

void test_signals(void)
{
    for (unsigned cpu = 1; cpu < cpu_count; cpu++) {
        one_cpu(cpu);
    }
    everybody_else();
}
