/* SPDX-License-Identifier: MIT */
#include "operand.h"
#include <string.h>

#define PREFIX_FS 0x64u
#define PREFIX_GS 0x65u
#define ESCAPE 0x0fu
#define REX 0x40u
#define REX_MASK 0xf0u
#define REX_W 0x08u
#define REX_X 0x02u
#define REX_B 0x01u
#define MOD_REGISTER 3u
#define RM_SIB 4u
#define RM_RELATIVE 5u /* with mod 0: RIP and a displacement */
#define NO_INDEX 4u
#define NO_BASE 5u /* with mod 0: a displacement only */

struct reader {
    const uint8_t *bytes;
    unsigned count, at;
    bool ended;
};

uint64_t operand_register(const struct vmsa *v, unsigned number)
{
    const uint64_t values[16] = {v->rax, v->rcx, v->rdx, v->rbx, v->rsp, v->rbp, v->rsi, v->rdi,
                                 v->r8,  v->r9,  v->r10, v->r11, v->r12, v->r13, v->r14, v->r15};

    return values[number & 15];
}

static unsigned next(struct reader *r)
{
    if (r->at >= r->count) {
        r->ended = true;
        return 0;
    }
    return r->bytes[r->at++];
}

static uint64_t displacement(struct reader *r, unsigned size)
{
    int32_t wide = 0;

    if (size == 1) {
        return (uint64_t)(int64_t)(int8_t)next(r);
    }
    if (size == 4 && r->count - r->at >= 4) {
        memcpy(&wide, r->bytes + r->at, sizeof(wide));
        r->at += 4;
    } else {
        r->ended = r->ended || size != 0;
    }
    return (uint64_t)(int64_t)wide;
}

static uint64_t scaled(struct reader *r, const struct vmsa *vmsa, unsigned rex, unsigned mod,
                       unsigned *size)
{
    unsigned sib = next(r);
    unsigned index = (sib >> 3 & 7u) | (rex & REX_X) << 2;
    uint64_t address = 0;

    if (index != NO_INDEX) {
        address = operand_register(vmsa, index) << (sib >> 6);
    }
    if ((sib & 7u) == NO_BASE && mod == 0) {
        *size = 4;
        return address;
    }
    return address + operand_register(vmsa, (sib & 7u) | (rex & REX_B) << 3);
}

static uint64_t address_of(struct reader *r, const struct vmsa *vmsa, unsigned rex, unsigned modrm)
{
    unsigned mod = modrm >> 6, rm = modrm & 7u;
    unsigned size = mod == 1 ? 1 : mod == 2 ? 4 : 0;
    uint64_t base = 0;

    if (rm == RM_SIB) {
        base = scaled(r, vmsa, rex, mod, &size);
    } else if (rm == RM_RELATIVE && mod == 0) {
        uint64_t offset = displacement(r, 4);
        return vmsa->rip + r->at + offset; /* no immediate follows */
    } else {
        base = operand_register(vmsa, rm | (rex & REX_B) << 3);
    }
    return base + displacement(r, size);
}

bool operand_decode(const struct vmsa *vmsa, const uint8_t *bytes, unsigned count, uint8_t opcode,
                    struct operand *operand)
{
    struct reader r = {.bytes = bytes, .count = count};
    uint64_t segment = 0;
    unsigned rex = 0;
    unsigned byte = next(&r);

    if (byte == PREFIX_FS || byte == PREFIX_GS) {
        segment = byte == PREFIX_FS ? vmsa->fs.base : vmsa->gs.base;
        byte = next(&r);
    }
    if ((byte & REX_MASK) == REX) {
        rex = byte;
        byte = next(&r);
    }
    if (byte != ESCAPE || next(&r) != opcode) {
        return false;
    }
    unsigned modrm = next(&r);
    if (modrm >> 6 == MOD_REGISTER) {
        return false;
    }
    operand->address = segment + address_of(&r, vmsa, rex, modrm);
    operand->length = r.at;
    operand->digit = modrm >> 3 & 7u;
    operand->wide = rex & REX_W;
    return !r.ended;
}
