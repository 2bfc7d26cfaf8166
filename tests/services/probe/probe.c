/* SPDX-License-Identifier: MIT */
/* A service that has libsvsmrt do everything it can; probe.manifest gives the operations. */
#include "probe.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <svsm/clock.h>
#include <svsm/random.h>
#include <svsm/service.h>

long svsm_linux_syscall(long n, long a, long b, long c, long d, long e, long f);

static uint64_t counter;             /* .bss */
static uint64_t counter_data = 1000; /* .data */
static uint64_t *counter_heap;       /* heap */
static uint64_t events_seen;
static unsigned reseeds;

static void reseed(void)
{
    reseeds++;
}

static enum svsm_err probe_init(void)
{
    counter_heap = calloc(1, sizeof(*counter_heap));
    if (counter_heap == NULL) {
        return SVSM_E_REFUSED;
    }
    *counter_heap = 2000;
    svsm_on_generation(reseed);
    return SVSM_OK;
}

static void probe_event(uint64_t bits)
{
    events_seen |= bits;
}

/* Argument 0: crash that often after counting, as seen by a first run and a replay. */
static uint32_t probe_count(struct svsm_call *call)
{
    counter++;
    counter_data++;
    ++*counter_heap;
    call->out[0] = counter;
    call->out[1] = counter_data;
    call->out[2] = *counter_heap;
    call->out[3] = reseeds;
    if (call->args[0] > SVSM_INFO_REPLAY(call->info)) {
        svsm_panic(7, "as asked");
    }
    return SVSM_SUCCESS;
}

static uint32_t probe_registers(struct svsm_call *call)
{
    for (unsigned i = 0; i < SVSM_ARGS; i++) {
        call->out[i] = call->args[SVSM_ARGS - 1 - i];
    }
    return (uint32_t)call->args[0];
}

static uint32_t probe_reply(struct svsm_call *call)
{
    memset(svsm_output(call, 0), 'r', call->args[1]);
    svsm_reply(call, call->args[2]);
    return SVSM_SUCCESS;
}

static uint32_t probe_clock(struct svsm_call *call)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    call->out[0] = svsm_clock_ns();
    call->out[1] = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
    call->out[2] = (uint64_t)time(NULL);
    call->out[3] = svsm_clock_trusted();
    return SVSM_SUCCESS;
}

static uint32_t probe_random(struct svsm_call *call)
{
    svsm_random(svsm_output(call, 0), call->args[1]);
    svsm_reply(call, call->args[1]);
    return SVSM_SUCCESS;
}

static uint32_t probe_libc(struct svsm_call *call)
{
    call->out[0] =
        (uint64_t)svsm_linux_syscall((long)call->args[0], (long)call->args[1], 0, 0, 0, 0, 0);
    return SVSM_SUCCESS;
}

static uint32_t probe_print(struct svsm_call *call)
{
    printf("half a ");
    printf("line %u\nand", (unsigned)call->args[0]);
    puts(" another");
    fprintf(stderr, "an error\n");
    return SVSM_SUCCESS;
}

static uint32_t probe_give_up(struct svsm_call *call)
{
    void (*volatile release)(void *) = free; /* so that the compiler lets it pass */
    switch (call->args[0]) {
    case GIVE_UP_ABORT:
        abort();
    case GIVE_UP_EXIT:
        exit(3);
    case GIVE_UP_ASSERT:
        assert(call->args[0] == 77);
        break;
    case GIVE_UP_HANDLE:
        (void)svsm_device("no-such-device");
        break;
    case GIVE_UP_FREE:
        release(counter_heap);
        release(counter_heap); /* NOLINT(clang-analyzer-unix.Malloc): what it is there to do */
        break;
    default:
        break;
    }
    return SVSM_SUCCESS;
}

/* Arguments: time to wait from now, bits to wait for, bits to set for itself first. */
static uint32_t probe_wait(struct svsm_call *call)
{
    uint64_t taken = 0;
    uint64_t from = svsm_clock_ns();
    if (call->args[2] != 0) {
        svsm_notify(svsm_event("probe"), call->args[2]);
    }
    call->out[0] = (uint64_t)svsm_wait(from + call->args[0], call->args[1], &taken);
    call->out[1] = svsm_clock_ns() - from;
    call->out[2] = taken;
    call->out[3] = events_seen;
    return SVSM_SUCCESS;
}

static uint32_t probe_two_which(struct svsm_call *call)
{
    call->out[0] = SVSM_INFO_ENDPOINT(call->info);
    return SVSM_SUCCESS;
}

static svsm_handler *const probe_operations[] = {
    probe_count,  probe_count, probe_registers, NULL,          probe_reply, probe_clock,
    probe_random, probe_libc,  probe_print,     probe_give_up, probe_wait,
};
static svsm_handler *const probe_two_operations[] = {probe_two_which};

const struct svsm_service svsm_service = {
    .init = probe_init,
    .event = probe_event,
    .endpoints = {{probe_operations, OP_BEHIND}, {probe_two_operations, 1}},
    .endpoint_count = 2,
};
