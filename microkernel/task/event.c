/* SPDX-License-Identifier: MIT */
/*
 * Event words, timers, waits and the root.
 *
 * No wake-up is lost: a root sets its bit in `idle` before it looks at the event words, a poster
 * sets the bits before it looks at `idle` (both sequentially consistent); the platform's idle wait
 * enables interrupts and halts in one step.
 */
#include <task/event.h>
#include <task/call.h>
#include <task/core.h>
#include <task/fault.h>
#include <task/image.h>
#include <task/port.h>
#include <svsm/abi/result.h>

static atomic_uint idle; /* bit n: vCPU n stands in its root with nothing to do */
static atomic_bool booted;

#define RETRY_NS UINT64_C(1000000) /* a boot entry found its task busy */

void event_init(void)
{
    atomic_store(&idle, 0);
    atomic_store(&booted, false);
}

bool core_booted(void)
{
    return atomic_load(&booted);
}

void event_kick(void)
{
    unsigned waiting = atomic_load(&idle);
    if (waiting != 0) {
        port_kick((uint32_t)__builtin_ctz(waiting));
    }
}

static void kick_all(void)
{
    for (unsigned waiting = atomic_load(&idle); waiting != 0; waiting &= waiting - 1) {
        port_kick((uint32_t)__builtin_ctz(waiting));
    }
}

void event_post(struct task *t, uint64_t bits)
{
    atomic_fetch_or(&t->events, bits);
    unsigned waiter = atomic_load(&t->waiter);
    if (waiter != 0) {
        port_kick(waiter - 1);
    }
    event_kick();
}

/* Turn timers that are due into event bits. The time of the next one, or UINT64_MAX. */
static uint64_t timers_expire(void)
{
    uint64_t next = UINT64_MAX;
    uint64_t now = port_now_ns();
    for (uint32_t i = 0; i < task_count; i++) {
        struct task *t = &AT(tasks, i);
        unsigned long long due = atomic_load(&t->timer_ns);
        if (due == 0) {
            continue;
        }
        if (due > now) {
            next = due < next ? due : next;
        } else if (atomic_compare_exchange_strong(&t->timer_ns, &due, 0)) {
            event_post(t, atomic_load(&t->timer_bits));
        }
    }
    return next;
}

/* Deliver one task's events. NEXT_IDLE: nobody has any that can be delivered now. */
static enum next events_deliver(struct cpu *cpu)
{
    struct root *root = &cpu->chain.root;
    for (uint32_t n = 0; n < task_count; n++) {
        uint32_t i = (root->scan_next + n) % task_count;
        struct task *t = &AT(tasks, i);
        uint64_t bits = atomic_load(&t->events);
        /* A waiter takes its own; a task that never asked for events has none delivered. */
        if (bits == 0 || atomic_load(&t->waiter) != 0) {
            continue;
        }
        enum next next = call_from_root(cpu, t, NO_ENDPOINT, SVSM_OP_EVENT, bits);
        if (next != NEXT_IDLE) {
            atomic_fetch_and(&t->events, ~bits);
            root->scan_next = i + 1;
            return next;
        }
    }
    return NEXT_IDLE;
}

/* vCPU 0 initialises the tasks in table order before anything else runs. */
static enum next init_step(struct cpu *cpu)
{
    struct root *root = &cpu->chain.root;
    while (root->init_next < task_count) {
        struct task *t = &AT(tasks, root->init_next);
        root->init_next++;
        if (atomic_load(&t->life) == SVSM_TASK_FRESH) {
            return call_from_root(cpu, t, NO_ENDPOINT, SVSM_OP_INIT, 0);
        }
    }
    atomic_store(&booted, true);
    kick_all();
    return NEXT_IDLE;
}

/* The next boot entry for this vCPU. NEXT_IDLE: none left, or its task is busy (*retry). */
static enum next boot_step(struct cpu *cpu, bool *retry)
{
    struct root *root = &cpu->chain.root;
    for (; root->boot_next < image_header()->boot_count; root->boot_next++) {
        const struct svsm_image_boot *b = image_boot(root->boot_next);
        if (b->vcpu != cpu->index && b->vcpu != SVSM_VCPU_ALL) {
            continue;
        }
        struct task *t = &AT(tasks, image_endpoint(b->endpoint)->task);
        if (atomic_load(&t->life) == SVSM_TASK_WITHDRAWN) {
            continue;
        }
        enum next next = call_from_root(cpu, t, b->endpoint, b->operation, 0);
        if (next == NEXT_IDLE) {
            *retry = true;
        } else {
            root->boot_next++;
        }
        return next;
    }
    return NEXT_IDLE;
}

/* Events and boot entries take turns, so that a task that is never without an event does not keep
 * the boot chain from going on. */
static enum next root_step(struct cpu *cpu, bool *retry)
{
    struct root *root = &cpu->chain.root;
    root->boot_turn = !root->boot_turn;
    enum next next = root->boot_turn ? boot_step(cpu, retry) : events_deliver(cpu);
    if (next == NEXT_IDLE) {
        next = root->boot_turn ? events_deliver(cpu) : boot_step(cpu, retry);
    }
    return next;
}

enum next event_root(struct cpu *cpu)
{
    bool retry = false;
    unsigned bit = 1u << cpu->index;
    enum next next = NEXT_IDLE;
    atomic_fetch_or(&idle, bit);
    if (cpu->index == 0 && !core_booted()) {
        next = init_step(cpu);
    }
    if (next == NEXT_IDLE && core_booted()) {
        uint64_t wake = timers_expire();
        next = root_step(cpu, &retry);
        if (retry) {
            uint64_t again = port_now_ns() + RETRY_NS;
            wake = again < wake ? again : wake;
        }
        if (next == NEXT_IDLE) {
            port_wake_at(cpu, wake);
        }
    }
    if (next != NEXT_IDLE) {
        atomic_fetch_and(&idle, ~bit);
    }
    return next;
}

void event_waiter_clear(const struct cpu *cpu, struct task *t)
{
    unsigned self = cpu->index + 1;
    (void)atomic_compare_exchange_strong(&t->waiter, &self, 0);
}

/* Results of SVSM_SYS_TIMER_SET; every other register reads as zero. */
static enum next timer_answer(struct cpu *cpu, uint32_t result, uint64_t bits)
{
    struct regs *r = &cpu->regs;
    r->rax = result;
    r->rdx = bits;
    r->rdi = 0;
    r->rsi = 0;
    r->r10 = 0;
    r->r8 = 0;
    r->r9 = 0;
    return NEXT_RUN;
}

static enum next wait_end(struct cpu *cpu, struct frame *f, uint32_t result, uint64_t bits)
{
    f->waiting = false;
    event_waiter_clear(cpu, f->task);
    cpu->full_restore = 0;
    return timer_answer(cpu, result, bits);
}

enum next event_wait_poll(struct cpu *cpu)
{
    struct frame *f = &AT(cpu->chain.frames, cpu->chain.depth);
    struct task *t = f->task;
    if ((atomic_load(&t->attention) & (ATTENTION_KILL | ATTENTION_BROKEN)) != 0) {
        return fault_raise(cpu, SVSM_FAULT_KILLED, 0);
    }
    /* No root of this vCPU runs meanwhile, so timers are looked after here: perhaps the task waits
     * for its own. */
    uint64_t wake = timers_expire();
    uint64_t taken = atomic_load(&t->events) & f->wait_bits;
    if (taken != 0) {
        atomic_fetch_and(&t->events, ~taken);
        f->no_replay = true; /* the bits are gone for a second run */
        return wait_end(cpu, f, SVSM_SUCCESS, taken);
    }
    if (f->wait_until_ns != UINT64_MAX && port_now_ns() >= f->wait_until_ns) {
        return wait_end(cpu, f, SVSM_ERR_TIMED_OUT, 0);
    }
    port_wake_at(cpu, f->wait_until_ns < wake ? f->wait_until_ns : wake);
    return NEXT_IDLE;
}

enum next event_timer_set(struct cpu *cpu)
{
    struct frame *f = &AT(cpu->chain.frames, cpu->chain.depth);
    struct task *t = f->task;
    const struct regs *r = &cpu->regs;
    if (r->rdi == SVSM_TIMER_EVENT) {
        if (r->rsi != 0 && r->rdx == 0) {
            return fault_raise(cpu, SVSM_FAULT_ARGUMENT, r->rdx);
        }
        atomic_store(&t->timer_bits, r->rdx);
        atomic_store(&t->timer_ns, r->rsi);
        event_kick();
        return timer_answer(cpu, SVSM_SUCCESS, 0);
    }
    if (r->rdi != SVSM_TIMER_WAIT) {
        return fault_raise(cpu, SVSM_FAULT_ARGUMENT, r->rdi);
    }
    unsigned none = 0;
    if (r->rdx != 0 && !atomic_compare_exchange_strong(&t->waiter, &none, cpu->index + 1)) {
        return fault_raise(cpu, SVSM_FAULT_ARGUMENT, r->rdx); /* another activation waits */
    }
    f->waiting = true;
    f->wait_until_ns = r->rsi;
    f->wait_bits = r->rdx;
    return event_wait_poll(cpu);
}

void core_irq(uint32_t irq)
{
    for (uint32_t i = 0; i < image_header()->device_count; i++) {
        const struct svsm_image_device *d = image_device(i);
        if (d->irq == irq) {
            event_post(&AT(tasks, d->owner), d->event_bits);
        }
    }
}
