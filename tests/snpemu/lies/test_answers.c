/* SPDX-License-Identifier: MIT */
/* Answers to events of the page protocol that are forged, old, lost or in the wrong order. */
#include "lies.h"
#include <svsm/abi/ghcb_events.h>
#include <svsm/abi/ghcb_host.h>

#define SERIAL_SCRATCH 0x3ffu
#define DMA_ADDRESS 0x02u /* of channel 1 */
#define DMA_FLIP_FLOP 0x0cu

static uint64_t in8(uint16_t port)
{
    ghcb_begin();
    GHCB_SET(rax, 0);
    ask(VMEXIT_IOIO, vmexit_ioio(port, 1, VMEXIT_IOIO_IN), 0);
    return answer.rax;
}

static void fields(void)
{
    uint64_t first = ask_cpuid(0);
    uint64_t vendor = answer.rbx;
    uint64_t second = ask_cpuid(1);

    lie("set@CPUID,field=rax,value=0x1234");
    check(ask_cpuid(1), 0x1234, "set-field");
    check(ask_cpuid(1), second, "set-once");
    lie_check(1, "set");
    lie("flip@cpuid,field=rbx,value=0x80000001,nth=2,count=2");
    for (unsigned i = 1; i <= 4; i++) {
        (void)ask_cpuid(0);
        check(answer.rbx ^ vendor, i == 2 || i == 3 ? 0x80000001 : 0, "flip-%u", i);
    }
    lie_check(2, "flip");
    (void)ask_cpuid(0);
    lie("stale@cpuid,field=rax");
    check(ask_cpuid(1), first, "stale-field");
    lie_check(1, "stale");
    lie("hide@cpuid,field=rcx");
    (void)ask_cpuid(0);
    check(answered(offsetof(struct ghcb, rcx)), false, "hide-field");
    check(answered(offsetof(struct ghcb, rax)), true, "hide-no-other");
    lie_check(1, "hide");
    lie("ask@cpuid,field=rax,value=0");
    check(ask_cpuid(1), first, "ask-another-leaf");
    lie_check(1, "ask");
    lie("set@cpuid,field=info1,value=2");
    lie("set@cpuid,field=info2,value=0xffffffffffffffff");
    (void)ask_cpuid(0);
    check(answer.sw_exitinfo1, GHCB_RESULT_MALFORMED, "two-lies-result");
    check(answer.sw_exitinfo2, UINT64_MAX, "two-lies-detail");
    lie_check(2, "two-lies");
}

static void effects(void)
{
    ghcb_out(SERIAL_SCRATCH, 1, 0x11);
    lie("skip@ioio,port=0x3ff");
    ghcb_out(SERIAL_SCRATCH, 1, 0x22);
    check(the_ghcb->sw_exitinfo1, GHCB_RESULT_OK, "skip-succeeds");
    lie_check(1, "skip");
    check(in8(SERIAL_SCRATCH), 0x11, "skip-does-nothing");
    lie("refuse@hypervisor-features,value=5");
    ghcb_begin();
    ask(GHCB_EVENT_FEATURES, 0, 0);
    check(answer.sw_exitinfo1, GHCB_RESULT_MALFORMED, "refuse-result");
    check(answer.sw_exitinfo2, GHCB_ERROR_INVALID_INPUT, "refuse-reason");
    lie_check(1, "refuse");
    /* An address is read in two halves: who reads twice gets the second. */
    ghcb_out(DMA_FLIP_FLOP, 1, 0);
    ghcb_out(DMA_ADDRESS, 1, 0x34);
    ghcb_out(DMA_ADDRESS, 1, 0x12);
    ghcb_out(DMA_FLIP_FLOP, 1, 0);
    check(in8(DMA_ADDRESS), 0x34, "twice-low");
    check(in8(DMA_ADDRESS), 0x12, "twice-high");
    ghcb_out(DMA_FLIP_FLOP, 1, 0);
    lie("twice@ioio,port=2");
    check(in8(DMA_ADDRESS), 0x12, "twice-is-done-twice");
    lie_check(1, "twice");
}

static uint64_t ask_tsc(void)
{
    ghcb_begin();
    ask(VMEXIT_RDTSC, 0, 0);
    return answer.rdx << 32 | answer.rax;
}

static void order(void)
{
    lie("drop@cpuid");
    ghcb_begin();
    GHCB_SET(rax, 1);
    GHCB_SET(rcx, 0);
    ask(VMEXIT_CPUID, 0, 0);
    check(answer.rax, 1, "drop-leaves-the-request");
    check(answered(offsetof(struct ghcb, sw_exitinfo1)), false, "drop-nothing-valid");
    lie_check(1, "drop");
    uint64_t before = ask_tsc();
    lie("repeat@rdtsc");
    check(ask_tsc(), before, "repeat-comes-again");
    lie_check(1, "repeat");
    check(ask_tsc() > before, true, "repeat-is-over");
    uint64_t first = ask_cpuid(0);
    uint64_t second = ask_cpuid(1);
    lie("swap@cpuid,nth=2");
    (void)ask_cpuid(0);
    uint64_t early = ask_cpuid(1);
    uint64_t late = ask_cpuid(0); /* each line that is printed is an event, too */
    check(early, first, "swap-gives-the-one-before");
    check(late, second, "swap-gives-it-late");
    check(ask_cpuid(0), first, "swap-is-over");
    lie_check(1, "swap");
}

static void clock(void)
{
    uint64_t before = ask_tsc();

    lie("clock@cpuid,value=0x1000000000000");
    (void)ask_cpuid(0);
    uint64_t ahead = ask_tsc();
    check((ahead - before) >> 47 & 3, 2, "clock-event-jumps");
    uint32_t edx;
    /* SAFETY: reads the TSC. */
    asm volatile("rdtsc" : "=d"(edx) : : "eax");
    check((edx - (uint32_t)(before >> 32)) >> 15 & 3, 2, "clock-instruction-jumps");
    lie_check(1, "clock");
    lie("clock@cpuid,value=0xffff000000000000");
    (void)ask_cpuid(0);
    check(ask_tsc() - before < UINT64_C(1) << 47, true, "clock-jumps-back");
    lie_check(1, "clock-back");
}

static void psc(void)
{
    struct ghcb_psc *list = (struct ghcb_psc *)the_ghcb->shared_buffer;

    page_private(PAGE_LIE);
    page_shared(PAGE_LIE);
    lie("flip@page-state-change,field=buffer,offset=0,value=3");
    lie("set@page-state-change,field=info2,value=0x100000000");
    ghcb_begin();
    list->entries[0] = ghcb_psc_entry(GHCB_PSC_SHARED, PAGE_LIE >> 12, 0);
    GHCB_SET(sw_scratch, PAGE_GHCB + offsetof(struct ghcb, shared_buffer));
    ask(GHCB_EVENT_PSC, 0, 0);
    check(((struct ghcb_psc *)answer.shared_buffer)->header.cur_entry, 1 ^ 3, "psc-cur-entry");
    check(answer.sw_exitinfo2, UINT64_C(1) << 32, "psc-error");
    lie_check(2, "psc");
}

void test_answers(void)
{
    fields();
    effects();
    order();
    clock();
    psc();
}

#define PAGE_CPUID 0x1fe000u /* make_igvm.py */
#define SMEP (UINT32_C(1) << 7)

/* What the host has left out at launch; at run time it tells the truth. */
void test_cpuid_page(void)
{
    /* SAFETY: the firmware's page, which nobody writes. */
    const struct snp_cpuid_page *page = (const struct snp_cpuid_page *)(uint64_t)PAGE_CPUID;
    unsigned found = 0;

    (void)ask_cpuid(7);
    for (uint32_t i = 0; i < page->count; i++) {
        const struct snp_cpuid_entry *e = &page->entries[i];
        if (e->eax_in == 7 && e->ecx_in == 0) {
            found++;
            check(e->ebx, (uint32_t)answer.rbx & ~SMEP, "cpuid-page-lacks-smep");
        }
    }
    check(found, 1, "cpuid-page-leaf");
    check(answer.rbx & SMEP, SMEP, "cpuid-event-has-smep");
}
