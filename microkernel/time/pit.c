/* SPDX-License-Identifier: MIT */
/*
 * Calibration against the PIT (channel 2, which no interrupt hangs on). The host may stop us at any
 * moment: each reading of the PIT is taken between two of the TSC, and readings that took long are
 * thrown away.
 */
#include <time/pit.h>
#include <time/convert.h>
#include <cpu/machine.h>
#include <cpu/io.h>
#include <task/port.h>

#define PIT_CHANNEL2 0x42
#define PIT_COMMAND 0x43
#define PIT_GATE 0x61
#define WINDOW_TICKS 48000u /* about 40 ms of the PIT's 55 */
#define TRIES 8
#define TRIES_LEAST 2 /* good ones: one alone says nothing about stops that went unseen */
#define TRIES_MAX 100
#define TSC_HZ_LEAST UINT64_C(1000000)
#define TSC_HZ_MOST UINT64_C(8000000000)
#define TSC_ENOUGH (TSC_HZ_MOST / 16) /* longer than the PIT counts, whatever the TSC's rate */
#define READINGS_ENOUGH (1u << 20)    /* the same where the TSC stands: each takes over 55 ns */

struct reading {
    uint64_t tsc;   /* in the middle of it */
    uint64_t width; /* of the uncertainty */
    uint32_t pit;   /* ticks since the count began */
};

static struct reading read_once(void)
{
    struct reading r;
    uint64_t before = tsc_read();
    port_out(PIT_COMMAND, 1, 0x80); /* latch channel 2 */
    uint64_t after = tsc_read();
    uint32_t low = port_in(PIT_CHANNEL2, 1);
    uint32_t high = port_in(PIT_CHANNEL2, 1);
    r.pit = 0xffff - (high << 8 | low);
    r.width = after - before;
    r.tsc = before + r.width / 2;
    return r;
}

/* The best of a few readings. */
static struct reading read_best(void)
{
    struct reading best = read_once();
    for (int i = 0; i < TRIES; i++) {
        struct reading r = read_once();
        if (r.width < best.width && r.pit >= best.pit) {
            best = r;
        }
    }
    return best;
}

static void pit_start(void)
{
    port_out(PIT_GATE, 1, (port_in(PIT_GATE, 1) & ~2u) | 1u); /* gate on, speaker off */
    port_out(PIT_COMMAND, 1, 0xb0);                           /* channel 2, both bytes, mode 0 */
    port_out(PIT_CHANNEL2, 1, 0xff);
    port_out(PIT_CHANNEL2, 1, 0xff);
}

/*
 * One measurement. *stuck: the host shows a PIT or a TSC that stands still. The count may have run
 * out unseen where the machine was stopped for 55 ms between two readings; where one stop is more
 * than half of it all that is likely.
 */
static bool measure(struct pit_rates *rates, bool *stuck)
{
    pit_start();
    machine_timer_begin();
    uint64_t begun = tsc_read();
    struct reading a = read_best();
    uint64_t gap = a.tsc - begun;
    struct reading b = a;
    uint64_t last;
    unsigned readings = 0;
    do {
        last = b.tsc;
        b = read_once();
        gap = b.tsc - last > gap ? b.tsc - last : gap;
    } while (b.pit < WINDOW_TICKS && b.pit >= a.pit && b.tsc - begun < TSC_ENOUGH &&
             ++readings < READINGS_ENOUGH);
    uint64_t timer_ticks = machine_timer_end();
    *stuck = b.pit == a.pit || readings == READINGS_ENOUGH;
    if (b.pit <= a.pit || b.pit < WINDOW_TICKS || gap > (b.tsc - begun) / 2) {
        return false;
    }
    rates->tsc_hz = convert_hz(b.tsc - a.tsc, b.pit - a.pit);
    /* The count of the timer began a little before `a` and ended a little after `b`: good to a per
     * mille. */
    rates->timer_hz = convert_hz(timer_ticks, b.pit);
    rates->error_ppm = (a.width + b.width) * 1000000 / (b.tsc - a.tsc + 1);
    return rates->tsc_hz > TSC_HZ_LEAST && rates->tsc_hz < TSC_HZ_MOST;
}

/* Stops that went unseen make the TSC seem more than twice as fast, never slower: a measurement
 * that says clearly less is the better one; among those that agree, the one that is surer of
 * itself. */
static bool better(const struct pit_rates *r, const struct pit_rates *best)
{
    if (best->tsc_hz == 0 || r->tsc_hz < best->tsc_hz / 2) {
        return true;
    }
    return r->tsc_hz / 2 < best->tsc_hz && r->error_ppm < best->error_ppm;
}

bool pit_calibrate(struct pit_rates *best)
{
    unsigned good = 0;
    bool stuck = false;
    *best = (struct pit_rates){0};
    for (unsigned i = 0;
         i < TRIES_MAX && !stuck && good < TRIES && (good < TRIES_LEAST || best->error_ppm > 200);
         i++) {
        struct pit_rates r;
        if (!measure(&r, &stuck)) {
            continue;
        }
        good++;
        if (better(&r, best)) {
            *best = r;
        }
    }
    return good != 0;
}
