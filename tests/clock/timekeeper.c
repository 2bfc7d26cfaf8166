/* SPDX-License-Identifier: MIT */
/*
 * Does the clock go backwards between vCPUs? Tasks share no memory, but the activations of one task
 * do: each vCPU runs one, reads the clock and compares with the largest value that any of them had
 * published before. The load of that value is ordered before the reading (acquire, and the LFENCE
 * of the clock itself), so a smaller reading is a clock that went backwards.
 */
#include <svsm/clock.h>
#include <svsm/abi/image.h>
#include <svsm/service.h>

#include <time.h>

#define READS UINT64_C(10000000)
#define READS_LONG UINT64_C(1000000000)
#define PARTS 20 /* the long race says so often how far it is */

static struct {
    uint64_t reads;
    uint64_t backwards; /* readings below the largest published before */
    uint64_t worst_ns;
    uint64_t met; /* times that the largest was another vCPU's */
} racers[SVSM_VCPUS_MAX];

static uint64_t largest;
static unsigned arrived;
static unsigned finished;
static uint64_t race_ns; /* the longest that one of them took */
static bool calling, stopped;
static uint64_t calls_made;

static uint32_t racer_count(void)
{
    uint32_t vcpus = svsm_info()->vcpu_count;
    uint32_t activations = svsm_info()->activations;
    return vcpus < activations ? vcpus : activations;
}

/* The largest becomes at least `now`. */
static void publish(uint64_t now)
{
    uint64_t seen = __atomic_load_n(&largest, __ATOMIC_RELAXED);
    while (seen < now && !__atomic_compare_exchange_n(&largest, &seen, now, true, __ATOMIC_ACQ_REL,
                                                      __ATOMIC_RELAXED)) {
    }
}

static void race_part(uint32_t vcpu, uint64_t reads)
{
    uint64_t backwards = 0, worst = 0, met = 0, mine = 0;
    for (uint64_t i = 0; i < reads; i++) {
        uint64_t seen = __atomic_load_n(&largest, __ATOMIC_ACQUIRE);
        uint64_t now = svsm_clock_ns();
        if (now < seen) {
            backwards++;
            worst = seen - now > worst ? seen - now : worst;
        }
        met += seen > mine;
        mine = now;
        publish(now);
    }
    racers[vcpu].reads += reads;
    racers[vcpu].backwards += backwards;
    racers[vcpu].met += met;
    racers[vcpu].worst_ns = worst > racers[vcpu].worst_ns ? worst : racers[vcpu].worst_ns;
}

static uint32_t race(const struct svsm_call *call, uint64_t reads, uint32_t parts)
{
    uint32_t vcpu = SVSM_INFO_VCPU(call->info);
    uint32_t count = racer_count();
    if (vcpu >= SVSM_VCPUS_MAX) {
        return SVSM_ERR_INVALID_PARAMETER;
    }
    __atomic_fetch_add(&arrived, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&arrived, __ATOMIC_SEQ_CST) <
           count) { /* the race begins when all are there */
    }
    uint64_t start = svsm_clock_ns();
    for (uint32_t part = 1; part <= parts; part++) {
        race_part(vcpu, reads / count / parts);
        if (vcpu == 0 && parts > 1) {
            svsm_log(SVSM_LOG_INFO, "race: %u of %u after %llu ms", part, parts,
                     (unsigned long long)(svsm_clock_ns() - start) / 1000000);
        }
    }
    uint64_t took = svsm_clock_ns() - start;
    uint64_t longest = __atomic_load_n(&race_ns, __ATOMIC_SEQ_CST);
    while (longest < took && !__atomic_compare_exchange_n(&race_ns, &longest, took, true,
                                                          __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
    }
    __atomic_fetch_add(&finished, 1, __ATOMIC_SEQ_CST);
    return SVSM_SUCCESS;
}

static uint32_t op_race(struct svsm_call *call)
{
    return race(call, READS, 1);
}

static uint32_t op_race_long(struct svsm_call *call)
{
    return race(call, READS_LONG, PARTS);
}

/* Results, once all have finished: reads, backwards, times met, and time in ns; or busy. */
static uint32_t op_figures(struct svsm_call *call)
{
    if (__atomic_load_n(&finished, __ATOMIC_SEQ_CST) < racer_count()) {
        return SVSM_ERR_BUSY;
    }
    for (uint32_t i = 0; i < SVSM_VCPUS_MAX; i++) {
        call->out[0] += racers[i].reads;
        call->out[1] += racers[i].backwards;
        call->out[2] += racers[i].met;
    }
    call->out[3] = __atomic_load_n(&race_ns, __ATOMIC_SEQ_CST);
    return SVSM_SUCCESS;
}

/* What the other vCPUs do afterwards: nothing, or call a service as often as they can. */
static uint32_t op_caller(struct svsm_call *call)
{
    const struct timespec pause = {0, 1000000};
    struct svsm_endpoint echo = svsm_endpoint("echo");
    (void)call;
    while (!__atomic_load_n(&stopped, __ATOMIC_SEQ_CST)) {
        uint64_t args[SVSM_ARGS] = {0};
        if (!__atomic_load_n(&calling, __ATOMIC_SEQ_CST)) {
            (void)nanosleep(&pause, NULL);
        } else if (svsm_call(echo, 0, args, NULL) == SVSM_OK) {
            __atomic_fetch_add(&calls_made, 1, __ATOMIC_SEQ_CST);
        }
    }
    return SVSM_SUCCESS;
}

/* Argument 0: 0 nobody calls, 1 the others call, 2 they return. Result: calls made so far. */
static uint32_t op_callers(struct svsm_call *call)
{
    __atomic_store_n(&calling, call->args[0] == 1, __ATOMIC_SEQ_CST);
    if (call->args[0] == 2) {
        __atomic_store_n(&stopped, 1, __ATOMIC_SEQ_CST);
    }
    call->out[0] = __atomic_load_n(&calls_made, __ATOMIC_SEQ_CST);
    return SVSM_SUCCESS;
}

static svsm_handler *const operations[] = {op_race, op_race_long, op_figures, op_caller,
                                           op_callers};

const struct svsm_service svsm_service = {
    .endpoints = {{operations, 5}},
    .endpoint_count = 1,
};
