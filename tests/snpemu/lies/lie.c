/* SPDX-License-Identifier: MIT */
/* The port by which the guest says what it wants to be told. */
#include "lies.h"

unsigned lie_end(void)
{
    ghcb_begin();
    GHCB_SET(rax, 0);
    ghcb_ask(VMEXIT_IOIO, vmexit_ioio(LIE_PORT, 4, VMEXIT_IOIO_IN), 0);
    uint32_t told = (uint32_t)the_ghcb->rax;
    print_port(LIE_PORT, "\n");
    return told;
}

void lie_check(unsigned want, const char *name)
{
    check(lie_end(), want, "%s-told", name);
}

struct ghcb answer;

bool answered(size_t offset)
{
    unsigned bit = ghcb_valid_bit(offset);

    return answer.valid_bitmap[bit / 8] >> bit % 8 & 1;
}

void ask(uint64_t code, uint64_t info1, uint64_t info2)
{
    ghcb_ask(code, info1, info2);
    for (unsigned i = 0; i < PAGE_SIZE / sizeof(uint64_t); i++) {
        ((uint64_t *)&answer)[i] = ((volatile uint64_t *)the_ghcb)[i];
    }
}

uint64_t ask_cpuid(uint32_t leaf)
{
    ghcb_begin();
    GHCB_SET(rax, leaf);
    GHCB_SET(rcx, 0);
    ask(VMEXIT_CPUID, 0, 0);
    return answer.rax;
}

void cpuid_ready(void)
{
    ghcb_begin();
    GHCB_SET(rax, 0);
    GHCB_SET(rcx, 0);
    GHCB_SET(sw_exitcode, VMEXIT_CPUID);
    GHCB_SET(sw_exitinfo1, 0);
    GHCB_SET(sw_exitinfo2, 0);
    msr_write(SNP_MSR_GHCB, PAGE_GHCB);
}
