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
#define TRIES_MAX 100 /* until there is one at all */

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
 * One measurement. The count must not have run out unseen, which takes a stop of 55 ms in a window
 * of 40: where the longest stop is more than half of it all, that may have happened.
 */
static bool measure(uint64_t *tsc_hz, uint64_t *timer_hz, uint64_t *error_ppm)
{
    pit_start();
    machine_timer_begin();
    uint64_t begun = tsc_read();
    struct reading a = read_best();
    uint64_t gap = a.tsc - begun;
    struct reading b = a;
    uint64_t last;
    do {
        last = b.tsc;
        b = read_once();
        gap = b.tsc - last > gap ? b.tsc - last : gap;
    } while (b.pit < WINDOW_TICKS && b.pit >= a.pit);
    uint64_t timer_ticks = machine_timer_end();
    if (b.pit <= a.pit || b.pit < WINDOW_TICKS || gap > (b.tsc - begun) / 2) {
        return false;
    }
    *tsc_hz = convert_hz(b.tsc - a.tsc, b.pit - a.pit);
    /* The count of the timer began a little before `a` and ended a little after `b`: good to a per
     * mille. */
    *timer_hz = convert_hz(timer_ticks, b.pit);
    *error_ppm = (a.width + b.width) * 1000000 / (b.tsc - a.tsc + 1);
    return *tsc_hz > 1000000;
}

bool pit_calibrate(uint64_t *tsc_hz, uint64_t *timer_hz, uint64_t *error_ppm)
{
    uint64_t best = UINT64_MAX;
    for (int i = 0; i < TRIES_MAX && best > 200 && (i < TRIES || best == UINT64_MAX); i++) {
        uint64_t hz, timer, ppm;
        if (measure(&hz, &timer, &ppm) && ppm < best) {
            *tsc_hz = hz;
            *timer_hz = timer;
            best = ppm;
        }
    }
    *error_ppm = best;
    return best != UINT64_MAX;
}
