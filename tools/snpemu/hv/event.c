/* SPDX-License-Identifier: MIT */
#include "event.h"
#include "../wire/lines.h"
#include "guest.h"
#include "interrupt.h"
#include "log.h"
#include "state.h"
#include "stopped.h"
#include <string.h>

#define DR6_STEP (UINT64_C(1) << 14)
#define RFLAGS_TF (UINT64_C(1) << 8)
#define RFLAGS_IF (UINT64_C(1) << 9)
#define RFLAGS_NT (UINT64_C(1) << 14)
#define RFLAGS_RF (UINT64_C(1) << 16)
#define RFLAGS_VM (UINT64_C(1) << 17)

#define GATE_INTERRUPT 0xeu /* of 64 or 32 bits */
#define GATE_TRAP 0xfu
#define GATE_TASK 0x5u /* this one and two of 16 bits: not in long mode */
#define GATE_TRAP_16 0x7u
#define SELECTOR_RPL 0x3u
#define SELECTOR_LDT 0x4u
#define ATTRIB_CODE 0x18u /* S and the code bit */
#define ATTRIB_CONFORMING 0x04u
#define ATTRIB_PRESENT 0x80u
#define ATTRIB_DPL_SHIFT 5
#define ATTRIB_BIG 0x400u
#define ATTRIB_GRANULAR 0x800u
#define ATTRIB_DATA_RW 0x93u /* present, S, writable, accessed */
#define TSS64_RSP 4u         /* offset of the stack of privilege level 0 */
#define TSS64_IST 36u        /* of the first */
#define ERROR_SCALE 8u       /* of a vector in an error code */
#define ERROR_IDT 2u
#define TSS32_ESP 4u
#define TSS32_SS 8u

/* What an IDT entry of either size says. */
struct gate {
    uint64_t offset;
    uint16_t selector;
    uint8_t ist;
    uint8_t type;
    uint8_t dpl;
    bool present;
};

/* A delivery that is under way; nothing of the guest is changed before everything is known. */
struct delivery {
    struct level *level;
    struct gate gate;
    struct vmsa_segment cs, ss;
    uint64_t rsp;
    uint8_t cpl;
    bool switched; /* another stack, so the old one is in the frame of 32 bits too */
};

void event_skip(struct level *level, unsigned length)
{
    struct vmsa *vmsa = level->vmsa;

    vmsa->rip += length;
    if (!guest_long64(vmsa)) {
        vmsa->rip = (uint32_t)vmsa->rip;
    }
    level->vmcb->control.int_state &= ~SVM_INT_STATE_SHADOW;
    if (vmsa->rflags & RFLAGS_TF) { /* a single step ends behind what we did in the CPU's place */
        vmsa->dr6 |= DR6_STEP;
        event_exception(level, EVENT_DB);
    }
}

void event_exception(struct level *level, uint8_t vector)
{
    level->event = svm_event(SVM_EVENT_EXCEPTION, vector);
}

void event_exception_error(struct level *level, uint8_t vector, uint32_t error)
{
    level->event = svm_event_with_error(SVM_EVENT_EXCEPTION, vector, error);
}

static bool read_supervisor(const struct level *level, uint64_t va, void *bytes, uint64_t size)
{
    struct guest_fault fault;

    return guest_copy(level, va, bytes, size, (struct guest_mode){.write = false}, &fault) ==
           GUEST_OK;
}

static bool read_gate(const struct level *level, uint8_t vector, struct gate *gate)
{
    const struct vmsa *vmsa = level->vmsa;
    bool wide = guest_long(vmsa);
    uint64_t words[2] = {0, 0};
    uint64_t size = wide ? 16 : 8;
    uint64_t at = size * vector;

    if (at + size - 1 > vmsa->idtr.limit ||
        !read_supervisor(level, vmsa->idtr.base + at, words, size)) {
        return false;
    }
    *gate = (struct gate){
        .offset = (words[0] & 0xffff) | (words[0] >> 32 & 0xffff0000) | words[1] << 32,
        .selector = (uint16_t)(words[0] >> 16),
        .ist = wide ? words[0] >> 32 & 7u : 0,
        .type = words[0] >> 40 & 0x1fu,
        .dpl = words[0] >> 45 & 3u,
        .present = words[0] >> 47 & 1u,
    };
    return gate->type == GATE_INTERRUPT || gate->type == GATE_TRAP;
}

/* A segment as the descriptor tables have it. */
static bool read_segment(const struct level *level, uint16_t selector, struct vmsa_segment *segment)
{
    const struct vmsa_segment *table =
        selector & SELECTOR_LDT ? &level->vmsa->ldtr : &level->vmsa->gdtr;
    uint64_t at = selector & ~(SELECTOR_LDT | SELECTOR_RPL);
    uint64_t d;

    if (at == 0 || at + 7 > table->limit ||
        !read_supervisor(level, table->base + at, &d, sizeof(d))) {
        return false;
    }
    *segment = (struct vmsa_segment){
        .selector = selector,
        .attrib = (uint16_t)((d >> 40 & 0xff) | (d >> 44 & 0xf00)),
        .limit = (uint32_t)((d & 0xffff) | (d >> 32 & 0xf0000)),
        .base = (d >> 16 & 0xffffff) | (d >> 32 & 0xff000000),
    };
    if (segment->attrib & ATTRIB_GRANULAR) {
        segment->limit = segment->limit << 12 | 0xfff;
    }
    return segment->attrib & ATTRIB_PRESENT;
}

static bool target_code(struct delivery *d)
{
    uint8_t cpl = d->level->vmsa->cpl;

    if (!read_segment(d->level, d->gate.selector, &d->cs) ||
        (d->cs.attrib & ATTRIB_CODE) != ATTRIB_CODE) {
        return false;
    }
    uint8_t dpl = d->cs.attrib >> ATTRIB_DPL_SHIFT & 3u;
    d->cpl = d->cs.attrib & ATTRIB_CONFORMING ? cpl : dpl;
    d->cs.selector = (uint16_t)((d->gate.selector & ~SELECTOR_RPL) | d->cpl);
    return dpl <= cpl;
}

static bool stack64(struct delivery *d)
{
    const struct vmsa *vmsa = d->level->vmsa;
    uint64_t at = d->gate.ist != 0 ? TSS64_IST + 8u * (d->gate.ist - 1u) : TSS64_RSP + 8u * d->cpl;

    d->ss = vmsa->ss;
    d->rsp = vmsa->rsp;
    if (d->cpl < vmsa->cpl) {
        d->ss = (struct vmsa_segment){
            .selector = d->cpl,
            .attrib = (uint16_t)(ATTRIB_DATA_RW | (unsigned)d->cpl << ATTRIB_DPL_SHIFT)};
    }
    if ((d->gate.ist != 0 || d->cpl < vmsa->cpl) &&
        !read_supervisor(d->level, vmsa->tr.base + at, &d->rsp, sizeof(d->rsp))) {
        return false;
    }
    d->rsp &= ~UINT64_C(15);
    return true;
}

static bool stack32(struct delivery *d)
{
    const struct vmsa *vmsa = d->level->vmsa;
    uint32_t esp;
    uint16_t selector;

    d->ss = vmsa->ss;
    d->rsp = vmsa->rsp;
    d->switched = d->cpl < vmsa->cpl;
    if (!d->switched) {
        return true;
    }
    if (!read_supervisor(d->level, vmsa->tr.base + TSS32_ESP + 8u * d->cpl, &esp, sizeof(esp)) ||
        !read_supervisor(d->level, vmsa->tr.base + TSS32_SS + 8u * d->cpl, &selector,
                         sizeof(selector))) {
        return false;
    }
    d->rsp = esp;
    return read_segment(d->level, selector, &d->ss);
}

static bool write_frame(struct delivery *d, const void *frame, uint64_t size, uint64_t va)
{
    struct guest_fault fault;
    uint8_t copy[6 * 8];

    memcpy(copy, frame, size);
    return guest_copy(d->level, va, copy, size, (struct guest_mode){.write = true}, &fault) ==
           GUEST_OK;
}

static bool push64(struct delivery *d, uint64_t code)
{
    const struct vmsa *vmsa = d->level->vmsa;
    uint64_t frame[6] = {code,         vmsa->rip, vmsa->cs.selector,
                         vmsa->rflags, vmsa->rsp, vmsa->ss.selector};

    d->rsp -= sizeof(frame);
    return write_frame(d, frame, sizeof(frame), d->rsp);
}

static bool push32(struct delivery *d, uint64_t code)
{
    const struct vmsa *vmsa = d->level->vmsa;
    uint32_t frame[6] = {(uint32_t)code,         (uint32_t)vmsa->rip, vmsa->cs.selector,
                         (uint32_t)vmsa->rflags, (uint32_t)vmsa->rsp, vmsa->ss.selector};
    uint64_t size = d->switched ? sizeof(frame) : 4 * sizeof(frame[0]);
    uint64_t mask = d->ss.attrib & ATTRIB_BIG ? 0xffffffff : 0xffff;
    uint64_t rsp = (d->rsp - size) & mask;

    d->rsp = (d->rsp & ~mask) | rsp;
    return write_frame(d, frame, size, (uint32_t)(d->ss.base + rsp));
}

static void commit(const struct delivery *d)
{
    struct vmsa *vmsa = d->level->vmsa;

    vmsa->cs = d->cs;
    vmsa->ss = d->ss;
    vmsa->rsp = d->rsp;
    vmsa->rip = d->gate.offset;
    vmsa->cpl = d->cpl;
    vmsa->rflags &= ~(RFLAGS_TF | RFLAGS_NT | RFLAGS_RF | RFLAGS_VM);
    if (d->gate.type == GATE_INTERRUPT) {
        vmsa->rflags &= ~RFLAGS_IF;
    }
    d->level->vmcb->control.int_state &= ~SVM_INT_STATE_SHADOW;
}

static bool deliver(struct level *level, uint64_t code)
{
    struct delivery d = {.level = level};

    if (!(level->vmsa->cr0 & STATE_CR0_PE) || !read_gate(level, SNP_VECTOR_VC, &d.gate) ||
        !d.gate.present || !target_code(&d)) {
        return false;
    }
    bool pushed =
        guest_long(level->vmsa) ? stack64(&d) && push64(&d, code) : stack32(&d) && push32(&d, code);
    if (pushed) {
        commit(&d);
    }
    return pushed;
}

/* An interrupt that was being delivered when the exit came has to wait behind the #VC. */
static void put_back(struct level *level)
{
    if ((level->event & SVM_EVENT_VALID) && (level->event & SVM_EVENT_TYPE) == SVM_EVENT_EXTERNAL) {
        interrupt_arrived((uint8_t)(level->event & SVM_EVENT_VECTOR));
        level->event = 0;
    }
}

void event_vc(struct level *level, uint64_t code)
{
    if (machine_traces(LAUNCH_TRACE_VC)) {
        const char *name = exit_name(code);
        log_line(LINES_TRACE " vc vcpu=%u vmpl=%u code=%lx name=%s rip=%lx", level->vcpu->number,
                 level->vmpl, code, name != NULL ? name : "-", level->vmsa->rip);
    }
    put_back(level);
    if (!deliver(level, code)) {
        /* A guest without a handler: what hardware makes of it is a double fault, and no handler
         * for that either is a shutdown. */
        log_line("# #VC %lx at rip=%lx could not be delivered: no usable gate or stack", code,
                 level->vmsa->rip);
        event_exception_error(level, EVENT_DF, 0);
    }
}

/* Where the fault of a software interrupt's gate is for us to find: RIP is moved before the
 * delivery. Without protection there are no gates, and 8086 mode has more conditions, which the CPU
 * knows. */
static bool has_gates(const struct vmsa *vmsa)
{
    return (vmsa->cr0 & STATE_CR0_PE) && !(vmsa->rflags & RFLAGS_VM);
}

bool event_software(struct level *level, uint8_t vector)
{
    uint32_t error = (uint32_t)vector * ERROR_SCALE | ERROR_IDT;
    struct gate gate = {.present = false};

    if (has_gates(level->vmsa)) {
        bool usable =
            read_gate(level, vector, &gate) ||
            (!guest_long(level->vmsa) && gate.type >= GATE_TASK && gate.type <= GATE_TRAP_16);
        if (!usable || gate.dpl < level->vmsa->cpl) {
            event_exception_error(level, EVENT_GP, error);
            return false;
        }
        if (!gate.present) {
            event_exception_error(level, EVENT_NP, error);
            return false;
        }
    }
    level->event = svm_event(SVM_EVENT_SOFTWARE, vector);
    return true;
}
