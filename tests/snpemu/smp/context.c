/* SPDX-License-Identifier: MIT */
/* Traps of all CPUs, and acts that a fault ends: as conform/machine.c, but for each context. */
/* SAFETY: a test guest; each instruction is there for what it does, and its operands say what it
 * reads and writes. A fault in it ends the act, not the guest. */
#include "smp.h"

#define SEL_CODE 0x08u
#define SEL_DATA 0x10u
#define SEL_TSS 0x30u
#define GATE_INTERRUPT UINT64_C(0x8e00)
#define STUB_SIZE 16u
#define EXCEPTIONS 32u
#define VECTOR_NMI 2u
#define VECTOR_BP 3u
#define MSR_GS_BASE 0xc0000101u
#define APIC_EOI 0x0bu

struct [[gnu::packed]] pointer {
    uint16_t limit;
    uint64_t base;
};

extern const uint8_t trap_stubs[], probe_leave[], interrupt_stub[];
extern uint64_t gdt[], gdt_end[];
uint64_t probe_enter(act *act, uint64_t argument, uint64_t *rsp);
void trap_c(struct frame *frame);

uint64_t idt[IPI_VECTOR + 1][2];
uint64_t tss[13]; /* no stack is ever switched */

void context_init(struct context *new, unsigned cpu, unsigned vmpl)
{
    *new = (struct context){.self = new, .cpu = cpu, .vmpl = vmpl};
}

static void gate(unsigned vector, uint64_t va)
{
    idt[vector][0] =
        (va & 0xffff) | SEL_CODE << 16 | GATE_INTERRUPT << 32 | (va >> 16 & 0xffff) << 48;
    idt[vector][1] = va >> 32;
}

void context_tables(void)
{
    struct pointer i = {sizeof(idt) - 1, (uint64_t)idt};
    struct pointer g = {(uint16_t)((uint8_t *)gdt_end - (uint8_t *)gdt - 1), (uint64_t)gdt};

    for (unsigned v = 0; v < EXCEPTIONS; v++) {
        gate(v, (uint64_t)trap_stubs + v * STUB_SIZE);
    }
    gate(IPI_VECTOR, (uint64_t)interrupt_stub);
    asm volatile("lgdt %0; lidt %1" : : "m"(g), "m"(i));
    context_init(&contexts[0][0], 0, 0);
    msr_write(MSR_GS_BASE, (uint64_t)&contexts[0][0]);
}

[[gnu::noreturn]] static void unexpected(const struct context *me, const struct frame *frame)
{
    (void)msr_ask(ghcb_msr_terminate(me->cpu, 8u + (unsigned)(frame->vector & 7)));
    for (;;) {
        asm volatile("cli; hlt");
    }
}

void trap_c(struct frame *frame)
{
    struct context *me = context();

    if (frame->vector == IPI_VECTOR) {
        PUT(me->ipis, me->ipis + 1);
        me->took_rip = frame->rip;
        if (!me->quiet) {
            apic_write(APIC_EOI, 0);
        }
        return;
    }
    if (frame->vector == SNP_VECTOR_HV) {
        bell_rang(me, frame);
        return;
    }
    if (frame->vector == VECTOR_NMI) {
        PUT(me->nmis, me->nmis + 1);
        return;
    }
    if (frame->vector == VECTOR_BP && me->probe_rsp == 0) {
        poke_breakpoint(frame);
        return;
    }
    if (me->probe_rsp == 0) {
        unexpected(me, frame);
    }
    me->fault = (struct fault){.happened = true,
                               .vector = (unsigned)frame->vector,
                               .error = frame->error,
                               .rip = frame->rip};
    frame->rip = (uint64_t)probe_leave;
    frame->rsp = me->probe_rsp;
    frame->cs = SEL_CODE;
    frame->ss = SEL_DATA;
    frame->rflags = 2;
    me->probe_rsp = 0;
}

struct fault probe(act *act, uint64_t argument)
{
    struct context *me = context();

    me->fault = (struct fault){.vector = NO_FAULT};
    (void)probe_enter(act, argument, &me->probe_rsp);
    me->probe_rsp = 0;
    return me->fault;
}
