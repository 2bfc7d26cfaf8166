/* SPDX-License-Identifier: MIT */
/*
 * What a bare test task has: system calls without a wrapper between, a line printer on COM2 (the
 * test's report, apart from the log), a few checks. Freestanding.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <svsm/abi/call.h>
#include <svsm/abi/fault.h>
#include <svsm/abi/info.h>
#include <svsm/abi/layout.h>
#include <svsm/abi/lease.h>
#include <svsm/abi/result.h>
#include <svsm/abi/syscall.h>

struct raw_result {
    uint64_t rax, rdx, r10, r8, r9;
};

/* SAFETY: the clobbers are those of abi/syscall.h. */
static inline struct raw_result raw_syscall(uint64_t number, uint64_t rdi, uint64_t rsi,
                                            uint64_t rdx, uint64_t a3, uint64_t a4, uint64_t a5)
{
    register uint64_t r10 __asm__("r10") = a3;
    register uint64_t r8 __asm__("r8") = a4;
    register uint64_t r9 __asm__("r9") = a5;
    __asm__ volatile("syscall"
                     : "+a"(number), "+D"(rdi), "+S"(rsi), "+d"(rdx), "+r"(r10), "+r"(r8), "+r"(r9)
                     :
                     : "rcx", "r11", "memory");
    return (struct raw_result){number, rdx, r10, r8, r9};
}

static inline struct raw_result raw_call(uint32_t handle, uint64_t op, uint64_t a0, uint64_t a1,
                                         uint64_t a2, uint64_t a3)
{
    return raw_syscall(SVSM_SYS_CALL, handle, op, a0, a1, a2, a3);
}

static inline const struct svsm_task_info *raw_info(void)
{
    return (const struct svsm_task_info *)SVSM_INFO_VA; /* SAFETY: mapped read-only in every task */
}

/* The handle of that name and type; gives up if the manifest has none. */
uint32_t raw_handle(const char *name, enum svsm_handle_type type);

/* The report, through the device handle "report" (COM2). %s, %u and %x only. */
void raw_print(const char *format, ...);

/* End the machine with this code, through the device handle "exit" (isa-debug-exit). */
[[gnu::noreturn]] void raw_exit(uint32_t code);

[[gnu::noreturn]] void raw_panic(uint64_t code, const char *text);

void *memset(void *dst, int byte, size_t size);
void *memcpy(void *restrict dst, const void *restrict src, size_t size);

uint64_t task_main(uint64_t op, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t info);

/* start.S: registers at entry that must be zero (RAX RBX RCX RBP R11-R15), and the FXSAVE image. */
extern uint64_t entry_state[9];
extern uint8_t entry_vectors[512];
