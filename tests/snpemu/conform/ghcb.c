/* SPDX-License-Identifier: MIT */
/* The GHCB of VMPL0, and the MSR protocol of all levels. */
#include "conform.h"

uint64_t msr_ask(uint64_t request)
{
    msr_write(SNP_MSR_GHCB, request);
    vmgexit();
    return msr_read(SNP_MSR_GHCB);
}

void ghcb_init(void)
{
    uint64_t gfn = PAGE_GHCB >> 12;

    if (!page_to(PAGE_GHCB, GHCB_MSR_PSC_SHARED)) {
        msr_ask(ghcb_msr_terminate(7, 2));
    }
    if (msr_ask(ghcb_msr_value(GHCB_MSR_REGISTER_REQUEST, gfn)) !=
        ghcb_msr_value(GHCB_MSR_REGISTER_RESPONSE, gfn)) {
        msr_ask(ghcb_msr_terminate(7, 3));
    }
}

void ghcb_begin(void)
{
    volatile uint64_t *words = (volatile uint64_t *)the_ghcb;

    for (unsigned i = 0; i < PAGE_SIZE / sizeof(*words); i++) {
        words[i] = 0;
    }
    the_ghcb->protocol_version = GHCB_VERSION_MAX;
    the_ghcb->usage = GHCB_USAGE_STANDARD;
}

void ghcb_mark(size_t offset)
{
    unsigned bit = ghcb_valid_bit(offset);

    the_ghcb->valid_bitmap[bit / 8] |= (uint8_t)(1u << bit % 8);
}

bool ghcb_is_valid(size_t offset)
{
    unsigned bit = ghcb_valid_bit(offset);

    return the_ghcb->valid_bitmap[bit / 8] >> bit % 8 & 1;
}

void ghcb_exit(void)
{
    msr_write(SNP_MSR_GHCB, PAGE_GHCB);
    vmgexit();
}

void ghcb_ask(uint64_t code, uint64_t info1, uint64_t info2)
{
    GHCB_SET(sw_exitcode, code);
    GHCB_SET(sw_exitinfo1, info1);
    GHCB_SET(sw_exitinfo2, info2);
    ghcb_exit();
}

void ghcb_out(uint16_t port, unsigned size, uint32_t value)
{
    ghcb_begin();
    GHCB_SET(rax, value);
    ghcb_ask(VMEXIT_IOIO, vmexit_ioio(port, size, 0), 0);
}
