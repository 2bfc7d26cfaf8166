/* SPDX-License-Identifier: MIT */
/* What the driver's parts share: calls of the vTPM, the gate, injections, what became of them. */
#pragma once
#include "model.h"
#include "../tasks/raw.h"

struct svsm_task_status vtpm_status(void);
void vtpm_inject(enum svsm_task_ctl what, uint64_t value, uint64_t again);
void vtpm_kill(void);

/* Keep the other vCPU out of the vTPM, for injections that must hit the driver's own call. */
void gate(bool closed);

/* The faults since the last look, by where they hit. */
struct faults {
    uint64_t count;
    uint64_t own;       /* the driver's call */
    uint64_t computing; /* of those, not in a system call */
    uint64_t other;     /* the other vCPU's call */
    uint64_t idle;
    uint64_t strange; /* not asked for */
};
struct faults faults_since(void);

/* All trials together. */
struct totals {
    uint64_t trials, injections, replays, unanswered, syscalls_hit; /* bit n: system call n */
};
extern struct totals totals;

/* How long the command took when nothing was injected. */
extern uint64_t duration_ns[KINDS];

/* Send a chosen command: its result, and the model has followed. Ends the test if it must not be.
 */
uint64_t trial_send(struct pending *p);
/* Compare, count. */
void trial_end(const struct faults *f);

[[gnu::noreturn]] void trial_fail(const char *name, const char *why);

void indices_run(void);
void moments_run(uint64_t rounds);
