/* SPDX-License-Identifier: MIT */
/* SVSM_SYS_TASK_CTL. A control handle names its task; injection needs the right in the handle. */
#include <task/control.h>
#include <task/call.h>
#include <task/fault.h>
#include <task/handle.h>
#include <task/image.h>
#include <task/port.h>
#include <task/range.h>
#include <log/log.h>

/* Store a structure where the caller wants it. */
static enum next answer(struct cpu *cpu, uint64_t va, const void *from, size_t size)
{
    const struct frame *f = &AT(cpu->chain.frames, cpu->chain.depth);
    if (!range_ok(f->task, va, size, true)) {
        return fault_raise(cpu, SVSM_FAULT_POINTER, va);
    }
    port_copy_out((uva_t){va}, from, size);
    cpu->regs.rax = SVSM_SUCCESS;
    return NEXT_RUN;
}

static enum next status(struct cpu *cpu, struct task *t)
{
    struct svsm_task_status s = {
        .calls = atomic_load(&t->calls),
        .crashes = atomic_load(&t->crashes),
        .replays = atomic_load(&t->replays),
        .syscalls = atomic_load(&t->syscalls),
        .injected = atomic_load(&t->injected),
        .space_loads = cpu->space_loads,
        .generation = atomic_load(&t->generation),
        .state = atomic_load(&t->life),
        .last_cause = atomic_load(&t->last_cause),
        .commit_pages = atomic_load(&t->commit_pages),
    };
    return answer(cpu, cpu->regs.rdx, &s, sizeof(s));
}

/* Kill: at once if nobody is inside, else whoever is inside finds out at its next entry. */
static enum next kill(struct cpu *cpu, struct task *t)
{
    const struct frame *self = &AT(cpu->chain.frames, cpu->chain.depth);
    atomic_uint *owner = &t->activations[0].owner;
    unsigned parked = ACTIVATION_PARKED;
    uint32_t activation = 0;
    cpu->regs.rax = SVSM_SUCCESS;
    if (atomic_load(&t->life) == SVSM_TASK_WITHDRAWN) {
        return NEXT_RUN;
    }
    if (t->image->activations == 1 &&
        (call_acquire(cpu, t, &activation) ||
         atomic_compare_exchange_strong(owner, &parked, cpu->index + 1))) {
        fault_idle(cpu, t, SVSM_FAULT_KILLED);
        call_release(cpu, t, 0);
        task_enter(cpu, self->task, self->activation);
        return NEXT_RUN;
    }
    atomic_fetch_or(&t->attention, ATTENTION_KILL);
    for (uint32_t a = 0; a < t->image->activations; a++) {
        unsigned holder = atomic_load(&AT(t->activations, a).owner);
        if (holder != ACTIVATION_FREE && holder != ACTIVATION_PARKED) {
            port_kick(holder - 1);
        }
    }
    return NEXT_RUN;
}

static enum next inject(struct cpu *cpu, struct task *t, atomic_ullong *what)
{
    atomic_store(what, cpu->regs.rdx);
    if (atomic_load(&t->inject_syscall) != 0 || atomic_load(&t->inject_ns) != 0) {
        atomic_fetch_or(&t->attention, ATTENTION_INJECT);
    } else {
        atomic_fetch_and(&t->attention, ~ATTENTION_INJECT);
    }
    cpu->regs.rax = SVSM_SUCCESS;
    return NEXT_RUN;
}

/* Of its own records: no handle leads to another task's, or ring 0's. */
static enum next log_next(struct cpu *cpu, const struct task *t)
{
    struct svsm_log_record record;
    if (!log_read(t->index, cpu->regs.rdx, &record)) {
        cpu->regs.rax = SVSM_ERR_INVALID_REQUEST;
        return NEXT_RUN;
    }
    record.order = 0; /* tells how much others write */
    return answer(cpu, cpu->regs.r10, &record, sizeof(record));
}

static enum next fault_next(struct cpu *cpu)
{
    struct svsm_fault record;
    if (!fault_read(cpu->regs.rdx, &record)) {
        cpu->regs.rax = SVSM_ERR_INVALID_REQUEST;
        return NEXT_RUN;
    }
    return answer(cpu, cpu->regs.r10, &record, sizeof(record));
}

enum next control_call(struct cpu *cpu)
{
    const struct regs *r = &cpu->regs;
    struct frame *f = &AT(cpu->chain.frames, cpu->chain.depth);
    if (r->rsi == SVSM_CTL_LOG_READ) {
        if (handle_find(f->task->image, r->rdi, SVSM_HANDLE_LOG) == NULL) {
            return fault_raise(cpu, SVSM_FAULT_HANDLE, r->rdi);
        }
        return log_next(cpu, f->task);
    }
    const struct svsm_image_handle *h = handle_find(f->task->image, r->rdi, SVSM_HANDLE_CONTROL);
    if (h == NULL) {
        return fault_raise(cpu, SVSM_FAULT_HANDLE, r->rdi);
    }
    struct task *t = &AT(tasks, h->object);
    bool may_inject = (h->rights & SVSM_CONTROL_INJECT) != 0;
    switch (r->rsi) {
    case SVSM_CTL_STATUS:
        return status(cpu, t);
    case SVSM_CTL_KILL:
        f->no_replay = true;
        return kill(cpu, t);
    case SVSM_CTL_INJECT_SYSCALL:
        if (may_inject) {
            atomic_store(&t->inject_again, r->r10);
        }
        return may_inject ? inject(cpu, t, &t->inject_syscall)
                          : fault_raise(cpu, SVSM_FAULT_HANDLE, r->rdi);
    case SVSM_CTL_INJECT_TIME:
        return may_inject ? inject(cpu, t, &t->inject_ns)
                          : fault_raise(cpu, SVSM_FAULT_HANDLE, r->rdi);
    case SVSM_CTL_FAULT_READ:
        return fault_next(cpu);
    default:
        return fault_raise(cpu, SVSM_FAULT_ARGUMENT, r->rsi);
    }
}
