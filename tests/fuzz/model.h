/* SPDX-License-Identifier: MIT */
/*
 * What must hold of the task core whatever tasks do, for fuzz_syscalls.c: the state that ring 0
 * keeps is consistent, a crashed call has left no trace, and a task begins with the state that its
 * policy promises.
 */
#pragma once
#include <fake.h>

void model_start(bool may_stop); /* a task whose policy is never is among them */
void model_check(void);          /* after each step */
void model_rest(void);           /* nothing runs any more */

/* Calls of the tasks' programs: at an upcall's begin; right before its RETURN; around a CALL. */
void model_enter(const struct fake_upcall *up);
void model_return(const struct task *t);
struct model_call {
    uint64_t memory; /* sum over the caller's memory */
};
struct model_call model_call_begin(const struct task *t);
void model_call_end(const struct model_call *m, const struct task *t, uint64_t result);
