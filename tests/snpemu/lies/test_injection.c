/* SPDX-License-Identifier: MIT */
/* Interrupts and exceptions that nobody has asked for. This guest never sets its interrupt flag. */
#include "lies.h"

#define VECTOR_NMI 2u
#define VECTORS 32u

static void ask_nothing(uint64_t argument)
{
    (void)ask_cpuid((uint32_t)argument);
}

static void each_vector(const char *kind)
{
    for (unsigned vector = 0; vector < VECTORS; vector++) {
        bool none = kind[0] == 'e' && (vector == VECTOR_NMI || vector == VECTORS - 1);
        if (kind[0] == 'e' && vector == SNP_VECTOR_VC) {
            continue; /* below, with a code that is one */
        }
        if (kind[0] == 'e') {
            lie("exception@cpuid,value=%u", vector);
        } else {
            lie("interrupt@cpuid,value=%u", vector);
        }
        struct fault fault = probe(ask_nothing, 0);
        check(fault.vector, none ? NO_FAULT : vector, "%s-%u", kind, vector);
        lie_check(none ? 0 : 1, kind);
    }
}

extern const uint8_t loop_begin[], loop_end[];

/* SAFETY: an event whose GHCB is ready, then a loop of two instructions. */
static void later(uint64_t count)
{
    asm volatile("rep; vmmcall\n"
                 ".globl loop_begin, loop_end\n"
                 "loop_begin: dec %0\n"
                 "jnz loop_begin\n"
                 "loop_end:"
                 : "+r"(count)
                 :
                 : "memory", "cc");
}

static const uint8_t nops[] = {0x90, 0x90, 0x90, 0x90, 0x0f, 0x0b};

void test_injection(void)
{
    each_vector("interrupt");
    each_vector("exception");
    lie("nmi@cpuid");
    check(probe(ask_nothing, 0).vector, VECTOR_NMI, "nmi");
    lie_check(1, "nmi");
    lie("exception@cpuid,value=0x721d"); /* #VC, as for CPUID */
    check_fault(probe(ask_nothing, 0), SNP_VECTOR_VC, VMEXIT_CPUID, "exception-vc");
    lie_check(1, "exception-vc");
    lie("nmi@cpuid,after=2001");
    cpuid_ready();
    struct fault fault = probe(later, 5000);
    check(fault.vector, VECTOR_NMI, "nmi-later");
    check(fault.rip - (uint64_t)loop_begin, loop_end - loop_begin - 2, "nmi-later-at-the-jump");
    lie_check(1, "nmi-later");
    lie("nmi@cpuid,after=3,cpl=3");
    (void)ask_cpuid(0);
    fault = probe_user(nops);
    check(fault.vector, VECTOR_NMI, "nmi-cpl3");
    check(fault.rip - (uint64_t)nops, 2, "nmi-cpl3-at-the-third");
    lie_check(1, "nmi-cpl3");
    lie("nmi@cpuid,after=1,cpl=3");
    cpuid_ready();
    check(probe(later, 100).vector, NO_FAULT, "nmi-cpl3-never");
    lie_check(0, "nmi-cpl3-never");
    lie("nmi@cpuid,after=1000000");
    cpuid_ready();
    check(probe(later, 100).vector, NO_FAULT, "nmi-too-late");
    lie_check(0, "nmi-too-late");
}

/* The host writes its doorbell page as it likes. */
static void doorbell(void)
{
    lie("doorbell@cpuid,offset=64,value=5");
    (void)ask_cpuid(0);
    lie_check(0, "doorbell-none");
    ghcb_begin();
    ask(GHCB_EVENT_DOORBELL, GHCB_DOORBELL_SET, PAGE_BUFFER);
    check(answer.sw_exitinfo2, PAGE_BUFFER, "doorbell-set");
    lie("doorbell@cpuid,offset=64,value=0x1122334455667788");
    (void)ask_cpuid(0);
    check(*(volatile uint64_t *)(SHARED + PAGE_BUFFER + 64), UINT64_C(0x1122334455667788),
          "doorbell");
    lie_check(1, "doorbell");
    ghcb_begin();
    ask(GHCB_EVENT_DOORBELL, GHCB_DOORBELL_CLEAR, 0);
}

/* #HV can come at any time, and nothing else. */
void test_restricted(void)
{
    for (unsigned vector = 0; vector < VECTORS; vector++) {
        bool hv = vector == SNP_VECTOR_HV;
        lie("exception@cpuid,value=%u", vector);
        lie("interrupt@cpuid,value=%u", vector);
        lie("nmi@cpuid");
        check(probe(ask_nothing, 0).vector, hv ? SNP_VECTOR_HV : NO_FAULT, "restricted-%u", vector);
        lie_check(hv ? 1 : 0, "restricted");
    }
    doorbell();
}
