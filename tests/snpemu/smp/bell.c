/* SPDX-License-Identifier: MIT */
/*
 * What a level with restricted injection has for interrupts: a doorbell page and a handler of #HV.
 * The handler takes what is there at once, whether interrupts are on or not, and only counts: the
 * GHCB may be in use where it came, so EOIs are left to those that wait.
 */
/* SAFETY: a test guest; each instruction is there for what it does, and its operands say what it
 * reads and writes. */
#include "smp.h"

#define APIC_EOI 0x0bu
#define RFLAGS_IF (UINT64_C(1) << 9)

extern const uint8_t idle_begin[], idle_end[];

bool is_restricted(void)
{
    return sev_features() & SNP_FEATURE_RESTRICTED_INJECTION;
}

/* Copied: what is printed may go through the same page. */
struct answer bell_event(uint64_t code, uint64_t info1, uint64_t info2)
{
    (void)own_ask(code, info1, info2, 0, 0);
    return (struct answer){own_ghcb()->sw_exitinfo1, own_ghcb()->sw_exitinfo2};
}

struct answer bell_ask(uint64_t operation, uint64_t gpa)
{
    return bell_event(GHCB_EVENT_DOORBELL, operation, gpa);
}

void bell_start(void)
{
    struct context *me = context();
    uint64_t gpa = PAGE_BELL(me->cpu, me->vmpl);

    if (!is_restricted()) {
        return;
    }
    (void)page_to(gpa, GHCB_MSR_PSC_SHARED);
    me->bell = (struct ghcb_doorbell *)(SHARED + gpa);
    *me->bell = (struct ghcb_doorbell){.vector = 0};
    if (bell_ask(GHCB_DOORBELL_SET, gpa).value != gpa) {
        (void)msr_ask(ghcb_msr_terminate(me->cpu, 7));
    }
}

static uint8_t take(struct context *me)
{
    return __atomic_exchange_n(&me->bell->vector, 0, __ATOMIC_SEQ_CST);
}

static uint8_t flags_take(struct context *me)
{
    return __atomic_exchange_n(&me->bell->flags, 0, __ATOMIC_SEQ_CST);
}

uint8_t bell_take(void)
{
    (void)flags_take(context());
    return take(context());
}

static void process(struct context *me)
{
    if (flags_take(me) & GHCB_DOORBELL_NMI) {
        PUT(me->nmis, me->nmis + 1);
    }
    while (take(me) != 0) {
        me->owed++;
        PUT(me->ipis, me->ipis + 1);
    }
}

/* In the handler: what comes now has to wait for its IRET. */
static void send_again(struct context *me)
{
    uint8_t vector = me->again;

    me->again = 0;
    me->owed = 0;
    apic_write(APIC_EOI, 0);
    ipi(vector, me->cpu);
}

void bell_rang(struct context *me, struct frame *frame)
{
    PUT(me->rings, me->rings + 1);
    me->ring_if = frame->rflags & RFLAGS_IF;
    me->ring_rip = frame->rip;
    me->depth++;
    me->depth_most = me->depth > me->depth_most ? me->depth : me->depth_most;
    if (!me->holds && me->bell != NULL) {
        process(me);
    }
    if (me->again != 0) {
        send_again(me);
    }
    if (frame->rip >= (uint64_t)idle_begin && frame->rip < (uint64_t)idle_end) {
        frame->rip = (uint64_t)idle_end;
    }
    me->depth--;
}

void bell_end(void)
{
    struct context *me = context();

    while (SEEN(me->owed) != 0) { /* #HV, which adds to it, comes between any two instructions */
        __atomic_fetch_sub(&me->owed, 1, __ATOMIC_SEQ_CST);
        apic_write(APIC_EOI, 0);
    }
}
