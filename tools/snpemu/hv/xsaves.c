/* SPDX-License-Identifier: MIT */
/*
 * By way of XSAVE and XRSTOR and a standard image of our own. There is no supervisor component, so
 * the components are those of XCR0.
 */
#include "xsaves.h"
#include "event.h"
#include "guest.h"
#include "memory.h"
#include "nested.h"
#include "operand.h"
#include "stop.h"
#include "vector.h"
#include <string.h>

#define OPCODE 0xc7u
#define DIGIT_RESTORE 3u
#define DIGIT_SAVE 5u
#define CR4_OSXSAVE (UINT64_C(1) << 18)
#define CR0_TS (UINT64_C(1) << 3)
#define VECTOR_NM 7u
#define PF_WRITE 0x2u

#define LEGACY_SIZE 512u
#define HEADER_SIZE 64u
#define FIRST (LEGACY_SIZE + HEADER_SIZE)
#define ALIGN 64u
#define COMPACTED (UINT64_C(1) << 63)
#define X87 (UINT64_C(1) << 0)
#define SSE (UINT64_C(1) << 1)
#define MXCSR_AT 24u
#define XMM_AT 160u
#define XMM_SIZE 256u
#define X87_CONTROL_SIZE 24u
#define X87_REGISTERS_AT 32u
#define X87_REGISTERS_SIZE 128u
#define MXCSR_RESET UINT32_C(0x1f80)
#define MXCSR_RESERVED UINT32_C(0xffff0000)
#define AREA_MAX 4096u

struct header {
    uint64_t states, components;
    uint64_t reserved[6];
};

[[gnu::aligned(64)]] static uint8_t image[AREA_MAX]; /* standard format */
static uint8_t area[AREA_MAX];                       /* the guest's, compacted */

/* Copies the components of `which` between both formats; the area has all of `present`. */
static uint32_t convert(uint64_t present, uint64_t which, bool to_area)
{
    uint32_t at = FIRST;

    for (unsigned i = 2; i < VECTOR_COMPONENTS; i++) {
        const struct vector_component *c = vector_component(i);
        if (!(present >> i & 1) || c->size == 0) {
            continue;
        }
        at = c->aligned ? (at + ALIGN - 1) & ~(ALIGN - 1) : at;
        if (at + c->size > AREA_MAX || c->offset + c->size > AREA_MAX) {
            stop_emulator("XSAVE components do not fit into the emulator's buffer");
        }
        if ((which >> i & 1) && to_area) {
            memcpy(area + at, image + c->offset, c->size);
        } else if (which >> i & 1) {
            memcpy(image + c->offset, area + at, c->size);
        }
        at += c->size;
    }
    return at;
}

static void copy_legacy(uint8_t *to, const uint8_t *from, uint64_t which)
{
    if (which & X87) {
        memcpy(to, from, X87_CONTROL_SIZE);
        memcpy(to + X87_REGISTERS_AT, from + X87_REGISTERS_AT, X87_REGISTERS_SIZE);
    }
    if (which & SSE) {
        memcpy(to + MXCSR_AT, from + MXCSR_AT, 2 * sizeof(uint32_t));
        memcpy(to + XMM_AT, from + XMM_AT, XMM_SIZE);
    }
}

static void *refused(struct level *level, enum guest_result result, const struct guest_fault *fault,
                     uint32_t write)
{
    if (result == GUEST_PAGE_FAULT) {
        level->vmsa->cr2 = fault->va;
        event_exception_error(level, EVENT_PF, fault->error | write);
    } else {
        nested_refused(level, &fault->access, fault->verdict, fault->rule);
    }
    return NULL;
}

static void save(struct level *level, const struct operand *o, uint64_t components)
{
    struct guest_fault fault;
    struct header *header = (struct header *)(area + LEGACY_SIZE);
    uint32_t size = convert(components, 0, true);
    enum guest_result result =
        guest_copy(level, o->address, area, size, (struct guest_mode){.write = false}, &fault);

    if (result != GUEST_OK) {
        refused(level, result, &fault, PF_WRITE);
        return;
    }
    vector_xsave(image, components);
    uint64_t states = ((const struct header *)(image + LEGACY_SIZE))->states & components;
    copy_legacy(area, image, states);
    convert(components, states, true);
    header->states = states;
    header->components = components | COMPACTED;
    result = guest_copy(level, o->address, area, size, (struct guest_mode){.write = true}, &fault);
    if (result != GUEST_OK) {
        refused(level, result, &fault, PF_WRITE);
        return;
    }
    event_skip(level, o->length);
}

static bool sound(const struct header *header, uint64_t enabled)
{
    uint64_t components = header->components & ~COMPACTED;
    uint64_t any = 0;

    for (unsigned i = 0; i < 6; i++) {
        any |= header->reserved[i];
    }
    return (header->components & COMPACTED) && !(components & ~enabled) &&
           !(header->states & ~components) && any == 0;
}

static void restore(struct level *level, const struct operand *o, uint64_t components)
{
    struct guest_fault fault;
    const struct header *header = (const struct header *)(area + LEGACY_SIZE);
    struct guest_mode mode = {.write = false};
    uint32_t mxcsr = MXCSR_RESET;
    enum guest_result result = guest_copy(level, o->address, area, FIRST, mode, &fault);

    if (result == GUEST_OK && sound(header, level->vmsa->xcr0)) {
        uint32_t size = convert(header->components & ~COMPACTED, 0, false);
        result = guest_copy(level, o->address, area, size, mode, &fault);
    }
    if (result != GUEST_OK) {
        refused(level, result, &fault, 0);
        return;
    }
    uint64_t states = header->states & components;
    if (states & SSE) {
        memcpy(&mxcsr, area + MXCSR_AT, sizeof(mxcsr));
    }
    if (!sound(header, level->vmsa->xcr0) || (mxcsr & MXCSR_RESERVED)) {
        event_exception_error(level, EVENT_GP, 0);
        return;
    }
    memset(image, 0, sizeof(image));
    copy_legacy(image, area, states);
    memcpy(image + MXCSR_AT, &mxcsr, sizeof(mxcsr));
    convert(header->components & ~COMPACTED, states, false);
    ((struct header *)(image + LEGACY_SIZE))->states = states;
    vector_xrstor(image, components);
    event_skip(level, o->length);
}

bool xsaves_undefined(struct level *level, const uint8_t *bytes, unsigned count)
{
    struct vmsa *vmsa = level->vmsa;
    struct operand o;

    if (!guest_long64(vmsa) || !(vmsa->cr4 & CR4_OSXSAVE) ||
        !operand_decode(vmsa, bytes, count, OPCODE, &o) ||
        (o.digit != DIGIT_SAVE && o.digit != DIGIT_RESTORE)) {
        return false;
    }
    vmsa->xcr0 = vector_xcr0();
    uint64_t components = (vmsa->rdx << 32 | (uint32_t)vmsa->rax) & vmsa->xcr0;
    if (vmsa->cpl != 0 || o.address % ALIGN != 0) {
        event_exception_error(level, EVENT_GP, 0);
    } else if (vmsa->cr0 & CR0_TS) {
        event_exception(level, VECTOR_NM);
    } else if (o.digit == DIGIT_SAVE) {
        save(level, &o, components);
    } else {
        restore(level, &o, components);
    }
    return true;
}
