/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: the task core over the fake platform. The input says what five tasks do (system
 * calls with any arguments, writes to their memory, exceptions) and what happens around them (which
 * vCPU goes on, time, ticks, interrupts, events, calls of the guest). model.c checks the core after
 * each step, guest_calls.c the guest's memory and answers.
 */
#include "fuzz.h"
#include "guest_calls.h"
#include "model.h"
#include <svsm/abi/result.h>
#include <task/core.h>
#include <task/event.h>

#define STEPS_MAX 600
#define DRAIN_MAX 4000
#define VCPUS 2

static struct input in;
static unsigned actions; /* of the upcall under way and all others; bounds the programs */

#define OPERATIONS                                                                                 \
    {                                                                                              \
        {.flags = SVSM_OPERATION_IDEMPOTENT},                                                      \
            {.buffer_count = 2,                                                                    \
             .buffers = {{SVSM_BUFFER_WINDOW, SVSM_BUFFER_READ, 0, 1, 8192},                       \
                         {SVSM_BUFFER_WINDOW, SVSM_BUFFER_WRITE, 2, 3, 4096}}},                    \
            {.flags = SVSM_OPERATION_IDEMPOTENT,                                                   \
             .buffer_count = 2,                                                                    \
             .buffers = {{SVSM_BUFFER_LEASE, SVSM_BUFFER_READ | SVSM_BUFFER_WRITE, 0, 1, 8192},    \
                         {SVSM_BUFFER_LEASE, SVSM_BUFFER_READ, 2, SVSM_LENGTH_FIXED, 64}}},        \
            {.buffer_count = 2,                                                                    \
             .buffers = {{SVSM_BUFFER_PARTIAL, SVSM_BUFFER_READ | SVSM_BUFFER_WRITE, 0, 3, 4096},  \
                         {SVSM_BUFFER_LEASE, SVSM_BUFFER_WRITE, 1, 2, 4096}}},                     \
    }

static void program(const struct fake_upcall *up);

/* Anybody may call the ones behind him and, against the builder's rules, some before him. */
static struct fake_task list[] = {
    {.name = "a",
     .program = program,
     .protocol = 1,
     .crash_max = 4,
     .operation_count = 4,
     .operations = OPERATIONS,
     .handle_count = 6,
     .handles = {FAKE_CALLS(1),
                 FAKE_CALLS(2),
                 FAKE_CALLS(3),
                 FAKE_NOTIFIES(1, 0xff),
                 FAKE_CONTROLS(1),
                 {.name = "uart", .type = SVSM_HANDLE_DEVICE}}},
    {.name = "b",
     .program = program,
     .protocol = 2,
     .policy = SVSM_POLICY_ROLLBACK,
     .crash_max = 6,
     .budget_ns = 5 * TICK_NS,
     .operation_count = 4,
     .operations = OPERATIONS,
     .handle_count = 5,
     .handles = {FAKE_CALLS(2), FAKE_CALLS(3), FAKE_CALLS(4), FAKE_NOTIFIES(1, 0xf0),
                 FAKE_CONTROLS(3)}},
    {.name = "c",
     .program = program,
     .protocol = 3,
     .activations = 2,
     .crash_max = 4,
     .operation_count = 4,
     .operations = OPERATIONS,
     .handle_count = 5,
     .handles = {FAKE_CALLS(3), FAKE_CALLS(4), FAKE_CALLS(1), FAKE_NOTIFIES(0, ~UINT64_C(0)),
                 FAKE_CONTROLS(0)}},
    {.name = "d",
     .program = program,
     .protocol = 4,
     .policy = SVSM_POLICY_ROLLBACK,
     .crash_max = 6,
     .operation_count = 4,
     .operations = OPERATIONS,
     .handle_count = 4,
     .handles = {FAKE_CALLS(4),
                 FAKE_CALLS(0),
                 FAKE_CONTROLS(2),
                 {.name = "log", .type = SVSM_HANDLE_LOG}}},
    {.name = "e",
     .program = program,
     .crash_max = 1,
     .operation_count = 4,
     .operations = OPERATIONS,
     .handle_count = 2,
     .handles = {FAKE_CALLS(0), FAKE_CONTROLS(4)}},
};
#define TASKS (sizeof(list) / sizeof(list[0]))

static uint64_t pick_address(const struct task *t)
{
    static const uint64_t odd[] = {
        0, 1, UINT64_MAX, UINT64_C(1) << 47, 0xffffffff80000000, SVSM_LEASE_REF_BIT};
    uint8_t kind = input_byte(&in);
    if (kind < 24) {
        return odd[kind % 6];
    }
    if (kind < 64) {
        return SVSM_LEASE_REF(kind % 4, input_byte(&in) % 4 * 16);
    }
    const struct area *a = &t->areas[kind % t->area_count];
    uint8_t where = input_byte(&in);
    if (where < 64) {
        return a->va + where;
    }
    return where < 96 ? a->va + a->size - where % 8 : a->va + input_number(&in, 2) % a->size;
}

static uint64_t pick_size(void)
{
    static const uint64_t sizes[] = {0,    1,    2,    8,          64,         256,        257,
                                     4095, 4096, 4097, UINT32_MAX, UINT64_MAX, 0x80000000, 8192};
    uint8_t kind = input_byte(&in);
    return kind < 160 ? kind % 64 : sizes[kind % 14];
}

static uint64_t pick_value(void)
{
    uint8_t kind = input_byte(&in);
    return kind < 192 ? kind % 16 : input_number(&in, 8);
}

static void do_call(const struct task *t)
{
    uint8_t how = input_byte(&in);
    uint64_t args[SVSM_ARGS] = {pick_address(t), pick_size(), pick_address(t), pick_size()};
    if (how % 4 == 3) {
        args[1] = args[2];
        args[2] = pick_size();
    }
    struct model_call m = model_call_begin(t);
    struct fake_result r =
        fake_syscall(SVSM_SYS_CALL, how / 16 % 7, how % 5, args[0], args[1], args[2], args[3]);
    model_call_end(&m, t, r.rax);
}

static void do_memory(const struct task *t)
{
    const struct area *a = &t->areas[input_byte(&in) % t->area_count];
    if ((a->flags & AREA_WRITE) != 0) {
        uint8_t *p = fake_memory(t, a->va);
        p[input_number(&in, 2) % a->size] ^= (uint8_t)(1 + input_byte(&in) % 255);
    }
}

static void do_return(const struct fake_upcall *up)
{
    uint8_t how = input_byte(&in);
    uint64_t result = how % 8 == 7 ? pick_value() << 30 : how % 8;
    uint64_t length = how % 16 == 8 ? pick_size() : 0;
    model_return(up->task);
    fake_return(result >= 0x80000000 && result <= UINT32_MAX ? 9 : result, length, how);
}

/* The other system calls, with arguments that are often right. */
static void do_syscall(const struct task *t, uint8_t what)
{
    uint64_t v = pick_value();
    switch (what % 8) {
    case 0:
        fake_syscall(SVSM_SYS_LEASE_READ, v, pick_size(), pick_address(t), pick_size(), 0, 0);
        break;
    case 1:
        fake_syscall(SVSM_SYS_LEASE_WRITE, v % 3, pick_size(), pick_address(t), pick_size(), 0, 0);
        break;
    case 2:
        fake_syscall(SVSM_SYS_NOTIFY, v % 6, pick_value(), 0, 0, 0, 0);
        break;
    case 3:
        fake_syscall(SVSM_SYS_RANDOM, pick_address(t), pick_size(), 0, 0, 0, 0);
        break;
    case 4:
        fake_syscall(SVSM_SYS_HOST_IO, 5, v, pick_value(), pick_address(t), pick_size(), 0);
        break;
    case 5:
        fake_syscall(SVSM_SYS_TASK_CTL, 2 + v % 4, pick_value() % 7, pick_value(), pick_address(t),
                     0, 0);
        break;
    case 6:
        fake_syscall(SVSM_SYS_TIMER_SET, v % 2, fake_now() + pick_value() * 1000000, pick_value(),
                     0, 0, 0);
        break;
    default: /* any but RETURN, which the model wants to know of */
        fake_syscall(v == SVSM_SYS_RETURN ? SVSM_SYS_COUNT : v, pick_value(), pick_address(t),
                     pick_value(), pick_size(), 0, 0);
        break;
    }
}

static void program(const struct fake_upcall *up)
{
    const struct task *t = up->task;
    model_enter(up);
    while (in.at != in.end && actions++ < STEPS_MAX) {
        uint8_t what = input_byte(&in);
        if (what < 64) {
            do_memory(t);
        } else if (what < 128) {
            do_call(t);
        } else if (what < 208) {
            do_syscall(t, what);
        } else if (what < 216) {
            fake_syscall(SVSM_SYS_YIELD, 0, 0, 0, 0, 0, 0);
        } else if (what < 222) {
            fake_exception(what % 32, pick_address(t));
        } else {
            do_return(up);
        }
    }
    model_return(t);
}

/* One thing that happens around the tasks. */
static bool around(uint8_t what)
{
    uint32_t vcpu = what % VCPUS;
    switch (what / 2 % 16) {
    case 0:
        fake_pass(input_number(&in, 3) * 1000);
        return true;
    case 1:
        fake_tick_next_step(vcpu, input_byte(&in) % 8);
        return true;
    case 2:
        core_irq(3);
        return true;
    case 3:
        event_post(fake_task_get(input_byte(&in) % TASKS), 1u << input_byte(&in) % 8);
        return true;
    case 4:
        fake_entropy = !fake_entropy;
        return true;
    case 5:
    case 6:
        guest_calls_one(&in, vcpu);
        return true;
    default:
        return fake_step(vcpu);
    }
}

/* Nothing more comes from the input: everybody runs to his end. */
static void drain(void)
{
    for (unsigned n = 0, idle = 0; idle < 2 * VCPUS && fake_stopped() == NULL; n++) {
        require(n < DRAIN_MAX, "the tasks do not come to rest");
        fake_pass(TICK_NS);
        idle = fake_step(n % VCPUS) ? 0 : idle + 1;
        model_check();
        guest_calls_check();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    in = (struct input){data, data + size};
    actions = 0;
    list[4].policy = input_byte(&in) % 8 == 0 ? SVSM_POLICY_NEVER : SVSM_POLICY_CLEAN;
    fake_boot(list, TASKS, 0, VCPUS);
    model_start(list[4].policy == SVSM_POLICY_NEVER);
    guest_calls_start();
    for (unsigned i = 0; i < STEPS_MAX && in.at != in.end && fake_stopped() == NULL; i++) {
        (void)around(input_byte(&in));
        model_check();
        guest_calls_check();
    }
    in.at = in.end;
    drain();
    model_rest();
    guest_calls_rest();
    return 0;
}
