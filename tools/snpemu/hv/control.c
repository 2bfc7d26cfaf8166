/* SPDX-License-Identifier: MIT */
/* Only the forms of instructions that software uses: no prefix but REX. */
#include "control.h"
#include "device.h"
#include "event.h"
#include "guest.h"
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
#define CS_LONG 0x200u
#define REX_MASK 0xf0u
#define REX 0x40u
#define REX_B 0x01u
#define REX_R 0x04u
#define CR8_MAX 15u
#define APIC_TPR 0x08u
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

/* LMSW with a memory operand is not done: nobody has used it for decades. */
static void lmsw(struct level *level, uint8_t modrm, unsigned rex, unsigned length)
{
    uint64_t source = operand_register(level->vmsa, (modrm & 7u) | (rex & REX_B) << 3);
    uint64_t cr0 = level->vmsa->cr0;
    uint64_t kept = cr0 & (~CR0_MSW | STATE_CR0_PE); /* PE can be set, not cleared */

    commit(level, kept | (source & CR0_MSW), length);
}

void control_cr0_write(struct level *level)
{
    uint8_t bytes[4] = {0};
    unsigned had, at = 0, rex = 0;
    struct guest_fault fault;

    if (guest_instruction(level, bytes, sizeof(bytes), &had, &fault) != GUEST_OK) {
        stop_emulator("the instruction of a write to CR0 cannot be read");
    }
    if (guest_long64(level->vmsa) && (bytes[0] & REX_MASK) == REX) {
        rex = bytes[at++];
    }
    const uint8_t *op = &bytes[at];
    bool register_operand = op[2] >= 0xc0;
    if (op[0] == 0x0f && op[1] == 0x22 && (op[2] >> 3 & 7u) == 0) {
        unsigned number = (op[2] & 7u) | (rex & REX_B) << 3;
        uint64_t value = operand_register(level->vmsa, number);
        commit(level, guest_long64(level->vmsa) ? value : (uint32_t)value, at + 3);
    } else if (op[0] == 0x0f && op[1] == 0x01 && (op[2] >> 3 & 7u) == 6 && register_operand) {
        lmsw(level, op[2], rex, at + 3);
    } else {
        stop_emulator("a write to CR0 by an instruction that the emulator does not know");
    }
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
    device_apic_write(APIC_TPR, value << TPR_SHIFT);
    event_skip(level, sizeof(bytes));
}
