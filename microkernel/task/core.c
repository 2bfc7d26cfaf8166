/* SPDX-License-Identifier: MIT */
/*
 * The entries into the core (core.h): system calls, exceptions, ticks, idle. Each makes one step
 * and turns the wheel until there is something to run, or nothing.
 */
#include <task/core.h>
#include <task/call.h>
#include <task/control.h>
#include <task/event.h>
#include <task/fast.h>
#include <task/fault.h>
#include <task/guest_call.h>
#include <task/handle.h>
#include <task/image.h>
#include <task/io.h>
#include <task/lease.h>
#include <task/platform.h>
#include <task/port.h>
#include <task/range.h>
#include <log/log.h>
#include <svsm/abi/result.h>

#define LOG_BURST 100u /* records a task may write in a second */
#define SECOND_NS UINT64_C(1000000000)

void core_init(const struct svsm_image_header *image)
{
    const char *bad = image_check(image, image->size);
    if (bad != NULL) {
        port_stop(bad);
    }
    image_use(image);
    event_init();
    platform_init();
    task_count = image->task_count;
    for (uint32_t i = 0; i < task_count; i++) {
        task_setup(&AT(tasks, i), image_task(i), i);
    }
    fast_bind();
}

static bool settle(struct cpu *cpu, enum next next)
{
    for (;;) {
        switch (next) {
        case NEXT_RUN:
            return true;
        case NEXT_IDLE:
            return false;
        case NEXT_ROOT:
            next = event_root(cpu);
            break;
        case NEXT_BEGIN:
            next = call_begin(cpu);
            break;
        case NEXT_FAULT:
            next = fault_handle(cpu);
            break;
        default:
            CHECK(false);
        }
    }
}

static enum next sys_lease_read(struct cpu *cpu, struct frame *f)
{
    struct regs *r = &cpu->regs;
    const struct lease *l = lease_find(f, r->rdi, r->rsi, r->r10, SVSM_BUFFER_READ);
    if (l == NULL) {
        return fault_raise(cpu, SVSM_FAULT_LEASE, r->rdi);
    }
    if (!range_ok(f->task, r->rdx, r->r10, true)) {
        return fault_raise(cpu, SVSM_FAULT_POINTER, r->rdx);
    }
    bool there = lease_copy_in(cpu, l, r->rsi, (uva_t){r->rdx}, r->r10);
    r->rax = there ? SVSM_SUCCESS : SVSM_ERR_INVALID_ADDRESS;
    r->rdx = 0;
    return NEXT_RUN;
}

static enum next sys_lease_write(struct cpu *cpu, struct frame *f)
{
    struct regs *r = &cpu->regs;
    const struct lease *l = lease_find(f, r->rdi, r->rsi, r->r10, SVSM_BUFFER_WRITE);
    if (l == NULL) {
        return fault_raise(cpu, SVSM_FAULT_LEASE, r->rdi);
    }
    if (!range_ok(f->task, r->rdx, r->r10, false)) {
        return fault_raise(cpu, SVSM_FAULT_POINTER, r->rdx);
    }
    if (!lease_stage(cpu, l, r->rdi, r->rsi, (uva_t){r->rdx}, r->r10)) {
        return fault_raise(cpu, SVSM_FAULT_LEASE, r->rdi);
    }
    r->rax = SVSM_SUCCESS;
    return NEXT_RUN;
}

static enum next sys_notify(struct cpu *cpu, struct frame *f)
{
    struct regs *r = &cpu->regs;
    const struct svsm_image_handle *h = handle_find(f->task->image, r->rdi, SVSM_HANDLE_EVENT);
    if (h == NULL || (r->rsi & ~h->rights) != 0) {
        return fault_raise(cpu, SVSM_FAULT_HANDLE, r->rdi);
    }
    event_post(&AT(tasks, h->object), r->rsi);
    r->rax = SVSM_SUCCESS;
    return NEXT_RUN;
}

/* May the task write a record now? Counts those it may not. */
static bool log_allowed(struct task *t)
{
    uint64_t now = port_now_ns();
    uint64_t refilled = atomic_load(&t->log_refill_ns);
    if (refilled == 0 || now - refilled >= SECOND_NS) {
        atomic_store(&t->log_refill_ns, now | 1); /* zero means never */
        atomic_store(&t->log_tokens, LOG_BURST);
    }
    unsigned tokens = atomic_load(&t->log_tokens);
    while (tokens != 0) {
        if (atomic_compare_exchange_weak(&t->log_tokens, &tokens, tokens - 1)) {
            return true;
        }
    }
    atomic_fetch_add(&t->log_dropped, 1);
    return false;
}

static void log_text(struct cpu *cpu, struct task *t, enum svsm_log_level level, uint64_t va,
                     uint64_t size)
{
    char text[SVSM_LOG_TEXT_MAX];
    size_t len = size < sizeof(text) ? (size_t)size : sizeof(text);
    port_copy_in(text, (uva_t){va}, len);
    log_write(cpu->index, t->index, level, text, len, atomic_exchange(&t->log_dropped, 0));
}

static enum next sys_log(struct cpu *cpu, struct frame *f)
{
    struct regs *r = &cpu->regs;
    if (r->rdi >= SVSM_LOG_LEVELS) {
        return fault_raise(cpu, SVSM_FAULT_ARGUMENT, r->rdi);
    }
    if (!range_ok(f->task, r->rsi, r->rdx, false)) {
        return fault_raise(cpu, SVSM_FAULT_POINTER, r->rsi);
    }
    if (log_allowed(f->task)) {
        log_text(cpu, f->task, (enum svsm_log_level)r->rdi, r->rsi, r->rdx);
    }
    r->rax = SVSM_SUCCESS;
    return NEXT_RUN;
}

static enum next sys_random(struct cpu *cpu, struct frame *f)
{
    struct regs *r = &cpu->regs;
    uint8_t bytes[SVSM_RANDOM_MAX];
    if (r->rsi > sizeof(bytes)) {
        return fault_raise(cpu, SVSM_FAULT_ARGUMENT, r->rsi);
    }
    if (!range_ok(f->task, r->rdi, r->rsi, true)) {
        return fault_raise(cpu, SVSM_FAULT_POINTER, r->rdi);
    }
    if (!port_random(bytes, r->rsi)) {
        r->rax = SVSM_ERR_NO_ENTROPY;
        return NEXT_RUN;
    }
    port_copy_out((uva_t){r->rdi}, bytes, r->rsi);
    memset(bytes, 0, sizeof(bytes));
    __asm__ volatile("" : : "r"(bytes) : "memory"); /* SAFETY: empty, keeps the memset */
    r->rax = SVSM_SUCCESS;
    return NEXT_RUN;
}

static enum next sys_panic(struct cpu *cpu, struct frame *f)
{
    const struct regs *r = &cpu->regs;
    if (!range_ok(f->task, r->rsi, r->rdx, false)) {
        return fault_raise(cpu, SVSM_FAULT_POINTER, r->rsi);
    }
    if (log_allowed(f->task)) {
        log_text(cpu, f->task, SVSM_LOG_ERROR, r->rsi, r->rdx);
    }
    return fault_raise(cpu, SVSM_FAULT_PANIC, r->rdi);
}

/* Registers that no system call but CALL hands back are zero afterwards. */
static enum next plain(struct cpu *cpu, enum next next)
{
    struct regs *r = &cpu->regs;
    if (next == NEXT_RUN) {
        r->rdi = 0;
        r->rsi = 0;
        r->rdx = 0;
        r->r10 = 0;
        r->r8 = 0;
        r->r9 = 0;
    }
    return next;
}

static enum next dispatch(struct cpu *cpu, struct frame *f)
{
    switch (cpu->regs.rax) {
    case SVSM_SYS_RETURN:
        return call_return(cpu);
    case SVSM_SYS_CALL:
        return call_from_task(cpu);
    case SVSM_SYS_LEASE_READ:
        return plain(cpu, sys_lease_read(cpu, f));
    case SVSM_SYS_LEASE_WRITE:
        return plain(cpu, sys_lease_write(cpu, f));
    case SVSM_SYS_NOTIFY:
        return plain(cpu, sys_notify(cpu, f));
    case SVSM_SYS_YIELD:
        return call_yield(cpu);
    case SVSM_SYS_LOG:
        return plain(cpu, sys_log(cpu, f));
    case SVSM_SYS_RANDOM:
        return plain(cpu, sys_random(cpu, f));
    case SVSM_SYS_SNP_REQUEST:
        return plain(cpu, platform_request(cpu));
    case SVSM_SYS_HOST_IO:
        return plain(cpu, io_access(cpu));
    case SVSM_SYS_TASK_CTL:
        return plain(cpu, control_call(cpu));
    case SVSM_SYS_PANIC:
        return sys_panic(cpu, f);
    case SVSM_SYS_TIMER_SET:
        return event_timer_set(cpu);
    default:
        return fault_raise(cpu, SVSM_FAULT_SYSCALL, cpu->regs.rax);
    }
}

/* Somebody asked for a closer look at the task. SVSM_FAULT_NONE: go on. */
static enum svsm_fault_cause attend(struct task *t, unsigned attention, bool syscall)
{
    if ((attention & (ATTENTION_BROKEN | ATTENTION_KILL)) != 0) {
        return SVSM_FAULT_KILLED;
    }
    unsigned long long left = atomic_load(&t->inject_syscall);
    if (syscall && left != 0) {
        atomic_store(&t->inject_syscall,
                     left > 1 ? left - 1 : atomic_exchange(&t->inject_again, 0));
        if (left == 1) {
            return SVSM_FAULT_INJECTED;
        }
    }
    left = atomic_load(&t->inject_ns);
    if (!syscall && left != 0) {
        atomic_store(&t->inject_ns, left > TICK_NS ? left - TICK_NS : 0);
        if (left <= TICK_NS) {
            return SVSM_FAULT_INJECTED;
        }
    }
    return SVSM_FAULT_NONE;
}

/* Apart, so that what the short way needs of the stack stays small. */
[[gnu::noinline]] static bool syscall_ordinary(struct cpu *cpu, struct frame *f, unsigned attention)
{
    uint64_t number = cpu->regs.rax;
    f->syscall = number < 0xff ? (uint8_t)number : 0xff;
    if (attention != 0) {
        enum svsm_fault_cause cause = attend(f->task, attention, true);
        if (cause != SVSM_FAULT_NONE) {
            return settle(cpu, fault_raise(cpu, cause, 0));
        }
    }
    return settle(cpu, dispatch(cpu, f));
}

bool core_syscall(struct cpu *cpu)
{
    uint32_t depth = cpu->chain.depth;
    CHECK(depth <= SVSM_CALL_DEPTH_MAX);
    struct frame *f = cpu->chain.frames + depth; /* checked above: AT() would look twice */
    struct task *t = f->task;
    uint64_t number = cpu->regs.rax;
    unsigned attention = atomic_load_explicit(&t->attention, memory_order_relaxed);
    count(&t->syscalls);
    if (__builtin_expect(attention == 0, 1)) {
        if (number == SVSM_SYS_RETURN ? fast_return(cpu, f)
                                      : number == SVSM_SYS_CALL && fast_call(cpu, f)) {
            return true;
        }
    }
    return syscall_ordinary(cpu, f, attention);
}

/* A page fault just below the stack in use is a stack that grew too large. */
static bool in_stack_guard(const struct frame *f, uint64_t address)
{
    uint64_t end = SVSM_STACK_VA + (f->activation + 1) * SVSM_STACK_STRIDE;
    uint64_t low = end - f->task->image->stack_pages * SVSM_PAGE_SIZE;
    return address < low && low - address <= SVSM_PAGE_SIZE;
}

bool core_exception(struct cpu *cpu, uint64_t address)
{
    struct frame *f = &AT(cpu->chain.frames, cpu->chain.depth);
    f->syscall = 0xff;
    if (cpu->regs.vector == 14 && in_stack_guard(f, address)) {
        return settle(cpu, fault_raise(cpu, SVSM_FAULT_STACK, address));
    }
    return settle(cpu, fault_raise(cpu, SVSM_FAULT_EXCEPTION, address));
}

bool core_interrupted(struct cpu *cpu)
{
    struct frame *f = &AT(cpu->chain.frames, cpu->chain.depth);
    if ((atomic_load(&f->task->attention) & (ATTENTION_BROKEN | ATTENTION_KILL)) == 0) {
        return true;
    }
    f->syscall = 0xff;
    return settle(cpu, fault_raise(cpu, SVSM_FAULT_KILLED, 0));
}

bool core_tick(struct cpu *cpu)
{
    struct frame *f = &AT(cpu->chain.frames, cpu->chain.depth);
    struct task *t = f->task;
    f->ticks++;
    unsigned attention = atomic_load(&t->attention);
    if (attention != 0) {
        enum svsm_fault_cause cause = attend(t, attention, false);
        if (cause != SVSM_FAULT_NONE) {
            f->syscall = 0xff;
            return settle(cpu, fault_raise(cpu, cause, 0));
        }
    }
    if (t->budget_ticks != 0 && f->ticks > t->budget_ticks) {
        f->syscall = 0xff;
        return settle(cpu, fault_raise(cpu, SVSM_FAULT_BUDGET, 0));
    }
    return true;
}

bool core_guest(struct cpu *cpu, const struct guest_call *call)
{
    return settle(cpu, guest_call_begin(cpu, call));
}

bool core_resume(struct cpu *cpu)
{
    if (cpu->chain.depth == 0) {
        return settle(cpu, NEXT_ROOT);
    }
    CHECK(AT(cpu->chain.frames, cpu->chain.depth).waiting);
    return settle(cpu, event_wait_poll(cpu));
}
