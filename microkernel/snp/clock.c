/* SPDX-License-Identifier: MIT */
/*
 * How fast the TSC runs. With Secure TSC an MSR says it that the host cannot touch; otherwise the
 * CPUID page does or, at last, the host's PIT: there the host has a say, so the clock is marked
 * untrusted.
 */
#include <time/clock.h>
#include <time/pit.h>
#include <cpu/io.h>
#include <cpu/machine.h>
#include <log/log.h>
#include <snp/machine.h>
#include <snp/psp_tsc.h>
#include <svsm/abi/snp.h>
#include <svsm/abi/snp_pages.h>
#include <task/port.h>

#define LEAF_TSC 0x15u
#define LEAF_FREQUENCY 0x16u
#define MHZ UINT64_C(1000000)

static struct psp_tsc tsc_info;

void machine_timer_begin(void)
{
}

uint32_t machine_timer_end(void)
{
    return 0; /* none reaches VMPL0 */
}

/* EAX/EBX: the TSC's ratio to a crystal of ECX Hz; or EAX MHz of the base frequency. 0: unknown. */
static uint64_t hz_by_cpuid(void)
{
    struct cpuid c = machine_cpuid(LEAF_TSC, 0);
    if (c.eax != 0 && c.ebx != 0 && c.ecx != 0) {
        return (uint64_t)c.ecx * c.ebx / c.eax;
    }
    return (machine_cpuid(LEAF_FREQUENCY, 0).eax & UINT64_C(0xffff)) * MHZ;
}

void clock_init(void)
{
    bool trusted = (machine_features() & SNP_FEATURE_SECURE_TSC) != 0;
    struct pit_rates r = {.tsc_hz = hz_by_cpuid()};
    if (trusted) {
        r.tsc_hz = (msr_read(SNP_MSR_GUEST_TSC_FREQ) & SNP_GUEST_TSC_FREQ_MHZ) * MHZ;
    }
    if (r.tsc_hz < MHZ && (trusted || !pit_calibrate(&r))) {
        port_stop("nothing says how fast the time-stamp counter runs");
    }
    clock_start(r.tsc_hz, trusted ? SVSM_CLOCK_TRUSTED : 0);
    LOG_INFO("clock: TSC %lu kHz, good to %lu ppm, %s", r.tsc_hz / 1000, r.error_ppm,
             trusted ? "Secure TSC" : "untrusted");
}

/* What the MSR says is nominal; the factor makes it the mean frequency. */
void port_tsc_info(const struct psp_tsc *tsc)
{
    uint64_t khz = snp_tsc_khz(msr_read(SNP_MSR_GUEST_TSC_FREQ), tsc->factor);
    tsc_info = *tsc;
    LOG_INFO("clock: TSC %lu kHz, as the firmware has it", khz);
    clock_retune(khz * 1000);
}

const struct psp_tsc *psp_tsc_info(void)
{
    return &tsc_info;
}
