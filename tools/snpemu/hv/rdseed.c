/* SPDX-License-Identifier: MIT */
/* See rdseed.h. [66] [REX] 0F C7 /7 with a register; no privilege is needed, in no mode. */
#include "rdseed.h"
#include "event.h"
#include "guest.h"
#include "io.h"

#define PREFIX_WORD 0x66u
#define REX 0x40u
#define REX_MASK 0xf0u
#define REX_B 0x1u
#define REX_W 0x8u
#define OPCODE_0F 0x0fu
#define OPCODE 0xc7u
#define MODRM 0xf8u /* a register, digit 7; its low bits are the register's number */
#define RETRIES 10u
#define L1_ECX_RDRAND (1u << 30)
#define RFLAGS_CF UINT64_C(0x001)
#define RFLAGS_ALL UINT64_C(0x8d5) /* OF, SF, ZF, AF, PF, CF */

struct seed {
    unsigned length, number; /* of the instruction, of the register */
    unsigned size;           /* bytes of it: 2, 4, 8 */
};

static bool decode(const struct vmsa *vmsa, const uint8_t *bytes, unsigned count, struct seed *s)
{
    unsigned at = 0, rex = 0;
    bool word = count > 0 && bytes[0] == PREFIX_WORD;

    at += word ? 1 : 0;
    if (guest_long64(vmsa) && at < count && (bytes[at] & REX_MASK) == REX) {
        rex = bytes[at++];
    }
    if (count - at < 3 || bytes[at] != OPCODE_0F || bytes[at + 1] != OPCODE ||
        (bytes[at + 2] & MODRM) != MODRM) {
        return false;
    }
    *s = (struct seed){.length = at + 3,
                       .number = (bytes[at + 2] & 7u) | (rex & REX_B) << 3,
                       .size = rex & REX_W ? 8
                               : word      ? 2
                                           : 4};
    return true;
}

/* SAFETY: reads QEMU's generator; the carry flag says whether there was a number. */
static bool draw(uint64_t *number)
{
    bool good = false;

    for (unsigned i = 0; i < RETRIES && !good; i++) {
        asm volatile("rdrand %0" : "=r"(*number), "=@ccc"(good));
    }
    return good;
}

static void put(struct vmsa *v, const struct seed *s, uint64_t value)
{
    uint64_t *const registers[16] = {&v->rax, &v->rcx, &v->rdx, &v->rbx, &v->rsp, &v->rbp,
                                     &v->rsi, &v->rdi, &v->r8,  &v->r9,  &v->r10, &v->r11,
                                     &v->r12, &v->r13, &v->r14, &v->r15};
    uint64_t *to = registers[s->number];

    if (s->size == 8) {
        *to = value;
    } else if (s->size == 4) {
        *to = (uint32_t)value;
    } else {
        *to = (*to & ~UINT64_C(0xffff)) | (uint16_t)value;
    }
}

bool rdseed_undefined(struct level *level, const uint8_t *bytes, unsigned count)
{
    struct vmsa *vmsa = level->vmsa;
    struct seed s;
    uint64_t number = 0;

    if ((io_cpuid(1, 0).ecx & L1_ECX_RDRAND) == 0 || !decode(vmsa, bytes, count, &s)) {
        return false;
    }
    bool good = draw(&number);
    put(vmsa, &s, good ? number : 0);
    vmsa->rflags = (vmsa->rflags & ~RFLAGS_ALL) | (good ? RFLAGS_CF : 0);
    event_skip(level, s.length);
    return true;
}
