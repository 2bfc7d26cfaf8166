/* SPDX-License-Identifier: MIT */
/*
 * Calibration against the PIT (channel 2, which no interrupt hangs on). The host may stop us at any
 * moment: each reading of the PIT is taken between two of the TSC, and readings that took long are
 * thrown away.
 */
#include <time/clock.h>
#include <time/convert.h>
#include <cpu/apic.h>
#include <cpu/io.h>
#include <log/log.h>
#include <task/port.h>

#define PIT_CHANNEL2 0x42
#define PIT_COMMAND 0x43
#define PIT_GATE 0x61
#define WINDOW_TICKS 48000u /* about 40 ms of the PIT's 55 */
#define TRIES 8

struct reading {
    uint64_t tsc;   /* in the middle of it */
    uint64_t width; /* of the uncertainty */
    uint32_t pit;   /* ticks since the count began */
};

static struct reading read_once(void)
{
    struct reading r;
    uint64_t before = tsc_read();
    io_out8(PIT_COMMAND, 0x80); /* latch channel 2 */
    uint64_t after = tsc_read();
    uint32_t low = io_in8(PIT_CHANNEL2);
    uint32_t high = io_in8(PIT_CHANNEL2);
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
    io_out8(PIT_GATE, (uint8_t)((io_in8(PIT_GATE) & ~2u) | 1u)); /* gate on, speaker off */
    io_out8(PIT_COMMAND, 0xb0);                                  /* channel 2, both bytes, mode 0 */
    io_out8(PIT_CHANNEL2, 0xff);
    io_out8(PIT_CHANNEL2, 0xff);
}

/* One measurement. The count must not have run out (a long stop of the host). */
static bool measure(uint64_t *tsc_hz, uint64_t *apic_hz, uint64_t *error_ppm)
{
    pit_start();
    apic_timer_probe_begin();
    struct reading a = read_best();
    struct reading b;
    do {
        b = read_once();
    } while (b.pit < WINDOW_TICKS && b.pit >= a.pit);
    uint64_t apic_ticks = apic_timer_probe_end();
    uint64_t apic_tsc = tsc_read();
    if (b.pit <= a.pit || b.pit < WINDOW_TICKS) {
        return false;
    }
    *tsc_hz = convert_hz(b.tsc - a.tsc, b.pit - a.pit);
    /* The APIC count began a little before `a` and ended a little after `b`: good to a per mille.
     */
    (void)apic_tsc;
    *apic_hz = convert_hz(apic_ticks, b.pit);
    *error_ppm = (a.width + b.width) * 1000000 / (b.tsc - a.tsc + 1);
    return *tsc_hz > 1000000 && *apic_hz > 1000;
}

void clock_init(void)
{
    uint64_t tsc_hz = 0, apic_hz = 0, error = UINT64_MAX;
    for (int i = 0; i < TRIES && error > 200; i++) {
        uint64_t hz, apic, ppm;
        if (measure(&hz, &apic, &ppm) && ppm < error) {
            tsc_hz = hz;
            apic_hz = apic;
            error = ppm;
        }
    }
    if (tsc_hz == 0) {
        port_stop("the time-stamp counter could not be calibrated against the PIT");
    }
    apic_timer_frequency(apic_hz);
    clock_start(tsc_hz, 0);
    LOG_INFO("clock: TSC %lu kHz, timer %lu kHz, good to %lu ppm, untrusted", tsc_hz / 1000,
             apic_hz / 1000, error);
}
