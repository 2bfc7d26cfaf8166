/* SPDX-License-Identifier: MIT */
/* Only the forms of instructions that software uses: no prefix but REX. */
#include "control.h"
#include "event.h"
#include "guest.h"
#include "io.h"
#include "lapic.h"
#include "operand.h"
#include "state.h"
#include "stop.h"
#include <svsm/abi/vmexit.h>

#define CR0_ET (UINT64_C(1) << 4)
#define CR0_NW (UINT64_C(1) << 29)
#define CR0_CD (UINT64_C(1) << 30)
#define CR0_MSW UINT64_C(0xf)
#define EFER_LME (UINT64_C(1) << 8)
#define EFER_LMA (UINT64_C(1) << 10)
#define CR4_PCIDE (UINT64_C(1) << 17)
#define CR4_LA57 (UINT64_C(1) << 12)
#define CR4_ALWAYS UINT64_C(0x7ff)     /* VME to OSXMMEXCPT */
#define CR4_FLUSHES UINT64_C(0x5010b0) /* PSE, PAE, PGE, LA57, SMEP, PKE */
#define LMSW_DIGIT 6u
#define CS_LONG 0x200u
#define REX_MASK 0xf0u
#define REX 0x40u
#define REX_B 0x01u
#define REX_R 0x04u
#define CR8_MAX 15u
#define TPR_SHIFT 4

static bool legal(const struct vmsa *v, uint64_t value)
{
    bool paging = value & STATE_CR0_PG;
    bool was_paging = v->cr0 & STATE_CR0_PG;

    if (value >> 32 || (paging && !(value & STATE_CR0_PE)) ||
        ((value & CR0_NW) && !(value & CR0_CD))) {
        return false;
    }
    if (paging && !was_paging && (v->efer & EFER_LME)) {
        return (v->cr4 & STATE_CR4_PAE) && !(v->cs.attrib & CS_LONG);
    }
    /* Leaving long mode: only from compatibility mode, and not with PCIDs. */
    return paging || !was_paging || !(v->efer & EFER_LMA) ||
           (!(v->cs.attrib & CS_LONG) && !(v->cr4 & CR4_PCIDE));
}

static void commit(struct level *level, uint64_t value, unsigned length)
{
    struct vmsa *v = level->vmsa;

    if (!legal(v, value)) {
        event_exception_error(level, EVENT_GP, 0);
        return;
    }
    v->cr0 = value | CR0_ET;
    if (!(value & STATE_CR0_PG)) {
        v->efer &= ~EFER_LMA;
    } else if (v->efer & EFER_LME) {
        v->efer |= EFER_LMA;
    }
    event_skip(level, length);
}

/* MOV to a control register as it stands at RIP. */
struct move {
    unsigned number, source, length;
    bool lmsw;
};

static bool read_move(const struct level *level, struct move *move)
{
    uint8_t bytes[4] = {0};
    unsigned had, at = 0, rex = 0;
    struct guest_fault fault;

    if (guest_instruction(level, bytes, sizeof(bytes), &had, &fault) != GUEST_OK) {
        stop_emulator("the instruction of a write to a control register cannot be read");
    }
    if (guest_long64(level->vmsa) && (bytes[0] & REX_MASK) == REX) {
        rex = bytes[at++];
    }
    const uint8_t *op = &bytes[at];
    *move = (struct move){
        .number = op[2] >> 3 & 7u,
        .source = (op[2] & 7u) | (rex & REX_B) << 3,
        .length = at + 3,
        .lmsw = op[1] == 0x01 && op[2] >= 0xc0,
    };
    return op[0] == 0x0f && !(rex & REX_R) && (op[1] == 0x22 || move->lmsw);
}

static uint64_t move_value(const struct level *level, const struct move *move)
{
    uint64_t value = operand_register(level->vmsa, move->source);

    return guest_long64(level->vmsa) ? value : (uint32_t)value;
}

/* LMSW with a memory operand is not done: nobody has used it for decades. */
static void lmsw(struct level *level, const struct move *move)
{
    uint64_t source = operand_register(level->vmsa, move->source);
    uint64_t cr0 = level->vmsa->cr0;
    uint64_t kept = cr0 & (~CR0_MSW | STATE_CR0_PE); /* PE can be set, not cleared */

    commit(level, kept | (source & CR0_MSW), move->length);
}

void control_cr0_write(struct level *level)
{
    struct move move;
    bool known = read_move(level, &move);

    if (known && move.lmsw && move.number == LMSW_DIGIT) {
        lmsw(level, &move);
    } else if (known && !move.lmsw && move.number == 0) {
        commit(level, move_value(level, &move), move.length);
    } else {
        stop_emulator("a write to CR0 by an instruction that the emulator does not know");
    }
}

void control_cr3_write(struct level *level)
{
    struct move move;
    struct vmsa *v = level->vmsa;

    if (!read_move(level, &move) || move.lmsw || move.number != 3) {
        stop_emulator("a write to CR3 by an instruction that the emulator does not know");
    }
    uint64_t value = move_value(level, &move);
    if (guest_long(v) && value >> machine.limits.phys_bits) {
        event_exception_error(level, EVENT_GP, 0);
        return;
    }
    v->cr3 = value;
    tlb_flush(level->vcpu, false);
    event_skip(level, move.length);
}

/* The bits of CR4 that this CPU has. */
static uint64_t cr4_known(void)
{
    struct io_cpuid basic = io_cpuid(1, 0), more = io_cpuid(7, 0);

    return CR4_ALWAYS | (basic.ecx & 1u << 17 ? CR4_PCIDE : 0) |
           (basic.ecx & 1u << 26 ? UINT64_C(1) << 18 : 0) |
           (more.ebx & 1u << 0 ? UINT64_C(1) << 16 : 0) |
           (more.ebx & 1u << 7 ? UINT64_C(1) << 20 : 0) |
           (more.ebx & 1u << 20 ? UINT64_C(1) << 21 : 0) |
           (more.ecx & 1u << 2 ? UINT64_C(1) << 11 : 0) |
           (more.ecx & 1u << 3 ? UINT64_C(1) << 22 : 0) | (more.ecx & 1u << 16 ? CR4_LA57 : 0);
}

void control_cr4_write(struct level *level)
{
    struct move move;
    struct vmsa *v = level->vmsa;

    if (!read_move(level, &move) || move.lmsw || move.number != 4) {
        stop_emulator("a write to CR4 by an instruction that the emulator does not know");
    }
    uint64_t value = move_value(level, &move);
    uint64_t changed = value ^ v->cr4;
    if ((value & ~cr4_known()) || (guest_long(v) && (changed & (STATE_CR4_PAE | CR4_LA57)))) {
        event_exception_error(level, EVENT_GP, 0);
        return;
    }
    v->cr4 = value;
    if (changed & CR4_FLUSHES) {
        tlb_flush(level->vcpu, true);
    }
    event_skip(level, move.length);
}

/* Of 64-bit code only: REX.R makes CR8 of CR0. */
void control_cr8_write(struct level *level)
{
    uint8_t bytes[4];
    unsigned had;
    struct guest_fault fault;
    struct vmsa *vmsa = level->vmsa;

    if (guest_instruction(level, bytes, sizeof(bytes), &had, &fault) != GUEST_OK ||
        had != sizeof(bytes) || (bytes[0] & (REX_MASK | REX_R)) != (REX | REX_R) ||
        bytes[1] != 0x0f || bytes[2] != 0x22 || (bytes[3] >> 3 & 7u) != 0) {
        stop_emulator("a write to CR8 by an instruction that the emulator does not know");
    }
    uint64_t value = operand_register(vmsa, (bytes[3] & 7u) | (bytes[0] & REX_B) << 3);
    if (value > CR8_MAX) {
        event_exception_error(level, EVENT_GP, 0);
        return;
    }
    vmsa->vintr_ctrl = (vmsa->vintr_ctrl & ~VMSA_VINTR_TPR) | value;
    (void)lapic_write(level, APIC_TPR, value << TPR_SHIFT);
    event_skip(level, sizeof(bytes));
}
