/* SPDX-License-Identifier: MIT */
/*
 * Crashes at every system call of every command: in a run of the usual kind, in one that follows a
 * rollback (which makes more: it reseeds), and in the replay as well, so that the command remains
 * unanswered. The other vCPU keeps away from the vTPM meanwhile, so that the counts are exact.
 */
#include "trial.h"
#include "../tasks/clock.h"

static struct pending pending;

/* System calls of one command of that kind that nothing happens to. */
static uint64_t count_syscalls(enum kind kind)
{
    uint64_t before = vtpm_status().syscalls;
    model_choose(&pending, kind);
    uint64_t start = clock_ns();
    if (trial_send(&pending) != SVSM_SUCCESS) {
        trial_fail(kind_names[kind], "a command that nothing happened to was not answered");
    }
    duration_ns[kind] = clock_ns() - start;
    return vtpm_status().syscalls - before;
}

/* Crash at system call `index`, and, if `again` is not 0, at that one of the replay. */
static void crash_at(enum kind kind, uint64_t index, uint64_t again)
{
    uint64_t expected = again == 0 ? SVSM_SUCCESS : SVSM_ERR_CRASHED;
    uint64_t replays = vtpm_status().replays;
    model_choose(&pending, kind);
    vtpm_inject(SVSM_CTL_INJECT_SYSCALL, index, again);
    uint64_t result = trial_send(&pending);
    vtpm_inject(SVSM_CTL_INJECT_SYSCALL, 0, 0);
    struct faults f = faults_since();
    if (f.own != (again == 0 ? 1 : 2) || f.count != f.own) {
        trial_fail(kind_names[kind], "the crashes did not hit where they were to");
    }
    if (result != expected) {
        trial_fail(kind_names[kind], again == 0 ? "a crashed command was not replayed"
                                                : "a command that crashed twice was answered");
    }
    totals.unanswered += again != 0;
    totals.replays += vtpm_status().replays - replays;
    trial_end(&f);
}

/* The idle vTPM is rolled back: the next command is the first of a new generation. */
static void rollback_idle(void)
{
    vtpm_kill();
    struct faults f = faults_since();
    if (f.idle != 1 || f.count != 1) {
        trial_fail("idle", "the idle vTPM was not killed");
    }
    totals.injections++;
}

static void indices_of(enum kind kind)
{
    struct totals before = totals;
    (void)count_syscalls(kind);
    uint64_t usual = count_syscalls(kind);
    rollback_idle();
    uint64_t first = count_syscalls(kind);
    if (first <= usual) {
        trial_fail(kind_names[kind], "the random generator was not reseeded after a rollback");
    }
    for (uint64_t i = 1; i <= usual; i++) {
        crash_at(kind, i, 0);
        for (uint64_t n = 1; n <= first; n++) {
            crash_at(kind, i, n);
            (void)count_syscalls(kind); /* leaves the new generation behind */
        }
    }
    for (uint64_t i = 1; i <= first; i++) {
        rollback_idle();
        crash_at(kind, i, 0);
        rollback_idle();
        crash_at(kind, i, i);
    }
    raw_print("ok index-%s syscalls=%u after_rollback=%u injections=%u replays=%u unanswered=%u",
              kind_names[kind], usual, first, totals.injections - before.injections,
              totals.replays - before.replays, totals.unanswered - before.unanswered);
}

void indices_run(void)
{
    gate(true);
    (void)faults_since();
    for (enum kind kind = 0; kind < KINDS; kind++) {
        indices_of(kind);
    }
    uint64_t expected = UINT64_C(1) << SVSM_SYS_RETURN | UINT64_C(1) << SVSM_SYS_RANDOM;
    if (totals.syscalls_hit != expected) {
        trial_fail("coverage", "not the system calls that the vTPM makes");
    }
    raw_print("ok coverage syscall_mask=%u", totals.syscalls_hit);
    gate(false);
}
