/* SPDX-License-Identifier: MIT */
/*
 * A service under a budget, as one writes them: reads the clock, sleeps, waits, sets timers, uses
 * up its time. Each operation measures what it did; the watch judges. Also built as `worker`, which
 * the sleeper calls.
 */
#include <svsm/clock.h>
#include <svsm/service.h>

#include <stdbool.h>
#include <time.h>

#define SECOND_NS UINT64_C(1000000000)
#define TIMER_BIT UINT64_C(4)
#define PATIENCE_NS (20 * SECOND_NS) /* deadline of waits that should end before it */

static uint64_t timer_at; /* when the timer was to go off */
static struct {
    uint64_t bits, at;
} event;

static uint64_t gettime_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * SECOND_NS + (uint64_t)t.tv_nsec;
}

static struct timespec timespec_of(uint64_t ns)
{
    return (struct timespec){(time_t)(ns / SECOND_NS), (long)(ns % SECOND_NS)};
}

static void spin(uint64_t ns)
{
    uint64_t start = svsm_clock_ns();
    while (svsm_clock_ns() - start < ns) {
    }
}

static uint32_t op_null(struct svsm_call *call)
{
    call->out[0] = svsm_clock_trusted();
    return SVSM_SUCCESS;
}

/* Argument: how many readings. Results: first, last, readings below the one before. */
static uint32_t op_readings(struct svsm_call *call)
{
    uint64_t last = gettime_ns();
    call->out[0] = last;
    for (uint64_t i = 1; i < call->args[0]; i++) {
        uint64_t now = gettime_ns();
        call->out[2] += now < last;
        last = now;
    }
    call->out[1] = last;
    return SVSM_SUCCESS;
}

/* Arguments: ns, 1 for an absolute time. Result: how long it took. */
static uint32_t op_sleep(struct svsm_call *call)
{
    uint64_t start = gettime_ns();
    struct timespec t = timespec_of(call->args[0] + (call->args[1] ? start : 0));
    int bad = call->args[1] ? clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL)
                            : nanosleep(&t, NULL);
    call->out[0] = gettime_ns() - start;
    return bad == 0 ? SVSM_SUCCESS : SVSM_ERR_PROTOCOL_BASE;
}

/* Arguments: ns from now; event bits. Results: error, 1 if it ended early, how late, bits taken. */
static uint32_t op_wait(struct svsm_call *call)
{
    uint64_t until = svsm_clock_ns() + call->args[0];
    call->out[0] = svsm_wait(until, call->args[1], &call->out[3]);
    uint64_t now = svsm_clock_ns();
    call->out[1] = now < until;
    call->out[2] = now - until;
    return SVSM_SUCCESS;
}

/* Argument: ns from now. A timer, and a wait for its bit. Results as those of op_wait. */
static uint32_t op_timer_wait(struct svsm_call *call)
{
    uint64_t at = svsm_clock_ns() + call->args[0];
    svsm_timer(at, TIMER_BIT);
    call->out[0] = svsm_wait(at + PATIENCE_NS, TIMER_BIT, &call->out[3]);
    uint64_t now = svsm_clock_ns();
    call->out[1] = now < at;
    call->out[2] = now - at;
    return SVSM_SUCCESS;
}

/* Argument: ns from now, 0 to cancel. The event arrives after this call. */
static uint32_t op_timer_set(struct svsm_call *call)
{
    event.bits = 0;
    timer_at = svsm_clock_ns() + call->args[0];
    svsm_timer(call->args[0] == 0 ? 0 : timer_at, TIMER_BIT);
    return SVSM_SUCCESS;
}

/* Results: bits of the event, 1 if it came early, how late. */
static uint32_t op_event_seen(struct svsm_call *call)
{
    call->out[0] = event.bits;
    call->out[1] = event.at < timer_at;
    call->out[2] = event.at - timer_at;
    return SVSM_SUCCESS;
}

static void sleeper_event(uint64_t bits)
{
    event.bits = bits;
    event.at = svsm_clock_ns();
}

static uint32_t op_loop(struct svsm_call *call)
{
    static volatile bool endless = true;
    (void)call;
    while (endless) {
    }
    return SVSM_SUCCESS;
}

/* Arguments: rounds, ns of own time in each, ns of sleep after each. */
static uint32_t op_work(struct svsm_call *call)
{
    struct timespec pause = timespec_of(call->args[2]);
    for (uint64_t i = 0; i < call->args[0]; i++) {
        spin(call->args[1]);
        if (call->args[2] != 0) {
            (void)nanosleep(&pause, NULL);
        }
    }
    return SVSM_SUCCESS;
}

/* Arguments: rounds, ns of the worker's time in each. */
static uint32_t op_delegate(struct svsm_call *call)
{
    struct svsm_endpoint worker = svsm_endpoint("worker");
    for (uint64_t i = 0; i < call->args[0]; i++) {
        uint64_t args[SVSM_ARGS] = {1, call->args[1], 0, 0};
        uint32_t result = 0;
        if (svsm_call(worker, 8, args, &result) != SVSM_OK) {
            return result;
        }
    }
    return SVSM_SUCCESS;
}

static svsm_handler *const operations[] = {op_null,       op_readings,  op_sleep,      op_wait,
                                           op_timer_wait, op_timer_set, op_event_seen, op_loop,
                                           op_work,       op_delegate};

const struct svsm_service svsm_service = {
    .event = sleeper_event,
    .endpoints = {{operations, 10}},
    .endpoint_count = 1,
};
