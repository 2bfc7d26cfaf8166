/* SPDX-License-Identifier: MIT */
/*
 * The victim: another task with a secret. Operations: 0 is it whole?, 1 copy a window (to be
 * misused by the attacker), 2 leave something in every register, 3 tell the secret in disguise.
 */
#include "../tasks/raw.h"

#define PATTERN UINT64_C(0x7365637265742121)

static volatile uint64_t secret[512];
static volatile uint8_t constant = 42;

static void secret_make(void)
{
    for (size_t i = 0; i < 512; i++) {
        secret[i] = PATTERN + i;
    }
}

static uint64_t whole(void)
{
    for (size_t i = 0; i < 512; i++) {
        if (secret[i] != PATTERN + i) {
            return 1;
        }
    }
    return constant == 42 ? 0 : 2;
}

/* Leaves the secret in every register that could carry it over, then returns to ring 0. */
[[gnu::noreturn]] static void leave_traces(void)
{
    /* SAFETY: ends the upcall; nothing after it needs the registers. */
    __asm__ volatile("movq %0, %%rbx; movq %%rbx, %%rbp; movq %%rbx, %%r12; movq %%rbx, %%r13;"
                     "movq %%rbx, %%r14; movq %%rbx, %%r15;"
                     "movq %%rbx, %%xmm0; movq %%rbx, %%xmm1; movq %%rbx, %%xmm7;"
                     "movq %%rbx, %%xmm8; movq %%rbx, %%xmm15; fld1; fldpi;"
                     "xorl %%edi, %%edi; xorl %%esi, %%esi; xorl %%edx, %%edx; xorl %%r8d, %%r8d;"
                     "xorl %%r9d, %%r9d; xorl %%r10d, %%r10d; xorl %%eax, %%eax; syscall"
                     :
                     : "r"(PATTERN)
                     : "memory");
    __builtin_unreachable();
}

uint64_t task_main(uint64_t op, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t info)
{
    (void)a3;
    (void)info;
    switch (op) {
    case SVSM_OP_INIT:
        secret_make();
        return 0;
    case 0:
        return whole();
    case 1:
        for (uint64_t i = 0; i < a1; i++) {
            ((volatile uint8_t *)a2)[i] = ((volatile uint8_t *)a0)[i];
        }
        return 0;
    case 2:
        leave_traces();
    case 3:
        (void)raw_syscall(SVSM_SYS_RETURN, 0, 0, PATTERN ^ UINT64_C(0x5a5a5a5a5a5a5a5a), 0, 0, 0);
        return 1;
    default:
        return 0;
    }
}
