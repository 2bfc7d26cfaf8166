/* SPDX-License-Identifier: MIT */
/*
 * The IPC benchmark's caller. Under `qemu -icount shift=0` the TSC counts executed instructions,
 * exactly: each figure is RDTSC before the SYSCALL of the call to RDTSC after it, less what two
 * RDTSC alone read, so from the first instruction of the call to the next after it. Prints the
 * least and the most of many rounds (equal, unless a timer tick fell into one) on COM2.
 */
#include "../../tasks/raw.h"

#define ROUNDS 200

struct figure {
    uint64_t least, most;
};

static inline uint64_t tsc(void)
{
    uint32_t a, d;
    /* SAFETY: reads the counter only. */
    __asm__ volatile("rdtsc" : "=a"(a), "=d"(d) : : "memory");
    return (uint64_t)d << 32 | a;
}

/* The call with nothing between the two readings but SYSCALL and the moves that keep them. */
static uint64_t timed_call(uint64_t handle, uint64_t op, uint64_t a0, uint64_t a1, uint64_t a2,
                           uint64_t a3, uint64_t *result)
{
    uint64_t before, after;
    register uint64_t r10 __asm__("r10") = a1;
    register uint64_t r8 __asm__("r8") = a2;
    register uint64_t r9 __asm__("r9") = a3;
    uint64_t number = SVSM_SYS_CALL;
    uint64_t rdx = a0;
    before = tsc();
    /* SAFETY: the clobbers are those of abi/syscall.h. */
    __asm__ volatile("syscall"
                     : "+a"(number), "+D"(handle), "+S"(op), "+d"(rdx), "+r"(r10), "+r"(r8),
                       "+r"(r9)
                     :
                     : "rcx", "r11", "memory");
    *result = number;
    after = tsc();
    return after - before;
}

static uint64_t empty(void)
{
    uint64_t least = UINT64_MAX;
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t before = tsc();
        uint64_t after = tsc();
        least = after - before < least ? after - before : least;
    }
    return least;
}

static struct figure measure(const char *endpoint, uint64_t op, uint64_t size)
{
    uint32_t handle = raw_handle(endpoint, SVSM_HANDLE_ENDPOINT);
    struct figure f = {UINT64_MAX, 0};
    uint64_t result = 0;
    uint64_t overhead = empty();
    (void)timed_call(handle, op, SVSM_HEAP_VA, size, SVSM_HEAP_VA + 8192, size, &result);
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t n = timed_call(handle, op, SVSM_HEAP_VA, size, SVSM_HEAP_VA + 8192, size, &result);
        if (result != SVSM_SUCCESS) {
            raw_panic(3, "a measured call failed");
        }
        n -= overhead;
        f.least = n < f.least ? n : f.least;
        f.most = n > f.most ? n : f.most;
    }
    return f;
}

static uint64_t space_loads(void)
{
    static struct svsm_task_status s;
    (void)raw_syscall(SVSM_SYS_TASK_CTL, raw_handle("clean", SVSM_HANDLE_CONTROL), SVSM_CTL_STATUS,
                      (uint64_t)(uintptr_t)&s, 0, 0, 0);
    return s.space_loads;
}

static void report(const char *name, const char *endpoint, uint64_t op, uint64_t size)
{
    struct figure f = measure(endpoint, op, size);
    uint64_t result = 0;
    uint64_t loads = space_loads();
    (void)timed_call(raw_handle(endpoint, SVSM_HANDLE_ENDPOINT), op, SVSM_HEAP_VA, size,
                     SVSM_HEAP_VA + 8192, size, &result);
    loads = space_loads() - loads;
    raw_print("ok %s instructions=%u most=%u cr3_writes=%u", name, f.least, f.most, loads);
}

uint64_t task_main(uint64_t op, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t info)
{
    (void)a0;
    (void)a1;
    (void)a2;
    (void)a3;
    (void)info;
    if (op == SVSM_OP_INIT) {
        return 0;
    }
    report("null", "clean", 0, 0);
    report("window-64", "clean", 1, 64);
    report("window-1024", "clean", 1, 1024);
    report("window-4096", "clean", 1, 4096);
    report("lease-write-64", "clean", 2, 64);
    report("two-deep", "middle", 0, 0);
    report("null-rollback", "rollback", 0, 0);
    report("dirty-1-rollback", "rollback", 1, 1);
    report("dirty-16-rollback", "rollback", 1, 16);
    raw_exit(0);
}
