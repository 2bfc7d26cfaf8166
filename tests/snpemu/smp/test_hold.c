/* SPDX-License-Identifier: MIT */
/*
 * A CPU waits in a reset hold, and AP creation gives it another save area, again and again: does
 * what waited go on as far as its next VMGEXIT before that, or not at all? Either way the old save
 * area is free at once.
 */
#include "smp.h"

#define TIMES 6u
#define SETTLED                                                                                    \
    (UINT64_C(1) << 24) /* TSC ticks: from a look before the hold to the hold, mostly              \
                         */

struct held {
    bool going, out, past; /* into the hold, behind it, behind the next VMGEXIT */
    uint64_t info2;
};

static struct held held[CPUS_MAX];
static struct vmsa spare[CPUS_MAX] [[gnu::aligned(4096)]];
static struct vmsa *runs[CPUS_MAX]; /* one of these, or of areas[] */

static void hold(uint64_t cpu)
{
    PUT(held[cpu].going, true);
    (void)own_ask(GHCB_EVENT_AP_RESET_HOLD, 0, 0, 0, 0);
    held[cpu].info2 = own_ghcb()->sw_exitinfo2;
    PUT(held[cpu].out, true);
    (void)own_ask(GHCB_EVENT_AP_RESET_HOLD, 0, 0, 0, 0);
    PUT(held[cpu].past, true);
}

static void wait_for(uint64_t ticks)
{
    uint64_t begun = now();

    while (now() - begun < ticks) {
        __builtin_ia32_pause();
    }
}

static bool is_up(unsigned cpu)
{
    uint64_t begun = now();

    while (!SEEN(contexts[cpu][0].up)) {
        if (!patient(begun)) {
            return false;
        }
    }
    return true;
}

static bool into_hold(unsigned cpu)
{
    uint64_t begun = now();

    held[cpu] = (struct held){0};
    job_start(cpu, hold, cpu);
    while (!SEEN(held[cpu].going)) {
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

static bool unmake_at_once(const struct vmsa *area)
{
    struct insn i = {.rax = (uint64_t)area, .rdx = snp_rmpadjust(1, 0, 0)};

    insn_rmpadjust(&i);
    return i.rax == SNP_SUCCESS;
}

/* True: all went as it should; *out: did the CPU come out of its hold? */
static bool renew(unsigned cpu, uint64_t wait, bool *out)
{
    struct vmsa *old = runs[cpu];
    struct vmsa *fresh = old == &spare[cpu] ? &areas[cpu][0] : &spare[cpu];
    bool good = into_hold(cpu);

    wait_for(wait);
    good = area_make_at(fresh, cpu, 0) && area_ask_for(cpu, 0, GHCB_AP_CREATE, fresh) && good;
    runs[cpu] = fresh;
    *out = SEEN(held[cpu].out);
    good = unmake_at_once(old) && is_up(cpu) && good;
    job_start(cpu, nothing, 0);
    good = job_wait(cpu) && good;
    return good && !SEEN(held[cpu].past) && SEEN(held[cpu].out) == *out &&
           held[cpu].info2 == (*out ? 1 : 0);
}

static void holds(unsigned cpu, bool finishes)
{
    bool good = true;
    unsigned outs = 0;
    uint64_t wait = SETTLED;

    runs[cpu] = &areas[cpu][0];
    for (unsigned i = 0; i < TIMES; i++) {
        bool out;
        good = renew(cpu, wait, &out) && good;
        outs += out;
        if (out != finishes) { /* it was still on its way, perhaps */
            wait *= 4;
        }
    }
    check(good, true, "cpu-%u-has-a-new-save-area", cpu);
    check(outs > 0, finishes, "cpu-%u-leaves-its-hold", cpu);
}

void test_hold(bool finishes)
{
    for (unsigned cpu = 1; cpu < cpu_count; cpu++) {
        holds(cpu, finishes);
    }
}
