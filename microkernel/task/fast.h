/* SPDX-License-Identifier: MIT */
/*
 * The short way for the commonest calls: an operation without buffers of a task with one
 * activation, and the return from it. Each either does all of it or changes nothing and says false;
 * then the ordinary way (call.c) is taken, which judges and answers. Nothing here knows of faults,
 * parking, initialisation, leases or windows.
 *
 * Included by core.c only, so that both become part of the system call's entry.
 */
#pragma once
#include <task/event.h>
#include <task/kept.h>
#include <task/port.h>

/* Fill every task's bindings from the image. Once, when all tasks have been set up. */
void fast_bind(void);

/* A frame for operation `op` of `b`, as call_from_task() and call_begin() would leave it. */
static inline void fast_frame(struct frame *f, const struct binding *b, uint32_t op,
                              const struct regs *r)
{
    f->task = b->task;
    f->activation = 0;
    f->endpoint = b->endpoint;
    f->operation = op;
    f->ticks = 0;
    f->initialising = false;
    f->replayed = false;
    f->no_replay = false;
    f->waiting = false;
    f->syscall = 0xff;
    f->lease_count = 0;
    f->stage_count = 0;
    f->stage_used = 0;
    f->reply_capacity = 0;
    f->reply_through = 0;
    f->args[0] = r->rdx;
    f->args[1] = r->r10;
    f->args[2] = r->r8;
    f->args[3] = r->r9;
}

/* The upcall's registers (abi/call.h); the arguments are where the caller left them but one. */
static inline void fast_regs(struct cpu *cpu, const struct binding *b, uint64_t op)
{
    struct regs *r = &cpu->regs;
    uint64_t generation = atomic_load_explicit(&b->task->generation, memory_order_relaxed);
    r->r9 = b->info | generation | (uint64_t)cpu->index << 32;
    r->rdi = op;
    r->rax = 0;
    r->rbx = 0;
    r->rbp = 0;
    r->r12 = 0;
    r->r13 = 0;
    r->r14 = 0;
    r->r15 = 0;
    r->rip = b->entry;
    r->rflags = RFLAGS_START;
    r->rsp = SVSM_STACK_VA + SVSM_STACK_STRIDE;
}

[[nodiscard]] static inline bool fast_call(struct cpu *cpu, struct frame *caller)
{
    struct regs *r = &cpu->regs;
    uint32_t depth = cpu->chain.depth;
    uint64_t op = r->rsi;
    if (r->rdi >= SVSM_INFO_HANDLES || op >= SVSM_OP_MAX || depth >= SVSM_CALL_DEPTH_MAX) {
        return false;
    }
    /* Masked: under a mispredicted branch the index still lies in the task's own bindings. */
    const struct binding *b = caller->task->bindings + r->rdi % SVSM_INFO_HANDLES;
    if ((b->plain >> op % SVSM_OP_MAX & 1) == 0) {
        return false;
    }
    struct task *t = b->task;
    unsigned free = ACTIVATION_FREE;
    if (!atomic_compare_exchange_strong_explicit(&t->activations[0].owner, &free, cpu->index + 1,
                                                 memory_order_acquire, memory_order_relaxed)) {
        return false;
    }
    if (__builtin_expect(atomic_load_explicit(&t->life, memory_order_relaxed) != SVSM_TASK_READY,
                         0)) {
        atomic_store(&t->activations[0].owner, ACTIVATION_FREE);
        return false;
    }
    /* COMMIT POINT */
    kept_save(&caller->kept, r);
    if ((b->idempotent >> op % SVSM_OP_MAX & 1) == 0) {
        caller->no_replay = true;
    }
    cpu->chain.depth = depth + 1;
    fast_frame(caller + 1, b, (uint32_t)op, r);
    count(&t->calls);
    uint64_t a0 = r->rdx, a1 = r->r10, a2 = r->r8, a3 = r->r9;
    r->rsi = a0;
    r->rdx = a1;
    r->r10 = a2;
    r->r8 = a3;
    fast_regs(cpu, b, op);
    task_enter(cpu, t, 0);
    return true;
}

[[nodiscard]] static inline bool fast_return(struct cpu *cpu, struct frame *f)
{
    struct regs *r = &cpu->regs;
    struct task *t = f->task;
    uint32_t depth = cpu->chain.depth;
    uint64_t not_plain = r->rdi >> 32 | r->rsi | f->reply_capacity | f->stage_count;
    if (not_plain != 0 || depth < 2 || !t->plain || f->initialising) {
        return false;
    }
    /* COMMIT POINT: nothing to commit but the results, which lie where the caller wants them. */
    const struct frame *caller = f - 1;
    cpu->chain.depth = depth - 1;
    atomic_store(&t->activations[0].owner, ACTIVATION_FREE); /* see call_release() */
    if (__builtin_expect(atomic_load(&t->events) != 0, 0)) {
        event_kick();
    }
    r->rax = r->rdi;
    r->rdi = 0;
    r->rsi = 0;
    kept_restore(r, &caller->kept);
    task_enter(cpu, caller->task, caller->activation);
    return true;
}
