/* SPDX-License-Identifier: MIT */
/*
 * The client and the service that every test of the core sets up.
 */
#include "fixture.h"

#include <string.h>

void (*client_body)(const struct fake_upcall *up);
void (*service_body)(const struct fake_upcall *up);
struct fake_result seen[16];
unsigned seen_count;
unsigned service_runs;
struct fake_upcall service_last;

static void client_program(const struct fake_upcall *up)
{
    if (up->operation != SVSM_OP_INIT) {
        client_body(up);
    }
}

static void service_program(const struct fake_upcall *up)
{
    if (up->operation == SVSM_OP_INIT) {
        return;
    }
    service_runs++;
    service_last = *up;
    service_body(up);
}

struct fake_result call(uint32_t handle, uint64_t op, uint64_t a, uint64_t b, uint64_t c,
                        uint64_t d)
{
    struct fake_result r = fake_syscall(SVSM_SYS_CALL, handle, op, a, b, c, d);
    if (seen_count < 16) {
        seen[seen_count++] = r;
    }
    return r;
}

struct fake_task setup[3];

void begin(uint32_t policy)
{
    setup[CLIENT] = (struct fake_task){
        .name = "client",
        .program = client_program,
        .policy = SVSM_POLICY_CLEAN,
        .crash_max = 100,
        .operation_count = 1,
        .handle_count = 3,
        .handles = {FAKE_CALLS(SERVICE), FAKE_NOTIFIES(SERVICE, 0xff), FAKE_CONTROLS(SERVICE)},
    };
    setup[SERVICE] = (struct fake_task){
        .name = "service",
        .program = service_program,
        .policy = policy,
        .crash_max = 3,
        .operation_count = 4,
        .operations =
            {
                {.flags = SVSM_OPERATION_IDEMPOTENT},
                {.buffer_count = 2,
                 .buffers = {{SVSM_BUFFER_WINDOW, SVSM_BUFFER_READ, 0, 1, 8192},
                             {SVSM_BUFFER_WINDOW, SVSM_BUFFER_WRITE, 2, 3, 4096}}},
                {.buffer_count = 1,
                 .buffers = {{SVSM_BUFFER_LEASE, SVSM_BUFFER_READ | SVSM_BUFFER_WRITE, 0, 1,
                              8192}}},
                {.buffer_count = 1,
                 .buffers = {{SVSM_BUFFER_WINDOW, SVSM_BUFFER_READ | SVSM_BUFFER_WRITE, 0,
                              SVSM_LENGTH_FIXED, 4096}}},
            },
    };
    setup[2] = (struct fake_task){.name = "other", .program = client_program, .crash_max = 3};
    seen_count = 0;
    service_runs = 0;
    memset(seen, 0, sizeof(seen));
    service_body = NULL;
}

void go(void)
{
    fake_boot(setup, 3, CLIENT, 1);
    fake_run(0, LIMIT);
}

uint64_t crashes(uint32_t task)
{
    return atomic_load(&fake_task_get(task)->crashes);
}

uint32_t cause(uint32_t task)
{
    return atomic_load(&fake_task_get(task)->last_cause);
}

uint8_t *client_memory(uint64_t offset)
{
    return (uint8_t *)fake_memory(fake_task_get(CLIENT), SVSM_HEAP_VA + offset);
}

uint8_t *service_memory(uint64_t va)
{
    return (uint8_t *)fake_memory(fake_task_get(SERVICE), va);
}
