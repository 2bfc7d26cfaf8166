/* SPDX-License-Identifier: MIT */
/* Faults of tasks: record, put the task right by its policy, replay or answer the caller. */
#pragma once
#include <task/task.h>

/* The running task (frame on top, entered) did something it may not: note it for fault_handle(). */
enum next fault_raise(struct cpu *cpu, enum svsm_fault_cause cause, uint64_t address);

/* Record the noted fault, put the task right, then replay the call or answer its caller. */
enum next fault_handle(struct cpu *cpu);

/*
 * Put the state of a task that this vCPU holds right: rollback to the last commit, or back to the
 * image if it has none. A new generation. Leaves the task entered.
 */
void fault_put_right(struct cpu *cpu, struct task *t);

/* A fault of an idle task whose activation this vCPU holds: record it and put the task right. */
void fault_idle(struct cpu *cpu, struct task *t, enum svsm_fault_cause cause);

/* Oldest record with a sequence above `after`. false: none. */
[[nodiscard]] bool fault_read(uint64_t after, struct svsm_fault *out);
