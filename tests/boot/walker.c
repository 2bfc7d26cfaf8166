/* SPDX-License-Identifier: MIT */
/*
 * The task of the boot tests: says on which vCPU it runs, sleeps, reads the clock, and crashes some
 * functions deep, so that a back trace has names to show.
 */
#include "../tasks/raw.h"
#include <svsm/abi/clock.h>
#include <svsm/abi/log.h>

#define SLEEP_NS UINT64_C(30000000)
#define READS 200000

enum op { OP_HELLO, OP_CRASH, OP_LOOP, OP_MISUSE };

static void say(const char *text, uint64_t number)
{
    char line[SVSM_LOG_TEXT_MAX];
    size_t len = 0;
    char digits[20];
    size_t count = 0;
    while (text[len] != 0) {
        line[len] = text[len];
        len++;
    }
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    while (count > 0) {
        line[len++] = digits[--count];
    }
    (void)raw_syscall(SVSM_SYS_LOG, SVSM_LOG_INFO, (uint64_t)line, len, 0, 0, 0);
}

static uint64_t now_ns(void)
{
    /* SAFETY: mapped read-only in every task. */
    const volatile struct svsm_time_page *p = (const struct svsm_time_page *)SVSM_TIME_VA;
    uint32_t a, d;
    __asm__ volatile("lfence; rdtsc" : "=a"(a), "=d"(d) : : "memory");
    uint64_t tsc = (uint64_t)d << 32 | a;
    return p->base_ns + (uint64_t)((unsigned __int128)(tsc - p->base_tsc) * p->mult >> p->shift);
}

static uint64_t latest; /* over all vCPUs */

/* Time must not be behind what any vCPU has seen before this reading began. */
static uint64_t clock_backwards(void)
{
    uint64_t bad = 0;
    for (int i = 0; i < READS; i++) {
        uint64_t seen = __atomic_load_n(&latest, __ATOMIC_SEQ_CST);
        uint64_t t = now_ns();
        bad += t < seen ? 1 : 0;
        while (seen < t && !__atomic_compare_exchange_n(&latest, &seen, t, 0, __ATOMIC_SEQ_CST,
                                                        __ATOMIC_SEQ_CST)) {
        }
    }
    return bad;
}

static uint64_t hello(uint64_t info)
{
    uint64_t from = now_ns();
    struct raw_result r =
        raw_syscall(SVSM_SYS_TIMER_SET, SVSM_TIMER_WAIT, from + SLEEP_NS, 0, 0, 0, 0);
    uint64_t slept = now_ns() - from;
    say("vcpu ", SVSM_INFO_VCPU(info));
    if (r.rax != SVSM_ERR_TIMED_OUT || slept < SLEEP_NS) {
        say("BAD sleep us ", slept / 1000);
    }
    uint64_t backwards = clock_backwards();
    if (backwards != 0) {
        say("BAD clock went backwards ", backwards);
    }
    say("done ", SVSM_INFO_VCPU(info));
    return 0;
}

/* The leaf may fault before it has a frame; the ones below it have theirs. */
[[gnu::noipa]] static uint64_t walker_leaf(uint64_t address)
{
    /* SAFETY: none: this is the crash. */
    return *(volatile uint64_t *)address + 1;
}

[[gnu::noipa]] static uint64_t walker_inner(uint64_t address)
{
    return walker_leaf(address) + 1;
}

[[gnu::noipa]] static uint64_t walker_middle(uint64_t address)
{
    return walker_inner(address) + 1;
}

[[gnu::noipa]] static uint64_t walker_misuse(uint64_t handle)
{
    return raw_syscall(SVSM_SYS_NOTIFY, handle, 1, 0, 0, 0, 0).rax + 1;
}

[[gnu::noipa]] static uint64_t walker_outer(uint64_t op)
{
    if (op == OP_MISUSE) {
        return walker_misuse(7) + 1;
    }
    return walker_middle(UINT64_C(0xdead000)) + 1;
}

uint64_t task_main(uint64_t op, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t info)
{
    (void)a0;
    (void)a1;
    (void)a2;
    (void)a3;
    switch (op) {
    case OP_HELLO:
        return hello(info);
    case OP_CRASH:
    case OP_MISUSE:
        return walker_outer(op) + 1;
    case OP_LOOP:
        for (;;) {
            __asm__ volatile("pause");
        }
    default:
        return 0;
    }
}
