/* SPDX-License-Identifier: MIT */
/*
 * Calls: push, begin, return, yield, unwind. This is the hot path: a null call to a clean service
 * runs call_from_task, call_begin, call_return and nothing else of ring 0.
 */
#include <task/call.h>
#include <task/event.h>
#include <task/fault.h>
#include <task/guest_call.h>
#include <task/handle.h>
#include <task/image.h>
#include <task/kept.h>
#include <task/lease.h>
#include <task/port.h>
#include <task/state.h>

/* Put a task back behind its system call: what it keeps, four results, everything else zero. */
static void kept_resume(struct cpu *cpu, const struct kept *k, uint64_t result,
                        const uint64_t out[SVSM_ARGS])
{
    struct regs *r = &cpu->regs;
    r->rax = result;
    r->rdx = out[0];
    r->r10 = out[1];
    r->r8 = out[2];
    r->r9 = out[3];
    r->rdi = 0;
    r->rsi = 0;
    kept_restore(r, k);
    cpu->full_restore = 0;
}

static const uint64_t no_results[SVSM_ARGS];

/* Leave a task with several activations. The last one out of a broken task resets it. */
static void inside_leave(struct cpu *cpu, struct task *t)
{
    if (atomic_fetch_sub(&t->inside, 1) == (INSIDE_BROKEN | 1)) {
        fault_put_right(cpu, t);
        atomic_fetch_and(&t->attention, ~ATTENTION_BROKEN);
        atomic_store(&t->inside, 0);
    }
}

/* Count this vCPU into a task with several activations, unless the task is being cleared out. */
static bool inside_enter(struct task *t)
{
    unsigned inside = atomic_load(&t->inside);
    do {
        if ((inside & INSIDE_BROKEN) != 0) {
            return false;
        }
    } while (!atomic_compare_exchange_weak(&t->inside, &inside, inside + 1));
    return true;
}

bool call_acquire(struct cpu *cpu, struct task *t, uint32_t *activation)
{
    bool several = t->image->activations > 1;
    if (several && !inside_enter(t)) {
        return false;
    }
    for (uint32_t a = 0; a < t->image->activations; a++) {
        unsigned free = ACTIVATION_FREE;
        if (atomic_compare_exchange_strong_explicit(&AT(t->activations, a).owner, &free,
                                                    cpu->index + 1, memory_order_acquire,
                                                    memory_order_relaxed)) {
            *activation = a;
            return true;
        }
    }
    if (several) {
        inside_leave(cpu, t);
    }
    return false;
}

void call_release(struct cpu *cpu, struct task *t, uint32_t activation)
{
    if (t->image->activations > 1) {
        inside_leave(cpu, t);
    }
    /* Sequentially consistent, so that either we see an event posted meanwhile or its poster's
     * root finds the task free. */
    atomic_store(&AT(t->activations, activation).owner, ACTIVATION_FREE);
    if (atomic_load(&t->events) != 0) {
        event_kick();
    }
}

static uint32_t caller_of(const struct chain *chain, uint32_t depth)
{
    if (depth > 1) {
        return AT(chain->frames, depth - 1).task->index;
    }
    return chain->guest ? CALLER_GUEST : CALLER_ROOT;
}

/* Is the parked call the one that `f` repeats? Bits of difference, so that nothing branches. */
static bool parked_matches(const struct parked *p, const struct cpu *cpu, const struct frame *f)
{
    uint64_t diff = (p->endpoint ^ f->endpoint) | (p->operation ^ f->operation) |
                    (p->guest_area ^ cpu->chain.guest_area);
    for (uint32_t i = 0; i < SVSM_ARGS; i++) {
        diff |= p->args[i] ^ f->args[i];
    }
    return diff == 0 && p->vcpu == cpu->index &&
           p->caller == caller_of(&cpu->chain, cpu->chain.depth);
}

enum acquired { ACQUIRED, ACQUIRED_PARKED, NOT_ACQUIRED };

/* May another request than its own give the parked call up? Its caller on its vCPU may, by asking
 * for something else; others when it has not been repeated for long, or they would wait for ever.
 */
static bool parked_may_end(const struct parked *p, const struct cpu *cpu)
{
    return (p->vcpu == cpu->index && p->caller == caller_of(&cpu->chain, cpu->chain.depth)) ||
           port_now_ns() - p->since_ns >= PARKED_MAX_NS;
}

/*
 * Take the task for `f`. A parked call is taken up again if `f` repeats it; it is given up for
 * another as parked_may_end() says: rolled back like a crash that nobody caused.
 */
static enum acquired frame_acquire(struct cpu *cpu, struct frame *f)
{
    struct task *t = f->task;
    atomic_uint *owner = &t->activations[0].owner;
    unsigned parked = ACTIVATION_PARKED;
    if (call_acquire(cpu, t, &f->activation)) {
        return ACQUIRED;
    }
    f->activation = 0;
    if (atomic_load_explicit(owner, memory_order_relaxed) != ACTIVATION_PARKED ||
        !atomic_compare_exchange_strong(owner, &parked, cpu->index + 1)) {
        return NOT_ACQUIRED;
    }
    if (parked_matches(&t->parked, cpu, f)) {
        return ACQUIRED_PARKED;
    }
    if (parked_may_end(&t->parked, cpu)) {
        fault_put_right(cpu, t);
        return ACQUIRED;
    }
    atomic_store(owner, ACTIVATION_PARKED);
    return NOT_ACQUIRED;
}

static uint64_t call_info(const struct cpu *cpu, const struct frame *f)
{
    uint64_t endpoint = 0;
    if (f->endpoint != NO_ENDPOINT) {
        endpoint = (f->endpoint - f->task->image->endpoint_first) & 0xff;
    }
    return (uint64_t)atomic_load_explicit(&f->task->generation, memory_order_relaxed) |
           (uint64_t)cpu->index << 32 | endpoint << 40 | (uint64_t)f->activation << 48 |
           (uint64_t)f->replayed << 52;
}

/* Enter the task of `f` at its entry point: COMMIT POINT of the way in, nothing fails from here. */
static void upcall(struct cpu *cpu, const struct frame *f, uint32_t operation,
                   const uint64_t args[SVSM_ARGS])
{
    const struct svsm_image_task *image = f->task->image;
    task_enter(cpu, f->task, f->activation);
    cpu->regs = (struct regs){
        .rdi = operation,
        .rsi = args[0],
        .rdx = args[1],
        .r10 = args[2],
        .r8 = args[3],
        .r9 = call_info(cpu, f),
        .rip = image->entry,
        .rflags = RFLAGS_START,
        .rsp = SVSM_STACK_VA + (f->activation + 1) * SVSM_STACK_STRIDE,
    };
    cpu->full_restore = 0;
}

/* Not OK: it was the guest's memory, and is gone, or somebody else's just now. */
static enum status window_copy_in(struct cpu *cpu, const struct frame *f,
                                  const struct window_in *in)
{
    uint8_t *request = AT(f->task->activations, f->activation).request;
    if (in->owner == 0) {
        return port_guest_read(request, in->va, in->size);
    }
    const struct frame *owner = &AT(cpu->chain.frames, in->owner);
    if (cpu->entered != owner->task) {
        task_enter(cpu, owner->task, owner->activation);
    }
    port_copy_in(request, (uva_t){in->va}, in->size);
    return OK;
}

/* The caller misused the call: drop the frame above it and blame the caller. */
static enum next caller_fault(struct cpu *cpu, enum svsm_fault_cause cause, uint64_t address)
{
    struct chain *chain = &cpu->chain;
    struct frame *f = &AT(chain->frames, chain->depth);
    call_release(cpu, f->task, f->activation);
    chain->depth--;
    CHECK(chain->depth > 0);
    const struct frame *caller = &AT(chain->frames, chain->depth);
    task_enter(cpu, caller->task, caller->activation);
    kept_resume(cpu, &caller->kept, 0, no_results);
    return fault_raise(cpu, cause, address);
}

/* Whose memory is it: a task's below, or the guest's? The root calls nothing with buffers. */
static uint32_t buffers_decode(const struct chain *chain, struct frame *f,
                               const struct svsm_image_operation *o, struct window_in *in,
                               uint64_t seen[SVSM_ARGS], uint64_t *bad_address)
{
    return chain->depth == 1 ? guest_call_decode(f, o, in, seen)
                             : call_decode(chain, f, o, in, seen, bad_address);
}

enum next call_begin(struct cpu *cpu)
{
    struct chain *chain = &cpu->chain;
    struct frame *f = &AT(chain->frames, chain->depth);
    struct task *t = f->task;
    struct window_in in = {0};
    uint64_t bad_address = 0;
    f->ticks = 0;
    f->waiting = false;
    f->lease_count = 0;
    f->stage_count = 0;
    f->stage_used = 0;
    f->reply_capacity = 0;
    f->reply_through = 0;
    f->initialising = false;
    unsigned life = atomic_load_explicit(&t->life, memory_order_relaxed);
    if (__builtin_expect(life != SVSM_TASK_READY, 0)) {
        if (life == SVSM_TASK_WITHDRAWN) {
            return call_unwind(cpu, SVSM_ERR_WITHDRAWN);
        }
        f->initialising = true;
        upcall(cpu, f, SVSM_OP_INIT, no_results);
        return NEXT_RUN;
    }
    if (__builtin_expect(f->operation == SVSM_OP_INIT, 0)) {
        return call_unwind(cpu, SVSM_SUCCESS); /* somebody's call was quicker */
    }
    uint64_t seen[SVSM_ARGS] = {f->args[0], f->args[1], f->args[2], f->args[3]};
    if (f->endpoint != NO_ENDPOINT) {
        const struct svsm_image_operation *o =
            image_operation(image_endpoint(f->endpoint)->operation_first + f->operation);
        if (o->buffer_count != 0) {
            uint32_t bad = buffers_decode(chain, f, o, &in, seen, &bad_address);
            if (bad == CALL_FAULT_POINTER) {
                return caller_fault(cpu, SVSM_FAULT_POINTER, bad_address);
            }
            if (bad == CALL_FAULT_LEASE) {
                return caller_fault(cpu, SVSM_FAULT_LEASE, bad_address);
            }
            if (bad != 0) {
                return call_unwind(cpu, bad);
            }
            bad = in.size == 0 ? 0 : guest_call_status(window_copy_in(cpu, f, &in));
            if (bad != 0) {
                return call_unwind(cpu, bad);
            }
        }
    }
    upcall(cpu, f, f->operation, seen);
    return NEXT_RUN;
}

/* Go on with a parked call: the same buffers are lent anew, the request window is as it was. */
static enum next parked_resume(struct cpu *cpu)
{
    struct chain *chain = &cpu->chain;
    struct frame *f = &AT(chain->frames, chain->depth);
    struct window_in in = {0};
    uint64_t seen[SVSM_ARGS] = {0};
    uint64_t bad_address = 0;
    f->ticks = f->task->parked.ticks;
    f->replayed = f->task->parked.replayed;
    f->no_replay = f->task->parked.no_replay;
    if (f->endpoint != NO_ENDPOINT) {
        const struct svsm_image_operation *o =
            image_operation(image_endpoint(f->endpoint)->operation_first + f->operation);
        /* Same arguments, same caller, constant areas: what passed once passes again, unless the
         * caller's own leases are others now, or the guest's memory is gone. Then the parked work
         * is given up. */
        uint32_t bad = buffers_decode(chain, f, o, &in, seen, &bad_address);
        if (bad == SVSM_ERR_BUSY) {
            /* The guest's memory, so it is the first frame: no effect at all, and told by whoever
             * began it. */
            CHECK(chain->depth == 1);
            chain->depth = 0;
            atomic_store(&f->task->activations[0].owner, ACTIVATION_PARKED);
            return NEXT_IDLE;
        }
        if (bad != 0) {
            fault_put_right(cpu, f->task);
            return chain->depth == 1 ? call_unwind(cpu, bad)
                                     : caller_fault(cpu, SVSM_FAULT_LEASE, bad_address);
        }
    }
    task_enter(cpu, f->task, f->activation);
    kept_resume(cpu, &f->task->parked.kept, SVSM_SUCCESS, no_results);
    return NEXT_RUN;
}

static void frame_init(struct frame *f, struct task *t, uint32_t endpoint, uint32_t operation)
{
    f->task = t;
    f->activation = 0;
    f->endpoint = endpoint;
    f->operation = operation;
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
}

enum next call_from_task(struct cpu *cpu)
{
    struct chain *chain = &cpu->chain;
    struct regs *r = &cpu->regs;
    struct frame *caller = &AT(chain->frames, chain->depth);
    const struct svsm_image_handle *h =
        handle_find(caller->task->image, r->rdi, SVSM_HANDLE_ENDPOINT);
    if (h == NULL) {
        return fault_raise(cpu, SVSM_FAULT_HANDLE, r->rdi);
    }
    const struct svsm_image_endpoint *e = image_endpoint(h->object);
    struct task *t = &AT(tasks, e->task);
    uint64_t operation = r->rsi;
    uint32_t refused = SVSM_SUCCESS;
    uint32_t flags = 0;
    if (operation >= e->operation_count ||
        ((flags = image_operation(e->operation_first + (uint32_t)operation)->flags) &
         SVSM_OPERATION_VALID) == 0) {
        refused = SVSM_ERR_UNSUPPORTED_CALL;
    } else if (chain->depth >= SVSM_CALL_DEPTH_MAX) {
        refused = SVSM_ERR_TOO_DEEP;
    } else if (atomic_load_explicit(&t->life, memory_order_relaxed) == SVSM_TASK_WITHDRAWN) {
        refused = SVSM_ERR_WITHDRAWN;
    }
    kept_save(&caller->kept, r);
    if (refused != SVSM_SUCCESS) {
        kept_resume(cpu, &caller->kept, refused, no_results);
        return NEXT_RUN;
    }
    chain->depth++;
    struct frame *f = &AT(chain->frames, chain->depth);
    frame_init(f, t, h->object, (uint32_t)operation);
    f->args[0] = r->rdx;
    f->args[1] = r->r10;
    f->args[2] = r->r8;
    f->args[3] = r->r9;
    enum acquired got = frame_acquire(cpu, f);
    if (got == NOT_ACQUIRED) {
        chain->depth--;
        kept_resume(cpu, &caller->kept, SVSM_ERR_BUSY, no_results);
        return NEXT_RUN;
    }
    caller->no_replay = caller->no_replay || (flags & SVSM_OPERATION_IDEMPOTENT) == 0;
    if (got == ACQUIRED_PARKED) {
        return parked_resume(cpu);
    }
    count(&t->calls);
    return NEXT_BEGIN;
}

/* The first frame of a chain. NEXT_IDLE: its task is busy. */
static enum next first_push(struct cpu *cpu, struct task *t, uint32_t endpoint, uint32_t operation,
                            const uint64_t args[SVSM_ARGS])
{
    struct chain *chain = &cpu->chain;
    chain->depth = 1;
    struct frame *f = &AT(chain->frames, chain->depth);
    frame_init(f, t, endpoint, operation);
    for (uint32_t i = 0; i < SVSM_ARGS; i++) {
        f->args[i] = args[i];
    }
    enum acquired got = frame_acquire(cpu, f);
    if (got == NOT_ACQUIRED) {
        chain->depth = 0;
        return NEXT_IDLE;
    }
    if (got == ACQUIRED_PARKED) {
        return parked_resume(cpu);
    }
    count(&t->calls);
    return NEXT_BEGIN;
}

enum next call_from_root(struct cpu *cpu, struct task *t, uint32_t endpoint, uint32_t operation,
                         uint64_t argument)
{
    CHECK(cpu->chain.depth == 0);
    if (atomic_load(&t->life) == SVSM_TASK_WITHDRAWN) {
        return NEXT_IDLE;
    }
    const uint64_t args[SVSM_ARGS] = {argument, 0, 0, 0};
    return first_push(cpu, t, endpoint, operation, args);
}

enum next call_from_guest(struct cpu *cpu, uint32_t endpoint, uint32_t operation,
                          const uint64_t args[SVSM_ARGS])
{
    CHECK(cpu->chain.depth == 0 && cpu->chain.guest);
    return first_push(cpu, &AT(tasks, image_endpoint(endpoint)->task), endpoint, operation, args);
}

/* Hand results to the frame below, which is on top now, or to the root. */
static enum next caller_resume(struct cpu *cpu, uint64_t result, const uint64_t out[SVSM_ARGS])
{
    struct chain *chain = &cpu->chain;
    if (chain->depth == 0) {
        if (chain->guest) {
            guest_call_answer(cpu, (uint32_t)result, out);
        }
        return NEXT_ROOT;
    }
    const struct frame *caller = &AT(chain->frames, chain->depth);
    /* It is entered already if it just got its buffers; a task stands in a chain only once. */
    if (cpu->entered != caller->task) {
        task_enter(cpu, caller->task, caller->activation);
    }
    kept_resume(cpu, &caller->kept, result, out);
    return NEXT_RUN;
}

/* A frame that only initialised its task has returned: commit, then the call it was entered for. */
static enum next initialised(struct cpu *cpu, struct frame *f, uint64_t result)
{
    struct task *t = f->task;
    if (result != SVSM_SUCCESS) {
        return fault_raise(cpu, SVSM_FAULT_PANIC, result);
    }
    if (t->image->policy == SVSM_POLICY_ROLLBACK) {
        state_commit(t);
    }
    atomic_store(&t->life, SVSM_TASK_READY);
    if (f->operation == SVSM_OP_INIT) {
        call_release(cpu, t, f->activation);
        cpu->chain.depth--;
        return caller_resume(cpu, SVSM_SUCCESS, no_results);
    }
    return NEXT_BEGIN;
}

/* The last steps of a return to the guest, or to the root. The call has happened, even where its
 * answer is lost (guest.h). */
static enum next returned_to_guest(struct cpu *cpu, struct frame *f, uint64_t result,
                                   uint64_t reply_len, const uint64_t out[SVSM_ARGS])
{
    bool told = guest_call_commit(f, reply_len);
    cpu->chain.depth--;
    call_release(cpu, f->task, f->activation);
    return told ? caller_resume(cpu, result, out)
                : caller_resume(cpu, SVSM_ERR_INVALID_ADDRESS, no_results);
}

enum next call_return(struct cpu *cpu)
{
    struct chain *chain = &cpu->chain;
    struct regs *r = &cpu->regs;
    struct frame *f = &AT(chain->frames, chain->depth);
    struct task *t = f->task;
    uint64_t result = r->rdi;
    uint64_t reply_len = r->rsi;
    uint64_t out[SVSM_ARGS] = {r->rdx, r->r10, r->r8, r->r9};
    if (result > UINT32_MAX) {
        return fault_raise(cpu, SVSM_FAULT_ARGUMENT, result);
    }
    if (__builtin_expect(f->initialising, 0)) {
        return initialised(cpu, f, result);
    }
    if (reply_len > f->reply_capacity) {
        return fault_raise(cpu, SVSM_FAULT_REPLY, reply_len);
    }
    /* COMMIT POINT: first the task's state, then the caller's memory; neither can fail. */
    if (t->image->policy == SVSM_POLICY_ROLLBACK) {
        state_commit(t);
    }
    if (__builtin_expect(chain->depth == 1, 0)) {
        return returned_to_guest(cpu, f, result, reply_len, out);
    }
    if (f->stage_count != 0) {
        lease_commit(cpu, f);
    }
    if (f->reply_capacity != 0) {
        lease_reply(cpu, f, reply_len);
        if (f->reply_length < SVSM_ARGS) {
            out[f->reply_length] = reply_len;
        }
    }
    chain->depth--;
    call_release(cpu, t, f->activation);
    return caller_resume(cpu, result, out);
}

enum next call_yield(struct cpu *cpu)
{
    struct chain *chain = &cpu->chain;
    struct frame *f = &AT(chain->frames, chain->depth);
    struct task *t = f->task;
    /* Nobody repeats an event or an initialisation. */
    if (t->image->activations > 1 || f->initialising || f->stage_count != 0 ||
        f->endpoint == NO_ENDPOINT) {
        return fault_raise(cpu, SVSM_FAULT_ARGUMENT, 0);
    }
    t->parked = (struct parked){
        .vcpu = cpu->index,
        .caller = caller_of(chain, chain->depth),
        .endpoint = f->endpoint,
        .operation = f->operation,
        .ticks = f->ticks,
        .replayed = f->replayed,
        .no_replay = f->no_replay,
        .since_ns = port_now_ns(),
        .args = {f->args[0], f->args[1], f->args[2], f->args[3]},
        .guest_area = chain->guest_area,
    };
    kept_save(&t->parked.kept, &cpu->regs);
    chain->depth--;
    atomic_store_explicit(&t->activations[0].owner, ACTIVATION_PARKED, memory_order_release);
    return caller_resume(cpu, SVSM_ERR_INCOMPLETE, no_results);
}

enum next call_unwind(struct cpu *cpu, uint32_t result)
{
    struct chain *chain = &cpu->chain;
    struct frame *f = &AT(chain->frames, chain->depth);
    chain->depth--;
    call_release(cpu, f->task, f->activation);
    return caller_resume(cpu, result, no_results);
}
