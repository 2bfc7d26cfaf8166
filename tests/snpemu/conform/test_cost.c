/* SPDX-License-Identifier: MIT */
/*
 * What an exit costs, in ticks of the time-stamp counter: figures for a table, and no check of
 * them. Least of several rounds, since whoever shares the machine only adds.
 */
#include "conform.h"

/* SAFETY: CPUID and RDTSC; their operands say what they write. */

#define ROUNDS 8u
#define TIMES 200u

static uint64_t now(void)
{
    uint32_t low, high;

    asm volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

static void nothing(uint64_t unused)
{
    (void)unused;
}

static void one_exit(void)
{
    (void)msr_ask(GHCB_MSR_SEV_INFO_REQUEST);
}

/* To VMPL 1 and back: two switches. */
static void two_switches(void)
{
    (void)level_call(1, nothing, 0);
}

/* An instruction that raises #VC, one request of its handler, and the way back. */
static void one_vc(void)
{
    uint32_t eax = 0, ebx, ecx = 0, edx;

    asm volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
}

static uint64_t least(void (*what)(void))
{
    uint64_t best = ~UINT64_C(0);

    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t from = now();
        for (unsigned i = 0; i < TIMES; i++) {
            what();
        }
        uint64_t took = (now() - from) / TIMES;
        best = took < best ? took : best;
    }
    return best;
}

void test_cost(void)
{
    uint64_t exit = least(one_exit);
    uint64_t switches = least(two_switches);

    vc_serves_cpuid = true;
    uint64_t vc = least(one_vc);
    vc_serves_cpuid = false;
    print("# cost exit_ticks=%u vmpl_switch_ticks=%u vc_path_ticks=%u\n", (unsigned)exit,
          (unsigned)switches / 2, (unsigned)vc);
    check(exit != 0 && switches != 0 && vc != 0, true, "cost-is-measured");
}
