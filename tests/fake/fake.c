/* SPDX-License-Identifier: MIT */
/* The fake platform: vCPUs, task programs on stacks of their own, and port.h. See fake.h. */
#include "fake.h"
#include "fake_image.h"
#include "fake_native.h"
#include "sanitizer.h"
#include "switch.h"

#include <guest/guest.h>
#include <task/core.h>
#include <task/guest.h>
#include <task/port.h>
#include <log/log.h>

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STACK_BYTES (256 * 1024)
#define RIP_RESUME UINT64_C(0x00600000) /* "behind the system call" */

enum entry { ENTRY_SYSCALL, ENTRY_EXCEPTION };

/* One activation's program in execution. */
struct strand {
    void *at; /* where it stands while ring 0 runs */
    struct fake_upcall up;
    uint8_t *stack;
    size_t size;
    uint8_t *own; /* the stack, unless the task brings its own */
};

static struct {
    struct cpu cpus[FAKE_VCPUS];
    bool running[FAKE_VCPUS];
    unsigned ticks[FAKE_VCPUS];
    struct strand strands[SVSM_TASKS_MAX][SVSM_ACTIVATIONS_MAX];
    fake_program *programs[SVSM_TASKS_MAX];
    void *scheduler;
    const void *scheduler_stack; /* as ASan knows it */
    size_t scheduler_size;
    void *scheduler_fibre;
    struct cpu *current;
    struct strand *strand;
    enum entry entry;
    uint64_t address;
    uint64_t now;
    const char *stopped;
    jmp_buf stop;
    bool stoppable; /* `stop` is valid */
} fake;

bool fake_entropy = true;
fake_log *fake_log_hook;
uint8_t (*fake_in)(uint16_t port);
void (*fake_out)(uint16_t port, uint8_t value);
uint32_t fake_kicks;

struct task *fake_task_get(uint32_t index)
{
    return &tasks[index];
}

struct cpu *fake_cpu(uint32_t vcpu)
{
    return &fake.cpus[vcpu];
}

const char *fake_stopped(void)
{
    return fake.stopped;
}

void *fake_memory(const struct task *t, uint64_t va)
{
    return fake_image_memory(t, va);
}

void fake_pass(uint64_t ns)
{
    fake.now += ns;
}

void fake_tick_next_step(uint32_t vcpu, unsigned ticks)
{
    fake.ticks[vcpu] = ticks;
}

static void machine_reset(void)
{
    memset(fake.cpus, 0, sizeof(fake.cpus));
    memset(fake.running, 0, sizeof(fake.running));
    memset(fake.ticks, 0, sizeof(fake.ticks));
    fake.now = 1000000000;
    fake.stopped = NULL;
    fake.stoppable = false;
    fake_entropy = true;
    fake_kicks = 0;
    fake_guest_reset();
    fake_psp.key_given = false;
    fake_psp.scale = fake_psp.offset = fake_psp.factor = 0;
    for (uint32_t i = 0; i < FAKE_VCPUS; i++) {
        fake.cpus[i].index = i;
    }
}

void fake_boot(const struct fake_task *list, uint32_t count, uint32_t boot_task,
               uint32_t boot_vcpus)
{
    machine_reset();
    for (uint32_t i = 0; i < count; i++) {
        fake.programs[i] = list[i].program;
    }
    core_init(fake_image_build(list, count, boot_task, boot_vcpus));
    fake_native_forget();
    fake_image_place();
}

void fake_boot_image(const struct svsm_image_header *header, const struct fake_native *natives)
{
    machine_reset();
    core_init(header);
    for (uint32_t i = 0; i < task_count; i++) {
        fake.programs[i] = natives[i].program;
    }
    fake_native_place(header, natives);
}

uint64_t fake_now(void)
{
    return fake.now;
}

const struct fake_upcall *fake_upcall_now(void)
{
    return &fake.strand->up;
}

static void strand_main(void)
{
    struct strand *s = fake.strand;
    fibre_arrived(NULL, &fake.scheduler_stack, &fake.scheduler_size);
    fake.programs[s->up.task->index](&s->up);
    fake_return(0, 0, 0);
}

/* Start the program of a fresh upcall on its own stack. */
static void strand_start(struct strand *s, struct task *t)
{
    const struct regs *r = &fake.current->regs;
    const struct frame *f = &fake.current->chain.frames[fake.current->chain.depth];
    s->size = STACK_BYTES;
    s->stack = fake_native_stack(t, f->activation, &s->size);
    if (s->stack == NULL) {
        if (s->own == NULL) {
            s->own = malloc(STACK_BYTES);
        }
        s->stack = s->own;
    }
    ASAN_UNPOISON_MEMORY_REGION(s->stack, s->size); /* an abandoned program's red zones */
    s->up = (struct fake_upcall){
        .task = t,
        .vcpu = fake.current->index,
        .operation = (uint32_t)r->rdi,
        .args = {r->rsi, r->rdx, r->r10, r->r8},
        .info = r->r9,
    };
    fake_native_args(f, s->up.args);
    s->at = fake_switch_new(s->stack, s->size, strand_main);
}

/* Run the task on top of the chain until it enters ring 0. */
static void strand_run(struct cpu *cpu)
{
    const struct frame *f = &cpu->chain.frames[cpu->chain.depth];
    struct strand *s = &fake.strands[f->task->index][f->activation];
    fake.current = cpu;
    fake.strand = s;
    if (cpu->regs.rip != RIP_RESUME) {
        strand_start(s, f->task);
    }
    fake_native_guard(f, true);
    fibre_leave(&fake.scheduler_fibre, s->stack, s->size);
    fake_switch(&fake.scheduler, s->at);
    fibre_arrived(fake.scheduler_fibre, NULL, NULL);
    fake_native_guard(f, false);
    fake_image_written(f->task);
}

static bool enter_core(struct cpu *cpu)
{
    if (fake.entry == ENTRY_SYSCALL) {
        return core_syscall(cpu);
    }
    return core_exception(cpu, fake.address);
}

static bool step(uint32_t vcpu)
{
    struct cpu *cpu = &fake.cpus[vcpu];
    if (!fake.running[vcpu]) {
        fake.running[vcpu] = core_resume(cpu);
        return fake.running[vcpu];
    }
    while (fake.ticks[vcpu] > 0 && fake.running[vcpu]) {
        const struct task *before = cpu->chain.frames[cpu->chain.depth].task;
        fake.ticks[vcpu]--;
        fake.now += TICK_NS;
        fake.running[vcpu] = core_tick(cpu);
        if (cpu->regs.rip != RIP_RESUME || cpu->chain.frames[cpu->chain.depth].task != before) {
            fake.ticks[vcpu] = 0; /* the tick ended the upcall */
        }
    }
    if (!fake.running[vcpu]) {
        return true;
    }
    strand_run(cpu);
    fake.running[vcpu] = enter_core(cpu);
    return true;
}

bool fake_step(uint32_t vcpu)
{
    volatile bool more = false;
    if (fake.stopped == NULL && setjmp(fake.stop) == 0) {
        fake.stoppable = true;
        more = step(vcpu);
    }
    fake.stoppable = false;
    return more && fake.stopped == NULL;
}

void fake_guest_call(uint32_t vcpu, uint64_t rax, const uint64_t args[SVSM_ARGS])
{
    const struct guest_call call = {
        (uint32_t)(rax >> 32), (uint32_t)rax, args[0], args[1], args[2], args[3],
        fake_guest_areas[vcpu]};
    if (fake.stopped == NULL && setjmp(fake.stop) == 0) {
        fake.stoppable = true;
        fake.running[vcpu] = core_guest(&fake.cpus[vcpu], &call);
    }
    fake.stoppable = false;
}

void fake_run(uint32_t vcpu, unsigned limit)
{
    for (unsigned i = 0; i < limit; i++) {
        if (!fake_step(vcpu)) {
            return;
        }
    }
    fprintf(stderr, "fake_run: vCPU %u still busy after %u steps\n", vcpu, limit);
    abort();
}

/* Leave the program for ring 0; comes back when the core resumes this strand. */
static void trap(enum entry entry)
{
    struct strand *s = fake.strand;
    void *fibre = NULL;
    fake.entry = entry;
    fibre_leave(&fibre, fake.scheduler_stack, fake.scheduler_size);
    fake_switch(&s->at, fake.scheduler);
    fibre_arrived(fibre, &fake.scheduler_stack, &fake.scheduler_size);
}

struct fake_result fake_syscall(uint64_t number, uint64_t rdi, uint64_t rsi, uint64_t rdx,
                                uint64_t r10, uint64_t r8, uint64_t r9)
{
    struct cpu *cpu = fake.current;
    cpu->regs = (struct regs){
        .rax = number,
        .rdi = rdi,
        .rsi = rsi,
        .rdx = rdx,
        .r10 = r10,
        .r8 = r8,
        .r9 = r9,
        .rip = RIP_RESUME,
        .rflags = 0x202,
    };
    trap(ENTRY_SYSCALL);
    const struct regs *r = &fake.current->regs;
    return (struct fake_result){r->rax, r->rdx, r->r10, r->r8, r->r9};
}

void fake_return(uint64_t result, uint64_t reply_len, uint64_t out0)
{
    (void)fake_syscall(SVSM_SYS_RETURN, result, reply_len, out0, 0, 0, 0);
    fprintf(stderr, "fake_return came back\n");
    abort();
}

void fake_exception(uint64_t vector, uint64_t address)
{
    fake.current->regs = (struct regs){.vector = vector, .rip = RIP_RESUME, .rflags = 0x202};
    fake.address = address;
    trap(ENTRY_EXCEPTION);
    fprintf(stderr, "a faulted program was resumed\n");
    abort();
}

/* port.h from here on. */

void port_enter(struct cpu *cpu, const struct task *t, uint32_t activation)
{
    (void)activation;
    fake_image_enter(cpu, t);
}

uint64_t port_now_ns(void)
{
    return fake.now;
}

void port_kick(uint32_t vcpu)
{
    fake_kicks |= 1u << vcpu;
}

void port_wake_at(struct cpu *cpu, uint64_t ns)
{
    (void)cpu;
    (void)ns;
}

bool port_random(void *dst, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        ((uint8_t *)dst)[i] = (uint8_t)(rand() >> 7);
    }
    return fake_entropy;
}

uint32_t port_in(uint16_t port, unsigned size)
{
    return fake_in != NULL ? fake_in(port) : port + size;
}

void port_out(uint16_t port, unsigned size, uint32_t value)
{
    (void)size;
    if (fake_out != NULL) {
        fake_out(port, (uint8_t)value);
    }
}

void port_report_fault(struct cpu *cpu, const struct task *t, const struct svsm_fault *fault)
{
    (void)cpu;
    (void)t;
    (void)fault;
}

void port_stop(const char *why)
{
    if (!fake.stoppable) {
        fprintf(stderr, "fake: stopped outside of a step: %s\n", why);
        abort();
    }
    fake.stopped = why;
    longjmp(fake.stop, 1);
}

void check_failed(const char *what, const char *file, unsigned line)
{
    fprintf(stderr, "CHECK(%s) at %s:%u\n", what, file, line);
    port_stop(what);
}

void log_write(uint32_t vcpu, uint32_t task, enum svsm_log_level level, const char *text,
               size_t len, uint32_t dropped)
{
    (void)vcpu;
    (void)dropped;
    if (fake_log_hook != NULL) {
        fake_log_hook(task, level, text, len);
    }
    if (getenv("FAKE_LOG") != NULL) {
        fprintf(stderr, "[%u] %u: %.*s\n", task, level, (int)len, text);
    }
}

bool log_read(uint32_t task, uint64_t after, struct svsm_log_record *out)
{
    *out = (struct svsm_log_record){.sequence = after + 1, .task = (uint16_t)task};
    return after < 3;
}
