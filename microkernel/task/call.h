/* SPDX-License-Identifier: MIT */
/*
 * Calls: pushing a frame, entering the task, returning from it, parking it.
 *
 * Path of a call: call_find (which operation?) -> call_push (new frame) -> call_begin (take the
 * task, decode buffers, copy windows in, enter) ... task runs ... call_return (checks, state
 * commit, caller commit) or call_unwind (it crashed). call_begin runs again for a replay.
 */
#pragma once
#include <task/task.h>
#include <svsm/abi/result.h>

/* SVSM_SYS_CALL of the running task. */
enum next call_from_task(struct cpu *cpu);

/* A root's upcall: an operation without buffers, or SVSM_OP_INIT / SVSM_OP_EVENT with
 * endpoint = NO_ENDPOINT. NEXT_IDLE: the task is busy or withdrawn, nothing happened. */
enum next call_from_root(struct cpu *cpu, struct task *t, uint32_t endpoint, uint32_t operation,
                         uint64_t argument);

/* The guest's upcall. NEXT_IDLE: the task is busy, nothing happened. */
enum next call_from_guest(struct cpu *cpu, uint32_t endpoint, uint32_t operation,
                          const uint64_t args[SVSM_ARGS]);

/* Run the frame on top (again) from its start. */
enum next call_begin(struct cpu *cpu);

/* SVSM_SYS_RETURN and SVSM_SYS_YIELD of the running task. */
enum next call_return(struct cpu *cpu);
enum next call_yield(struct cpu *cpu);

/* Drop the frame on top and answer its caller with `result` alone. */
enum next call_unwind(struct cpu *cpu, uint32_t result);

/* Give the frame's activation back. */
void call_release(struct cpu *cpu, struct task *t, uint32_t activation);

/* Take an activation of `t` for this vCPU. false: busy. */
[[nodiscard]] bool call_acquire(struct cpu *cpu, struct task *t, uint32_t *activation);

/* Turn the arguments of an operation into leases and windows of `f`, on behalf of the frame below.
 * 0, or a result code for the caller, or CALL_FAULT_* (the caller's fault). Pure but for `f`. */
#define CALL_FAULT_POINTER UINT32_C(1)
#define CALL_FAULT_LEASE UINT32_C(2)
struct window_in {
    uint8_t owner; /* depth; 0: the guest */
    uint64_t va;
    uint32_t size; /* 0 = none */
};
[[nodiscard]] uint32_t call_decode(const struct chain *chain, struct frame *f,
                                   const struct svsm_image_operation *o, struct window_in *in,
                                   uint64_t seen[SVSM_ARGS], uint64_t *bad_address);
