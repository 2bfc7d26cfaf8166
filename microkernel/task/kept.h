/* SPDX-License-Identifier: MIT */
/* What survives a system call: saved when a frame is pushed above, put back when it is gone. */
#pragma once
#include <task/task.h>

#define RFLAGS_START (UINT64_C(0x002) | TASK_INTERRUPTS << 9) /* the bit that is always one, IF */

static inline void kept_save(struct kept *k, const struct regs *r)
{
    k->rbx = r->rbx;
    k->rbp = r->rbp;
    k->r12 = r->r12;
    k->r13 = r->r13;
    k->r14 = r->r14;
    k->r15 = r->r15;
    k->rip = r->rip;
    k->rflags = r->rflags;
    k->rsp = r->rsp;
}

static inline void kept_restore(struct regs *r, const struct kept *k)
{
    r->rbx = k->rbx;
    r->rbp = k->rbp;
    r->r12 = k->r12;
    r->r13 = k->r13;
    r->r14 = k->r14;
    r->r15 = k->r15;
    r->rip = k->rip;
    r->rflags = k->rflags;
    r->rsp = k->rsp;
}

/* Statistics of a task that this vCPU holds: no other writer, so no locked instruction. */
static inline void count(atomic_ullong *counter)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + 1,
                          memory_order_relaxed);
}
