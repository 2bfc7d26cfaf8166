/* SPDX-License-Identifier: MIT */
/* The host's clock: KVM's name and features, and the two MSRs that take a shared structure. */
#include "conform.h"

#define LEAF_NAME 0x40000000u
#define LEAF_FEATURES 0x40000001u
#define FEATURE_CLOCK (1u << 3)
#define FEATURE_STABLE (1u << 24)
#define MSR_WALL 0x4b564d00u
#define MSR_SYSTEM 0x4b564d01u
#define ENABLED 1u
#define SECRETS UINT64_C(0x1ff000) /* where make_igvm.py puts that page */
#define LONG_AGO 1700000000u       /* seconds since 1970: no machine that runs this has that date */

struct system_time {
    uint32_t version, pad0;
    uint64_t tsc, ns;
    uint32_t mul;
    int8_t shift;
    uint8_t flags, pad[2];
};

static volatile struct system_time *const shared = (void *)(SHARED + PAGE_BUFFER);
static uint64_t own_memory[8] [[gnu::aligned(64)]];

static uint32_t cpuid_register(uint32_t leaf, unsigned reg)
{
    return (uint32_t)ghcb_msr_high(msr_ask(ghcb_msr_cpuid(GHCB_MSR_CPUID_REQUEST, leaf, reg)));
}

static uint32_t event_write(uint32_t index, uint64_t value)
{
    ghcb_begin();
    GHCB_SET(rcx, index);
    GHCB_SET(rax, value & UINT32_MAX);
    GHCB_SET(rdx, value >> 32);
    ghcb_ask(VMEXIT_MSR, VMEXIT_MSR_WRITE, 0);
    return (uint32_t)the_ghcb->sw_exitinfo1;
}

static uint64_t event_read(uint32_t index)
{
    ghcb_begin();
    GHCB_SET(rcx, index);
    ghcb_ask(VMEXIT_MSR, VMEXIT_MSR_READ, 0);
    return the_ghcb->rdx << 32 | (uint32_t)the_ghcb->rax;
}

static uint64_t now(void)
{
    uint32_t low, high;

    /* SAFETY: reads a counter. */
    asm volatile("lfence; rdtsc" : "=a"(low), "=d"(high));
    uint64_t ticks = ((uint64_t)high << 32 | low) - shared->tsc;
    ticks = shared->shift < 0 ? ticks >> -shared->shift : ticks << shared->shift;
    return shared->ns + (uint64_t)((unsigned __int128)ticks * shared->mul >> 32);
}

static void clear(void)
{
    volatile uint64_t *words = (volatile uint64_t *)shared;

    for (unsigned i = 0; i < 8; i++) {
        words[i] = 0;
    }
}

static void system_time(void)
{
    clear();
    check(event_write(MSR_SYSTEM, PAGE_BUFFER), GHCB_RESULT_OK, "clock-off");
    check(shared->version, 0, "clock-off-writes-nothing");
    check(event_write(MSR_SYSTEM, PAGE_BUFFER | ENABLED), GHCB_RESULT_OK, "clock-on");
    check(shared->version != 0 && shared->version % 2 == 0, true, "clock-version-is-even");
    check(shared->flags & 1, 1, "clock-is-stable");
    check(shared->mul != 0, true, "clock-has-a-factor");
    uint64_t first = now();
    check(now() > first, true, "clock-goes-on");
    check(first < UINT64_C(3600) * 1000000000, true, "clock-began-with-the-guest");
    check(event_read(MSR_SYSTEM), PAGE_BUFFER | ENABLED, "clock-reads-back");
}

static void wall_time(void)
{
    clear();
    check(event_write(MSR_WALL, PAGE_BUFFER), GHCB_RESULT_OK, "wall-clock");
    check(((volatile uint32_t *)shared)[1] > LONG_AGO, true, "wall-clock-has-a-date");
    check(((volatile uint32_t *)shared)[2] < 1000000000, true, "wall-clock-nanoseconds");
}

/* The host reaches shared pages only, and the structure lies in one. */
static void refused(void)
{
    const uint64_t wrong[] = {(uint64_t)own_memory, PAGE_BUFFER + PAGE_SIZE - 8, PAGE_BUFFER + 2,
                              NO_GFN * PAGE_SIZE};

    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        clear();
        uint32_t system = event_write(MSR_SYSTEM, wrong[i] | ENABLED);
        uint32_t wall = event_write(MSR_WALL, wrong[i]);
        check(system, GHCB_RESULT_EXCEPTION, "clock-address-%u-refused", i);
        check(wall, GHCB_RESULT_EXCEPTION, "wall-clock-address-%u-refused", i);
        check(shared->version, 0, "clock-address-%u-writes-nothing", i);
    }
    check(own_memory[0], 0, "clock-own-memory-untouched");
    check(event_read(MSR_SYSTEM), PAGE_BUFFER | ENABLED, "clock-refused-changes-nothing");
}

static uint64_t frequency;

static void read_frequency(uint64_t unused)
{
    (void)unused;
    frequency = msr_read(SNP_MSR_GUEST_TSC_FREQ);
}

static void write_frequency(uint64_t value)
{
    msr_write(SNP_MSR_GUEST_TSC_FREQ, value);
}

/* kHz of the TSC as the host's clock has it. */
static uint64_t clock_khz(void)
{
    uint64_t khz = (UINT64_C(1000000) << 32) / shared->mul;

    return shared->shift < 0 ? khz << -shared->shift : khz >> shared->shift;
}

/* Secure TSC's own MSR is the guest's to read; nobody else has it, and nobody writes it. */
static void secure_tsc(void)
{
    const struct snp_secrets_page *secrets = (const void *)SECRETS;

    check_fault(probe(write_frequency, 1), SNP_VECTOR_VC, VMEXIT_MSR, "tsc-frequency-write");
    if (!(sev_features() & SNP_FEATURE_SECURE_TSC)) {
        check_fault(probe(read_frequency, 0), SNP_VECTOR_VC, VMEXIT_MSR, "tsc-frequency-not-ours");
        return;
    }
    check_fault(probe(read_frequency, 0), NO_FAULT, 0, "tsc-frequency");
    check(frequency & ~SNP_GUEST_TSC_FREQ_MHZ, 0, "tsc-frequency-reserved-bits");
    check(event_write(MSR_SYSTEM, PAGE_BUFFER | ENABLED), GHCB_RESULT_OK, "tsc-clock");
    uint64_t khz = snp_tsc_khz(frequency, secrets->tsc_factor), other = clock_khz();
    uint64_t apart = khz > other ? khz - other : other - khz;
    check(apart < khz / 10000, true, "tsc-frequency-is-the-clocks");
}

void test_clock(void)
{
    check(cpuid_register(LEAF_NAME, 1), 0x4b4d564b, "clock-host-name-ebx");
    check(cpuid_register(LEAF_NAME, 2), 0x564b4d56, "clock-host-name-ecx");
    check(cpuid_register(LEAF_NAME, 3), 0x4d, "clock-host-name-edx");
    check(cpuid_register(LEAF_NAME, 0) >= LEAF_FEATURES, true, "clock-host-leaves");
    uint32_t features = cpuid_register(LEAF_FEATURES, 0);
    check(features & FEATURE_CLOCK, FEATURE_CLOCK, "clock-offered");
    check(features & FEATURE_STABLE, FEATURE_STABLE, "clock-offered-stable");
    system_time();
    wall_time();
    refused();
    secure_tsc();
    (void)event_write(MSR_SYSTEM, 0);
}
