/* SPDX-License-Identifier: MIT */
#include "statistics.h"
#include "../wire/lines.h"
#include "lies.h"
#include "log.h"
#include "machine.h"

/* Codes below 100h each, then NPF to "not restartable", the rest together. */
#define CODES 0x100u
#define HIGH_FIRST 0x400u
#define HIGH_COUNT 8u

#define HISTORY 16u

struct past {
    uint64_t code, info1, info2, rip, rcx, ghcb;
    unsigned vcpu, vmpl;
};

static struct past history[HISTORY];
static unsigned next;

static uint64_t low[CODES], high[HIGH_COUNT], other, delivered, merged, stale;

static void remember(const struct level *level)
{
    const struct vmcb_control *control = &level->vmcb->control;

    history[next++ % HISTORY] = (struct past){
        .code = control->exitcode,
        .info1 = control->exitinfo1,
        .info2 = control->exitinfo2,
        .rip = level->vmsa->rip,
        .rcx = level->vmsa->rcx,
        .ghcb = level->ghcb.msr,
        .vcpu = level->vcpu->number,
        .vmpl = level->vmpl,
    };
}

void statistics_exit(const struct level *level)
{
    uint64_t code = level->vmcb->control.exitcode;

    remember(level);
    if (code < CODES) {
        low[code]++;
    } else if (code >= HIGH_FIRST && code < HIGH_FIRST + HIGH_COUNT) {
        high[code - HIGH_FIRST]++;
    } else {
        other++;
    }
}

void statistics_vc(void)
{
    delivered++;
}

void statistics_merged(void)
{
    merged++;
}

void statistics_stale(void)
{
    stale++;
}

static void print(uint64_t code, uint64_t count)
{
    const char *name = exit_name(code);

    if (count != 0) {
        log_line(LINES_STATS " exit=%lx name=%s count=%lu", code, name != NULL ? name : "-", count);
    }
}

void statistics_print(void)
{
    if ((machine.launch->stats & LAUNCH_STATS_EXITS) == 0) {
        return;
    }
    for (uint64_t i = 0; i < CODES; i++) {
        print(i, low[i]);
    }
    for (uint64_t i = 0; i < HIGH_COUNT; i++) {
        print(HIGH_FIRST + i, high[i]);
    }
    lies_print();
    log_line(LINES_STATS " other=%lu merged=%lu stale=%lu vc=%lu", other, merged, stale, delivered);
}

void statistics_history(void)
{
    for (unsigned i = next > HISTORY ? next - HISTORY : 0; i < next; i++) {
        const struct past *p = &history[i % HISTORY];
        const char *name = exit_name(p->code);
        log_line(
            "# before: vcpu=%u vmpl=%u exit=%lx %s info1=%lx info2=%lx rip=%lx rcx=%lx ghcb=%lx",
            p->vcpu, p->vmpl, p->code, name != NULL ? name : "-", p->info1, p->info2, p->rip,
            p->rcx, p->ghcb);
    }
}
