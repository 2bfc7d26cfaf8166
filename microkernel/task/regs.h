/* SPDX-License-Identifier: MIT */
/*
 * A task's registers while ring 0 runs. The order is what the trap stub pushes: the CPU's own
 * frame lies at the end. cpu/entry.S names the offsets; cpu/offsets.c checks them.
 */
#pragma once
#include <stdint.h>

struct regs {
    uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp;
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t vector;
    uint64_t error;
    uint64_t rip, cs, rflags, rsp, ss;
};
_Static_assert(sizeof(struct regs) == 22 * 8, "struct regs");
_Static_assert(__builtin_offsetof(struct regs, rip) == 17 * 8, "CPU frame");
