/* SPDX-License-Identifier: MIT */
/* Registers on both sides of ring 0: fill them all, look at them all. See loud.S. */
#pragma once
#include "../tasks/raw.h"

/* What a system call came back with. */
struct look {
    uint8_t fxsave[512];
    uint64_t rax, rdx, r10, r8, r9, rdi, rsi;
    uint64_t kept[6];      /* RBX RBP R12-R15; 1..6 went in */
    uint16_t selectors[4]; /* DS ES FS GS */
    uint64_t reserved;
} __attribute__((aligned(16)));
_Static_assert(sizeof(struct look) == 640, "struct look");

uint64_t loud_call(uint64_t handle, uint64_t op, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
                   uint64_t ymm);
[[gnu::noreturn]] void loud_return(uint64_t code, uint64_t reply, uint64_t ymm);
[[gnu::noreturn]] void loud_crash(uint64_t ymm);

/* `in`: RAX RDI RSI RDX R10 R8 R9. */
void look_syscall(const uint64_t in[7], struct look *out);
uint64_t look_upper(void); /* only where the CPU has AVX */

static inline uint64_t loud_ymm(void)
{
    return (raw_info()->cpu_features & SVSM_CPU_AVX) != 0;
}
