/* SPDX-License-Identifier: MIT */
/* The native platform's clock: TSC and local APIC timer, against the PIT. */
#include <time/clock.h>
#include <time/pit.h>
#include <cpu/apic.h>
#include <cpu/machine.h>
#include <log/log.h>
#include <task/port.h>

void machine_timer_begin(void)
{
    apic_timer_probe_begin();
}

uint32_t machine_timer_end(void)
{
    return apic_timer_probe_end();
}

void clock_init(void)
{
    struct pit_rates r;
    if (!pit_calibrate(&r) || r.timer_hz < 1000) {
        port_stop("the time-stamp counter could not be calibrated against the PIT");
    }
    apic_timer_frequency(r.timer_hz);
    clock_start(r.tsc_hz, 0);
    LOG_INFO("clock: TSC %lu kHz, timer %lu kHz, good to %lu ppm, untrusted", r.tsc_hz / 1000,
             r.timer_hz / 1000, r.error_ppm);
}
