/* SPDX-License-Identifier: MIT */
/*
 * Our worker: the vTPM task as an ordinary Linux process. Everything is the service's own object
 * files (its handlers, libtpms.a, the shim, wolfCrypt, libsvsmrt with its allocator, musl), linked
 * at the task's addresses; this file and start.S are what ring 0 is to them. What a command costs
 * here is what it costs in the task, without the call into it and the rollback's copies.
 *
 * Compiled without stack protector: the canary is set while task_main() is on the stack.
 */
#include "job.h"
#include "worker.h"

#include <cpuid.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <rt.h>
#include <svsm/abi/layout.h>

/* vtpm.manifest */
#define HEAP_SIZE UINT64_C(0x100000)
#define STACK_SIZE UINT64_C(0x30000)

enum { OP_COMMAND, OP_SAVE, OP_RESTORE }; /* vtpm.c */

#define SECOND_NS UINT64_C(1000000000)
#define CALIBRATION_NS UINT64_C(20000000)
#define CLOCK_SHIFT 32
#define STDERR 2
#define ARCH_SET_FS 0x1002 /* asm/prctl.h */

long linux_call(long number, long a, long b, long c, long d, long e, long f);
[[gnu::noreturn]] void task_main(void);

static long address(const void *p)
{
    return (long)(uintptr_t)p;
}

[[gnu::noreturn]] static void end(int status)
{
    (void)linux_call(SYS_exit_group, status, 0, 0, 0, 0, 0);
    __builtin_unreachable();
}

[[gnu::noreturn]] static void give_up(const char *why)
{
    static const char prefix[] = "bench: our worker: ";
    (void)linux_call(SYS_write, STDERR, address(prefix), sizeof(prefix) - 1, 0, 0, 0);
    (void)linux_call(SYS_write, STDERR, address(why), (long)strlen(why), 0, 0, 0);
    (void)linux_call(SYS_write, STDERR, address("\n"), 1, 0, 0, 0);
    end(1);
}

/* The system calls of a task that a TPM command makes. */
struct rt_result rt_syscall(uint64_t number, uint64_t rdi, uint64_t rsi, uint64_t rdx, uint64_t r10,
                            uint64_t r8, uint64_t r9)
{
    (void)r10;
    (void)r8;
    (void)r9;
    switch (number) {
    case SVSM_SYS_RANDOM:
        if (linux_call(SYS_getrandom, (long)rdi, (long)rsi, 0, 0, 0, 0) != (long)rsi) {
            give_up("no random numbers");
        }
        break;
    case SVSM_SYS_LOG:
        (void)linux_call(SYS_write, STDERR, (long)rsi, (long)rdx, 0, 0, 0);
        (void)linux_call(SYS_write, STDERR, address("\n"), 1, 0, 0, 0);
        break;
    case SVSM_SYS_PANIC:
        (void)linux_call(SYS_write, STDERR, (long)rsi, (long)rdx, 0, 0, 0);
        give_up(" (the service's panic)");
    default:
        give_up("the service made a system call that only ring 0 has");
    }
    return (struct rt_result){0};
}

/* SAFETY: of the casts: nothing else is at a task's addresses, the kernel would refuse. */
static void *map(uint64_t at, uint64_t size)
{
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
    long got = linux_call(SYS_mmap, (long)at, (long)size, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (got != (long)at) {
        give_up("an address of the task is not free");
    }
    return (void *)at;
}

static uint64_t now_ns(void)
{
    struct timespec t;
    (void)linux_call(SYS_clock_gettime, CLOCK_MONOTONIC, address(&t), 0, 0, 0, 0);
    return (uint64_t)t.tv_sec * SECOND_NS + (uint64_t)t.tv_nsec;
}

/* The time page as ring 0 fills it, with a frequency measured here. */
static void time_fill(struct svsm_time_page *page)
{
    uint64_t began_ns = now_ns();
    uint64_t began = ticks_now();
    uint64_t passed;
    do {
        passed = now_ns() - began_ns;
    } while (passed < CALIBRATION_NS);
    page->base_tsc = began;
    page->mult = (passed << CLOCK_SHIFT) / (ticks_now() - began);
    page->shift = CLOCK_SHIFT;
}

static uint32_t xcr0(void)
{
    uint32_t low, high;
    /* SAFETY: only called where CPUID says OSXSAVE. */
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

/* The same rules as ring 0's (microkernel/cpu/features.c). */
static uint32_t cpu_features(void)
{
    unsigned a, b, c = 0, d, a7, b7 = 0, c7, d7;
    (void)__get_cpuid(1, &a, &b, &c, &d);
    (void)__get_cpuid_count(7, 0, &a7, &b7, &c7, &d7);
    int avx = (c & bit_OSXSAVE) != 0 && (c & bit_AVX) != 0 && (xcr0() & 7) == 7;
    const struct {
        int present;
        uint32_t flag;
    } table[] = {
        {(c & bit_AES) != 0, SVSM_CPU_AESNI},         {(c & bit_PCLMUL) != 0, SVSM_CPU_PCLMUL},
        {avx && (b7 & bit_SHA) != 0, SVSM_CPU_SHA},   {avx, SVSM_CPU_AVX},
        {avx && (b7 & bit_AVX2) != 0, SVSM_CPU_AVX2}, {(b7 & bit_BMI2) != 0, SVSM_CPU_BMI2},
        {(b7 & bit_ADX) != 0, SVSM_CPU_ADX},          {(b7 & bit_RDSEED) != 0, SVSM_CPU_RDSEED},
        {(c & bit_MOVBE) != 0, SVSM_CPU_MOVBE},
    };
    uint32_t features = 0;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        features |= table[i].present ? table[i].flag : 0;
    }
    return features;
}

static void info_fill(struct svsm_task_info *info)
{
    *info = (struct svsm_task_info){
        .magic = SVSM_INFO_MAGIC,
        .abi_version = SVSM_ABI_VERSION,
        .name = "vtpm",
        .cpu_features = cpu_features(),
        .activations = 1,
        .heap_size = HEAP_SIZE,
        .stack_size = STACK_SIZE,
        .request_size = STATE_MAX,
        .reply_size = STATE_MAX,
        .vcpu_count = 1,
    };
}

static size_t upcall(uint32_t operation, const void *in, size_t in_size, void *out, size_t room)
{
    struct svsm_call call = {
        .operation = operation,
        .args = {(uint64_t)address(in), in_size, (uint64_t)address(out), room},
    };
    return rt_dispatch(&call) == SVSM_SUCCESS ? (size_t)call.reply_len : 0;
}

size_t worker_command(const uint8_t *command, size_t size, uint8_t *response, size_t room)
{
    return upcall(OP_COMMAND, command, size, response, room);
}

size_t worker_save(uint8_t kind, uint8_t *out, size_t room)
{
    return upcall(OP_SAVE, &kind, 1, out, room);
}

size_t worker_restore(uint8_t kind, const uint8_t *state, size_t size)
{
    static uint8_t copy[1 + STATE_MAX];
    if (size > STATE_MAX) {
        return 0;
    }
    copy[0] = kind;
    memcpy(copy + 1, state, size);
    struct svsm_call call = {
        .operation = OP_RESTORE,
        .args = {(uint64_t)address(copy), size + 1},
    };
    return rt_dispatch(&call) == SVSM_SUCCESS;
}

long worker_receive(void *out, size_t room)
{
    return linux_call(SYS_read, WORKER_FD, address(out), (long)room, 0, 0, 0);
}

long worker_send(const void *in, size_t size)
{
    return linux_call(SYS_write, WORKER_FD, address(in), (long)size, 0, 0, 0);
}

void task_main(void)
{
    struct svsm_call init = {.operation = SVSM_OP_INIT};
    info_fill(map(SVSM_INFO_VA, SVSM_PAGE_SIZE));
    time_fill(map(SVSM_TIME_VA, SVSM_PAGE_SIZE));
    (void)map(SVSM_HEAP_VA, HEAP_SIZE);
    (void)map(SVSM_TLS_VA, SVSM_TLS_BYTES);
    (void)linux_call(SYS_arch_prctl, ARCH_SET_FS, SVSM_TLS_VA + SVSM_TP_OFFSET, 0, 0, 0, 0);
    if (rt_dispatch(&init) != SVSM_SUCCESS) {
        give_up("the service does not start");
    }
    end(worker_serve());
}
