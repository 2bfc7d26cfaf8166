/* SPDX-License-Identifier: MIT */
/* The memory operand of an instruction of 64-bit code. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <svsm/abi/vmsa.h>

struct operand {
    uint64_t address; /* linear */
    unsigned length;  /* of the whole instruction */
    unsigned digit;   /* the reg field of ModRM */
    bool wide;        /* REX.W */
};

/*
 * Decodes [FS or GS] [REX] 0F opcode ModRM. False: it is another instruction, has another prefix,
 * its operand is a register, or the bytes end too early.
 */
bool operand_decode(const struct vmsa *vmsa, const uint8_t *bytes, unsigned count, uint8_t opcode,
                    struct operand *operand);

/* A general register by its number. */
uint64_t operand_register(const struct vmsa *vmsa, unsigned number);
