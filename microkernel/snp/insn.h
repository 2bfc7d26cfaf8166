/* SPDX-License-Identifier: MIT */
/* The instructions of SNP. SAFETY: of all: they change who may use a page, never its bytes; which
 * page that is, the caller answers for. */
#pragma once
#include <cdefs.h>

static inline uint32_t insn_pvalidate(uint64_t va, uint32_t size, uint32_t validate,
                                      bool *unchanged)
{
    uint64_t result = va;
    bool carry;
    asm volatile(".byte 0xf2, 0x0f, 0x01, 0xff"
                 : "+a"(result), "=@ccc"(carry)
                 : "c"(size), "d"(validate)
                 : "memory");
    *unchanged = carry;
    return (uint32_t)result;
}

static inline uint32_t insn_rmpadjust(uint64_t va, uint64_t size, uint64_t rdx)
{
    uint64_t result = va;
    asm volatile(".byte 0xf3, 0x0f, 0x01, 0xfe"
                 : "+a"(result)
                 : "c"(size), "d"(rdx)
                 : "memory", "cc");
    return (uint32_t)result;
}

static inline void insn_vmgexit(void)
{
    asm volatile("rep; vmmcall" : : : "memory");
}
