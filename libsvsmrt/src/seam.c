/* SPDX-License-Identifier: MIT */
/*
 * The seam between libsvsmrt and the machine, in a task: fixed addresses (svsm/abi/layout.h) and
 * what has to exist before C code with a stack protector can run. Compiled without one itself.
 */
#include "rt.h"
#include "tls.h"

#include <svsm/abi/layout.h>

extern void (*const __init_array_start[])(void);
extern void (*const __init_array_end[])(void);

_Static_assert(offsetof(struct svsm_call, reply_len) == 48, "start.S");
_Static_assert(offsetof(struct svsm_call, out) == 56, "start.S");
_Static_assert(sizeof(struct svsm_call) <= 96, "start.S");

/* SAFETY: of the casts in this file: ring 0 maps these pages into every task. */
const struct svsm_task_info *svsm_info(void)
{
    return (const struct svsm_task_info *)SVSM_INFO_VA;
}

const struct svsm_time_page *rt_time_page(void)
{
    return (const struct svsm_time_page *)SVSM_TIME_VA;
}

void *rt_heap(size_t *size)
{
    *size = svsm_info()->heap_size;
    return (void *)SVSM_HEAP_VA;
}

void *svsm_reply_window(const struct svsm_call *call)
{
    return (void *)(SVSM_REPLY_VA + SVSM_INFO_ACTIVATION(call->info) * SVSM_WINDOW_STRIDE);
}

uint64_t rt_tsc(void)
{
    uint32_t low, high;
    /* SAFETY: reads the counter; LFENCE keeps it behind the loads of the time page. */
    __asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

void rt_init(void)
{
    const struct svsm_task_info *info = svsm_info();
    uint64_t canary = 0;
    if (info->magic != SVSM_INFO_MAGIC || info->abi_version != SVSM_ABI_VERSION) {
        __builtin_trap(); /* nothing works yet that could say so */
    }
    if (rt_syscall(SVSM_SYS_RANDOM, (uint64_t)(uintptr_t)&canary, sizeof(canary), 0, 0, 0, 0).rax !=
        SVSM_SUCCESS) {
        static const char text[] = "no entropy for the stack protector";
        (void)rt_syscall(SVSM_SYS_PANIC, 1, (uint64_t)(uintptr_t)text, sizeof(text) - 1, 0, 0, 0);
    }
    canary &= ~UINT64_C(0xff); /* a string cannot run over a zero byte */
    for (uint32_t a = 0; a < info->activations; a++) {
        uint8_t *slot = (uint8_t *)(SVSM_TLS_VA + a * SVSM_TLS_STRIDE);
        rt_thread_init(slot, slot + SVSM_TP_OFFSET, canary);
    }
    for (size_t i = 0; i < (size_t)(__init_array_end - __init_array_start); i++) {
        __init_array_start[i]();
    }
}
