/* SPDX-License-Identifier: MIT */
/* Counting instructions with the TSC. See measure.h. */
#include "measure.h"
#include "../../tasks/raw.h"

static inline uint64_t tsc(void)
{
    uint32_t a, d;
    /* SAFETY: reads the counter only. */
    __asm__ volatile("rdtsc" : "=a"(a), "=d"(d) : : "memory");
    return (uint64_t)d << 32 | a;
}

/* Nothing between the two readings but SYSCALL and the moves that keep them. */
uint64_t measure_call(struct call *call)
{
    uint64_t number = SVSM_SYS_CALL;
    uint64_t rdi = call->handle, rsi = call->op, rdx = call->args[0];
    register uint64_t r10 __asm__("r10") = call->args[1];
    register uint64_t r8 __asm__("r8") = call->args[2];
    register uint64_t r9 __asm__("r9") = call->args[3];
    uint64_t before = tsc();
    /* SAFETY: the clobbers are those of abi/syscall.h. */
    __asm__ volatile("syscall"
                     : "+a"(number), "+D"(rdi), "+S"(rsi), "+d"(rdx), "+r"(r10), "+r"(r8), "+r"(r9)
                     :
                     : "rcx", "r11", "memory");
    call->result = number;
    uint64_t after = tsc();
    return after - before;
}

uint64_t measure_empty(void)
{
    uint64_t least = UINT64_MAX;
    for (int i = 0; i < 100; i++) {
        uint64_t before = tsc();
        uint64_t after = tsc();
        least = after - before < least ? after - before : least;
    }
    return least;
}

uint64_t measure_loop(uint64_t rounds)
{
    uint64_t before = tsc();
    /* SAFETY: counts a register down. */
    __asm__ volatile("1: decq %0\n\tjnz 1b" : "+r"(rounds) : : "cc");
    return tsc() - before;
}
