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
    uint64_t tsc_hz, timer_hz, error;
    if (!pit_calibrate(&tsc_hz, &timer_hz, &error) || timer_hz < 1000) {
        port_stop("the time-stamp counter could not be calibrated against the PIT");
    }
    apic_timer_frequency(timer_hz);
    clock_start(tsc_hz, 0);
    LOG_INFO("clock: TSC %lu kHz, timer %lu kHz, good to %lu ppm, untrusted", tsc_hz / 1000,
             timer_hz / 1000, error);
}
