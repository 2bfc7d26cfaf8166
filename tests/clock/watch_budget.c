/* SPDX-License-Identifier: MIT */
/*
 * Budgets: what is charged to the sleeper's 200 ms, and what is not. What must be stopped uses far
 * more than the budget, what must not be stopped lets far more than the budget pass.
 */
#include "watch.h"

#define BUDGET (200 * MS)
#define MOST (10000 * MS) /* an endless loop should be over by then on the slowest host */

static uint32_t failed;
static uint64_t fault_seen;

/* Cause of the sleeper's newest fault since the last look, 0 if none. */
static uint32_t newest_cause(void)
{
    static struct svsm_fault f;
    uint32_t cause = 0;
    while (raw_syscall(SVSM_SYS_TASK_CTL, raw_handle("sleeper", SVSM_HANDLE_CONTROL),
                       SVSM_CTL_FAULT_READ, fault_seen, (uint64_t)(uintptr_t)&f, 0, 0)
               .rax == SVSM_SUCCESS) {
        fault_seen = f.sequence;
        cause = f.cause;
    }
    return cause;
}

static uint64_t callers(uint64_t what)
{
    struct raw_result r =
        raw_call(raw_handle("timekeeper", SVSM_HANDLE_ENDPOINT), TIMEKEEPER_CALLERS, what, 0, 0, 0);
    return r.rax == SVSM_SUCCESS ? r.rdx : 0;
}

struct piece {
    const char *name;
    enum sleeper_operation op;
    uint64_t a0, a1, a2;
    uint32_t result;
    uint32_t cause;
};

/* One call; its result, the fault behind it, and whether the next call works. */
static uint64_t piece_check(const struct piece *p)
{
    (void)newest_cause();
    uint64_t start = watch_now();
    uint64_t result = watch_sleeper(p->op, p->a0, p->a1, p->a2).rax;
    uint64_t took = watch_now() - start;
    uint32_t cause = newest_cause();
    uint64_t next = watch_sleeper(SLEEPER_NULL, 0, 0, 0).rax;
    int long_enough = took >= BUDGET && took <= MOST;
    if (result != p->result || cause != p->cause || next != SVSM_SUCCESS || !long_enough) {
        raw_print("not ok %s - result %x cause %u after %u ms, next call %x", p->name, result,
                  (uint64_t)cause, took / MS, next);
        failed++;
    } else {
        raw_print("ok %s ms=%u", p->name, took / MS);
    }
    return took;
}

/* The caller's own time before the call is its own. */
static void check_callers_time(void)
{
    uint64_t start = watch_now();
    while (watch_now() - start < 2 * BUDGET) {
    }
    uint64_t result = watch_sleeper(SLEEPER_WORK, 1, 50 * MS, 0).rax;
    if (result != SVSM_SUCCESS) {
        raw_print("not ok budget-callers-time - result %x", result);
        failed++;
    } else {
        raw_print("ok budget-callers-time ms=%u", (watch_now() - start) / MS);
    }
}

/* While the sleeper loops here, calls elsewhere are answered. */
static void check_loop_beside_calls(void)
{
    const struct piece loop = {"budget-endless-loop", SLEEPER_LOOP,     0, 0, 0,
                               SVSM_ERR_CRASHED,      SVSM_FAULT_BUDGET};
    if (raw_info()->vcpu_count < 2) {
        (void)piece_check(&loop);
        raw_print("skip budget-others-go-on - a second vCPU");
        return;
    }
    uint64_t before = callers(1);
    uint64_t took = piece_check(&loop);
    uint64_t calls = callers(0) - before;
    if (calls < 100) {
        raw_print("not ok budget-others-go-on - %u calls in %u ms", calls, took / MS);
        failed++;
    } else {
        raw_print("ok budget-others-go-on calls=%u ms=%u", calls, took / MS);
    }
}

uint32_t watch_budgets(void)
{
    const struct piece pieces[] = {
        /* own time adds up over sleeps: 5 x 100 ms */
        {"budget-own-time-adds-up", SLEEPER_WORK, 5, 100 * MS, 20 * MS, SVSM_ERR_CRASHED,
         SVSM_FAULT_BUDGET},
        /* 4 ms of own time and 800 ms of sleep */
        {"budget-sleep", SLEEPER_WORK, 4, MS, 200 * MS, SVSM_SUCCESS, 0},
        /* 8 x 100 ms of the worker's, which has a budget of its own for each call */
        {"budget-callees-time", SLEEPER_DELEGATE, 8, 100 * MS, 0, SVSM_SUCCESS, 0},
    };
    check_loop_beside_calls();
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        (void)piece_check(&pieces[i]);
    }
    check_callers_time();
    (void)callers(2);
    return failed;
}
