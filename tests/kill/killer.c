/* SPDX-License-Identifier: MIT */
/*
 * Kills the vTPM at given times. `run` waits for an event that an order has come, says it is ready,
 * spins until `go` and then until each time has come. The other operations run in the second
 * activation, on the driver's vCPU.
 *   1 order  arguments: ns from go to the first kill, ns from the begin of the replay that follows
 *            to a second one (0: none)
 *   2 go     now
 *   3 state  result register 0: enum killer_state
 */
#include "killer.h"
#include "../tasks/clock.h"
#include "../tasks/raw.h"

#define REPLAY_NS UINT64_C(20000000)

static uint64_t first_ns, second_ns;
static uint64_t start_ns;
static uint64_t state;

static uint64_t look(const uint64_t *what)
{
    return __atomic_load_n(what, __ATOMIC_SEQ_CST);
}

static void set(uint64_t *what, uint64_t value)
{
    __atomic_store_n(what, value, __ATOMIC_SEQ_CST);
}

static void kill_at(uint32_t control, uint64_t ns)
{
    while (clock_ns() < ns) {
    }
    (void)raw_syscall(SVSM_SYS_TASK_CTL, control, SVSM_CTL_KILL, 0, 0, 0, 0);
}

static uint64_t replays(uint32_t control)
{
    static struct svsm_task_status s;
    (void)raw_syscall(SVSM_SYS_TASK_CTL, control, SVSM_CTL_STATUS, (uint64_t)(uintptr_t)&s, 0, 0,
                      0);
    return s.replays;
}

/* The replay that a kill leads to, if it leads to one. The time since the kill is no measure: ring
 * 0 prints a back trace first. */
static void await_replay(uint32_t control, uint64_t before)
{
    uint64_t give_up = clock_ns() + REPLAY_NS;
    while (replays(control) == before && clock_ns() < give_up) {
    }
}

[[gnu::noreturn]] static void run(void)
{
    uint32_t control = raw_handle("vtpm-kill", SVSM_HANDLE_CONTROL);
    for (;;) {
        (void)raw_syscall(SVSM_SYS_TIMER_SET, SVSM_TIMER_WAIT, UINT64_MAX, 1, 0, 0, 0);
        set(&state, KILLER_READY);
        while (look(&start_ns) == 0) {
        }
        uint64_t before = replays(control);
        kill_at(control, look(&start_ns) + first_ns);
        if (second_ns != 0) {
            await_replay(control, before);
            kill_at(control, clock_ns() + second_ns);
        }
        set(&state, KILLER_DONE);
    }
}

uint64_t task_main(uint64_t op, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t info)
{
    (void)a2;
    (void)a3;
    (void)info;
    switch (op) {
    case KILLER_RUN:
        run();
    case KILLER_ORDER:
        first_ns = a0;
        second_ns = a1;
        set(&start_ns, 0);
        set(&state, KILLER_ORDERED);
        return 0;
    case KILLER_GO:
        set(&start_ns, clock_ns());
        return 0;
    case KILLER_STATE:
        (void)raw_syscall(SVSM_SYS_RETURN, 0, 0, look(&state), 0, 0, 0);
        return 0;
    default:
        return 0;
    }
}
