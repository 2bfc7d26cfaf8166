/* SPDX-License-Identifier: MIT */
/*
 * Faults of tasks. One call is lost, or none: the record is kept, the state is put right by the
 * task's policy, the call is replayed once where that is sound, else its caller is told.
 */
#include <task/fault.h>
#include <task/call.h>
#include <task/event.h>
#include <task/port.h>
#include <task/state.h>

#define FAULTS_KEPT 64

/* The ring of records. A slot is valid while its sequence is the one looked for; a writer clears
 * the sequence first, a reader compares it before and after. */
static struct {
    atomic_ullong last; /* sequence given out last */
    struct svsm_fault records[FAULTS_KEPT];
    atomic_ullong sequences[FAULTS_KEPT];
} ring;

static void record_keep(struct svsm_fault *r)
{
    r->sequence = atomic_fetch_add(&ring.last, 1) + 1;
    size_t slot = r->sequence % FAULTS_KEPT;
    atomic_store(&AT(ring.sequences, slot), 0);
    atomic_thread_fence(memory_order_release);
    AT(ring.records, slot) = *r;
    atomic_store_explicit(&AT(ring.sequences, slot), r->sequence, memory_order_release);
}

bool fault_read(uint64_t after, struct svsm_fault *out)
{
    uint64_t last = atomic_load(&ring.last);
    uint64_t want = after + 1;
    if (last >= FAULTS_KEPT && want + FAULTS_KEPT <= last) {
        want = last - FAULTS_KEPT + 1;
    }
    for (; want <= last; want++) {
        size_t slot = want % FAULTS_KEPT;
        if (atomic_load_explicit(&AT(ring.sequences, slot), memory_order_acquire) != want) {
            continue;
        }
        *out = AT(ring.records, slot);
        atomic_thread_fence(memory_order_acquire);
        if (atomic_load_explicit(&AT(ring.sequences, slot), memory_order_relaxed) == want) {
            return true;
        }
    }
    return false;
}

enum next fault_raise(struct cpu *cpu, enum svsm_fault_cause cause, uint64_t address)
{
    cpu->fault_cause = cause;
    cpu->fault_address = address;
    return NEXT_FAULT;
}

/* Count a crash against the task's budget. true: it has had too many and is withdrawn. */
static bool crash_count(struct task *t, uint64_t now)
{
    const struct svsm_image_task *image = t->image;
    uint64_t window = image->crash_window_ms * UINT64_C(1000000);
    if (t->crash_count == 0 || (window != 0 && now - t->crash_since_ns > window)) {
        t->crash_since_ns = now;
        t->crash_count = 0;
    }
    t->crash_count++;
    return t->crash_count > image->crash_max;
}

static void crash_record(struct cpu *cpu, struct task *t, const struct frame *f)
{
    struct svsm_fault r = {
        .time_ns = port_now_ns(),
        .rip = f == NULL ? 0 : cpu->regs.rip,
        .rsp = f == NULL ? 0 : cpu->regs.rsp,
        .address = cpu->fault_address,
        .error = cpu->fault_cause == SVSM_FAULT_EXCEPTION ? cpu->regs.error : 0,
        .operation = f == NULL ? 0 : f->operation,
        .generation = atomic_load(&t->generation),
        .task = (uint16_t)t->index,
        .cause = (uint8_t)cpu->fault_cause,
        .vector = cpu->fault_cause == SVSM_FAULT_EXCEPTION ? (uint8_t)cpu->regs.vector : 0,
        .vcpu = (uint8_t)cpu->index,
        .depth = (uint8_t)cpu->chain.depth,
        .syscall = f == NULL ? 0xff : f->syscall,
    };
    record_keep(&r);
    atomic_fetch_add(&t->crashes, 1);
    if (r.cause == SVSM_FAULT_INJECTED || r.cause == SVSM_FAULT_KILLED) {
        atomic_fetch_add(&t->injected, 1);
    }
    atomic_store(&t->last_cause, r.cause);
    port_report_fault(cpu, t, &r);
}

void fault_put_right(struct cpu *cpu, struct task *t)
{
    task_enter(cpu, t, 0);
    if (t->image->policy == SVSM_POLICY_ROLLBACK && atomic_load(&t->life) == SVSM_TASK_READY) {
        state_rollback(t);
    } else {
        state_reset(t);
        unsigned ready = SVSM_TASK_READY;
        (void)atomic_compare_exchange_strong(&t->life, &ready, SVSM_TASK_FRESH);
    }
    atomic_fetch_add(&t->generation, 1);
}

/* Gone for good: nothing of it stays in memory. */
static void withdraw(struct cpu *cpu, struct task *t)
{
    atomic_store(&t->life, SVSM_TASK_WITHDRAWN);
    fault_put_right(cpu, t);
}

static void attention_clear(struct task *t)
{
    atomic_fetch_and(&t->attention, ~ATTENTION_KILL);
}

/* A clean task with several activations: leave this one; the last one out resets the task. */
static enum next leave_broken(struct cpu *cpu, struct task *t, bool withdrawn)
{
    if (withdrawn) {
        atomic_store(&t->life, SVSM_TASK_WITHDRAWN);
    }
    atomic_fetch_or(&t->attention, ATTENTION_BROKEN);
    atomic_fetch_or(&t->inside, INSIDE_BROKEN);
    return call_unwind(cpu, SVSM_ERR_CRASHED);
}

enum next fault_handle(struct cpu *cpu)
{
    struct chain *chain = &cpu->chain;
    struct frame *f = &AT(chain->frames, chain->depth);
    struct task *t = f->task;
    CHECK(chain->depth > 0);
    if (f->waiting) {
        event_waiter_clear(cpu, t);
    }
    crash_record(cpu, t, f);
    if (t->image->policy == SVSM_POLICY_NEVER) {
        port_stop("a task whose policy is never has crashed");
    }
    bool cleared_out = (atomic_load(&t->attention) & ATTENTION_BROKEN) != 0;
    bool withdrawn = !cleared_out && crash_count(t, port_now_ns());
    attention_clear(t);
    if (t->image->activations > 1) {
        return leave_broken(cpu, t, withdrawn);
    }
    if (withdrawn) {
        withdraw(cpu, t);
        return call_unwind(cpu, SVSM_ERR_CRASHED);
    }
    bool had_state = !f->initialising && t->image->policy == SVSM_POLICY_ROLLBACK;
    fault_put_right(cpu, t);
    if (had_state && !f->replayed && !f->no_replay) {
        f->replayed = true;
        atomic_fetch_add(&t->replays, 1);
        return NEXT_BEGIN;
    }
    return call_unwind(cpu, SVSM_ERR_CRASHED);
}

void fault_idle(struct cpu *cpu, struct task *t, enum svsm_fault_cause cause)
{
    (void)fault_raise(cpu, cause, 0);
    crash_record(cpu, t, NULL);
    if (t->image->policy == SVSM_POLICY_NEVER) {
        port_stop("a task whose policy is never was killed");
    }
    if (crash_count(t, port_now_ns())) {
        withdraw(cpu, t);
    } else {
        fault_put_right(cpu, t);
    }
}
