/* SPDX-License-Identifier: MIT */
/*
 * Crashes at every system call of every command: in a run of the usual kind, in one that follows a
 * rollback (which makes more: it reseeds), and in the replay as well. Each twice: exactly there,
 * while the load does all but TPM commands, and then wherever the count ends that calls of the load
 * take part in.
 */
#include "guest.h"
#include <svsm/abi/syscall.h>

static struct pending pending;

/* System calls of one command of that kind; the load is kept out of the vTPM. */
static unsigned count_syscalls(enum kind kind)
{
    uint64_t before = ask_counts().syscalls;

    model_choose(&pending, kind);
    if (trial_send(&pending) != SVSM_SUCCESS) {
        trial_fail(kind_names[kind], "a command that nothing happened to was not answered");
    }
    return (unsigned)(ask_counts().syscalls - before);
}

/* Crash at system call `index` and, if `again` is not 0, at that one after it. */
static struct faults crash_at(enum kind kind, unsigned index, unsigned again)
{
    model_choose(&pending, kind);
    ask_arm(index, again);
    uint64_t result = trial_send(&pending);
    ask_arm(0, 0);
    return trial_end(result);
}

static void crash_exactly(enum kind kind, unsigned index, unsigned again)
{
    struct faults f = crash_at(kind, index, again);

    if (f.own != (again == 0 ? 1u : 2u) || f.load != 0 || f.idle != 0) {
        trial_fail(kind_names[kind], "the crashes did not hit where they were to");
    }
}

/* The idle vTPM is rolled back: the next command is the first of a new generation. */
static void rollback_idle(void)
{
    (void)ask_kill();
    struct faults f = trial_faults();
    if (f.idle != 1 || f.own != 0 || f.load != 0) {
        trial_fail("idle", "the idle vTPM was not killed");
    }
}

/* `usual`, `first`: system calls in either kind of run. */
static void exact(enum kind kind, unsigned usual, unsigned first)
{
    for (unsigned i = 1; i <= usual; i++) {
        crash_exactly(kind, i, 0);
        for (unsigned n = 1; n <= first; n++) {
            crash_exactly(kind, i, n);
        }
    }
    for (unsigned i = 1; i <= first; i++) {
        rollback_idle();
        crash_exactly(kind, i, 0);
        rollback_idle();
        crash_exactly(kind, i, i);
    }
}

static void contended(enum kind kind, unsigned usual, unsigned first)
{
    for (unsigned i = 1; i <= usual; i++) {
        for (unsigned n = 0; n <= first; n++) {
            (void)crash_at(kind, i, n);
        }
    }
    for (unsigned i = 1; i <= first; i++) {
        (void)ask_kill();
        (void)crash_at(kind, i, 0);
        (void)ask_kill();
        (void)crash_at(kind, i, i);
    }
}

static void indices_of(enum kind kind)
{
    load_gate(true);
    (void)count_syscalls(kind);
    (void)trial_faults(); /* of a kill that waited for somebody to come in */
    unsigned usual = count_syscalls(kind);
    rollback_idle();
    unsigned first = count_syscalls(kind);
    if (first <= usual) {
        trial_fail(kind_names[kind], "the random generator was not reseeded after a rollback");
    }
    struct totals before = totals;
    exact(kind, usual, first);
    unsigned exactly = totals.own - before.own;
    load_gate(false);
    before = totals;
    contended(kind, usual, first);
    print("%s index-%s syscalls=%u after_rollback=%u exact=%u contended_own=%u contended_load=%u\n",
          trial_count(NULL), kind_names[kind], usual, first, exactly, totals.own - before.own,
          totals.load - before.load);
}

void indices_run(void)
{
    for (enum kind kind = 0; kind < KINDS; kind++) {
        indices_of(kind);
    }
    check(totals.syscalls, UINT64_C(1) << SVSM_SYS_RETURN | UINT64_C(1) << SVSM_SYS_RANDOM,
          "index-system-calls");
}
