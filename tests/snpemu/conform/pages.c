/* SPDX-License-Identifier: MIT */
/* States of pages. */
/* SAFETY: a test guest; each instruction is there for what it does, and its operands say what it
 * reads and writes. A fault in it ends the act, not the guest. */
#include "conform.h"
#include <svsm/abi/ghcb_events.h>

bool page_to(uint64_t gpa, unsigned operation)
{
    return msr_ask(ghcb_msr_psc(operation, gpa >> 12)) == GHCB_MSR_PSC_RESPONSE;
}

static void must(bool good, unsigned reason)
{
    if (!good) {
        msr_ask(ghcb_msr_terminate(7, reason));
    }
}

void page_private(uint64_t gpa)
{
    struct insn i = {.rax = gpa, .rdx = SNP_PVALIDATE_VALIDATE};

    must(page_to(gpa, GHCB_MSR_PSC_PRIVATE), 4);
    insn_pvalidate(&i);
    must(i.rax == SNP_SUCCESS && !i.cf, 5);
}

void page_shared(uint64_t gpa)
{
    struct insn i = {.rax = gpa, .rdx = SNP_PVALIDATE_RESCIND};

    insn_pvalidate(&i);
    must(i.rax == SNP_SUCCESS, 6);
    must(page_to(gpa, GHCB_MSR_PSC_SHARED), 7);
}

bool large_to(uint64_t gpa, unsigned operation)
{
    struct ghcb_psc *psc = (struct ghcb_psc *)the_ghcb->shared_buffer;

    ghcb_begin();
    psc->entries[0] = ghcb_psc_entry(operation, gpa >> 12, GHCB_PSC_2M);
    GHCB_SET(sw_scratch, PAGE_GHCB + offsetof(struct ghcb, shared_buffer));
    ghcb_ask(GHCB_EVENT_PSC, 0, 0);
    return the_ghcb->sw_exitinfo2 == GHCB_PSC_OK && psc->header.cur_entry == 1;
}

void insn_pvalidate(struct insn *i)
{
    asm volatile(".byte 0xf2, 0x0f, 0x01, 0xff"
                 : "+a"(i->rax), "=@ccc"(i->cf)
                 : "c"(i->rcx), "d"(i->rdx)
                 : "memory");
    i->rax = (uint32_t)i->rax;
}

void insn_rmpadjust(struct insn *i)
{
    asm volatile(".byte 0xf3, 0x0f, 0x01, 0xfe"
                 : "+a"(i->rax)
                 : "c"(i->rcx), "d"(i->rdx)
                 : "memory", "cc");
    i->rax = (uint32_t)i->rax;
}

void insn_rmpquery(struct insn *i)
{
    asm volatile(".byte 0xf3, 0x0f, 0x01, 0xfd"
                 : "+a"(i->rax), "+c"(i->rcx), "+d"(i->rdx)
                 :
                 : "memory", "cc");
    i->rax = (uint32_t)i->rax;
}
