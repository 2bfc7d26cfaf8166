/* SPDX-License-Identifier: MIT */
/* RDSEED: there if CPUID says so, in each size, with the flags that it sets; else it is undefined.
 */
/* SAFETY: a test guest; each instruction is there for what it does, and its operands say what it
 * reads and writes. */
#include "conform.h"

#define LEAF 7u
#define CPUID_EBX 1u
#define EBX_RDSEED (1u << 18)
#define FLAGS UINT64_C(0x8d5) /* OF, SF, ZF, AF, PF, CF */
#define FLAG_CF UINT64_C(0x001)
#define MARK UINT64_C(0x1122334455667788)

static uint64_t value, flags;

/* All flags are set before it; R15, to show that REX.B is looked at. */
static void seed_64(uint64_t unused)
{
    register uint64_t r15 asm("r15") = unused;

    asm volatile("pushfq; orq $0x8d5, (%%rsp); popfq; rdseed %0; pushfq; popq %1"
                 : "+r"(r15), "=r"(flags)
                 :
                 : "cc", "memory");
    value = r15;
}

static void seed_32(uint64_t mark)
{
    asm volatile("rdseed %k0; pushfq; popq %1" : "+r"(mark), "=r"(flags) : : "cc", "memory");
    value = mark;
}

static void seed_16(uint64_t mark)
{
    asm volatile("rdseed %w0; pushfq; popq %1" : "+r"(mark), "=r"(flags) : : "cc", "memory");
    value = mark;
}

/* The same, and UD2 behind it. */
static const uint8_t user[] = {0x48, 0x0f, 0xc7, 0xf8, 0x0f, 0x0b};

void test_rdseed(void)
{
    uint64_t words[4];
    uint64_t before = (uint64_t)user;
    bool has = ghcb_msr_high(msr_ask(ghcb_msr_cpuid(GHCB_MSR_CPUID_REQUEST, LEAF, CPUID_EBX))) &
               EBX_RDSEED;

    if (!has) {
        check_fault(probe(seed_64, MARK), VECTOR_UD, 0, "rdseed-none");
        return;
    }
    for (unsigned i = 0; i < 4; i++) {
        check_fault(probe(seed_64, MARK), NO_FAULT, 0, "rdseed-64-%u", i);
        check(flags & FLAGS, FLAG_CF, "rdseed-flags-%u", i);
        words[i] = value;
        check(value != MARK && value != 0, true, "rdseed-number-%u", i);
        check(i != 0 && words[i] == words[i - 1], false, "rdseed-another-%u", i);
    }
    check_fault(probe(seed_32, MARK), NO_FAULT, 0, "rdseed-32");
    check(value >> 32, 0, "rdseed-32-upper-half");
    check((uint32_t)value != (uint32_t)MARK, true, "rdseed-32-number");
    check_fault(probe(seed_16, MARK), NO_FAULT, 0, "rdseed-16");
    check(value >> 16, MARK >> 16, "rdseed-16-rest");
    struct fault fault = probe_user(user);
    check_fault(fault, VECTOR_UD, 0, "rdseed-user");
    check(fault.rip - before, 4, "rdseed-user-went-on");
}
