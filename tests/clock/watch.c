/* SPDX-License-Identifier: MIT */
/*
 * The watch: has the race of the vCPUs told, then has the sleeper read, sleep, wait and set timers,
 * judges what it measured and reports on COM2. Lower bounds are exact. Upper bounds are loose, and
 * the best of a few tries counts: an emulated machine stands still whenever its host likes.
 */
#include "watch.h"
#include <svsm/abi/clock.h>

#define TRIES 3
#define READINGS 1000

static uint32_t failed;

static const struct svsm_time_page *time_page(void)
{
    return (const struct svsm_time_page *)SVSM_TIME_VA; /* SAFETY: mapped read-only in every task */
}

uint64_t watch_now(void)
{
    const volatile struct svsm_time_page *p = time_page();
    uint32_t low, high, sequence;
    uint64_t ns;
    do {
        sequence = p->sequence;
        /* SAFETY: reads the counter only, behind the loads before it. */
        __asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
        uint64_t passed = ((uint64_t)high << 32 | low) - p->base_tsc;
        ns = p->base_ns + (uint64_t)((unsigned __int128)passed * p->mult >> p->shift);
        __asm__ volatile("" : : : "memory"); /* SAFETY: empty */
    } while ((sequence & 1) != 0 || sequence != p->sequence);
    return ns;
}

struct raw_result watch_sleeper(enum sleeper_operation op, uint64_t a0, uint64_t a1, uint64_t a2)
{
    struct raw_result r;
    do { /* its event may be on the way to it on another vCPU */
        r = raw_call(raw_handle("sleeper", SVSM_HANDLE_ENDPOINT), op, a0, a1, a2, 0);
    } while (r.rax == SVSM_ERR_BUSY);
    return r;
}

static void sleep_until(uint64_t ns)
{
    (void)raw_syscall(SVSM_SYS_TIMER_SET, SVSM_TIMER_WAIT, ns, 0, 0, 0, 0);
}

static void check_untrusted(void)
{
    uint64_t said = watch_sleeper(SLEEPER_NULL, 0, 0, 0).rdx;
    if (said != 0 || time_page()->flags != 0) {
        raw_print("not ok untrusted - the clock calls itself trusted");
        failed++;
    } else {
        raw_print("ok untrusted tsc_khz=%u", time_page()->tsc_hz / 1000);
    }
}

static void check_race(void)
{
    uint32_t timekeeper = raw_handle("timekeeper", SVSM_HANDLE_ENDPOINT);
    struct raw_result r;
    while ((r = raw_call(timekeeper, TIMEKEEPER_FIGURES, 0, 0, 0, 0)).rax == SVSM_ERR_BUSY) {
        sleep_until(watch_now() + MS);
    }
    uint64_t reads = r.rdx, backwards = r.r10, met = r.r8;
    if (r.rax != SVSM_SUCCESS || backwards != 0 || reads < 10000000) {
        raw_print("not ok monotonic - result %x, %u of %u readings went backwards", r.rax,
                  backwards, reads);
        failed++;
    } else if (raw_info()->vcpu_count > 1 && met == 0) {
        raw_print("not ok monotonic - the vCPUs never met");
        failed++;
    } else {
        raw_print("ok monotonic reads=%u backwards=0 met_another_vcpu=%u ms=%u", reads, met,
                  r.r9 / MS);
    }
}

static uint64_t sleeper_syscalls(void)
{
    static struct svsm_task_status s;
    (void)raw_syscall(SVSM_SYS_TASK_CTL, raw_handle("sleeper", SVSM_HANDLE_CONTROL),
                      SVSM_CTL_STATUS, (uint64_t)(uintptr_t)&s, 0, 0, 0);
    return s.syscalls;
}

/* The only system call of either is the return. */
static void check_no_system_call(void)
{
    uint64_t before = sleeper_syscalls();
    (void)watch_sleeper(SLEEPER_NULL, 0, 0, 0);
    uint64_t null = sleeper_syscalls() - before;
    before = sleeper_syscalls();
    struct raw_result r = watch_sleeper(SLEEPER_READINGS, READINGS, 0, 0);
    uint64_t readings = sleeper_syscalls() - before;
    if (r.rax != SVSM_SUCCESS || null != 1 || readings != 1 || r.r8 != 0 || r.r10 <= r.rdx) {
        raw_print("not ok no-system-call - %u for %u readings, %u for none", readings,
                  (uint64_t)READINGS, null);
        failed++;
    } else {
        raw_print("ok no-system-call readings=%u ns_each=%u", (uint64_t)READINGS,
                  (r.r10 - r.rdx) / READINGS);
    }
}

/* A duration against its bounds: never too short, and not ten times too long in all tries. */
struct bounds {
    uint64_t least, best;
    int broken;
};

static void bounds_add(struct bounds *b, int fine, uint64_t took)
{
    b->broken |= !fine || took < b->least;
    b->best = took < b->best ? took : b->best;
}

static void bounds_judge(const char *name, const struct bounds *b, uint64_t most)
{
    if (b->broken || b->best > most) {
        raw_print("not ok %s - asked for %u us, best of %u tries %u us%s", name, b->least / 1000,
                  (uint64_t)TRIES, b->best / 1000, b->broken ? ", one was cut short" : "");
        failed++;
    } else {
        raw_print("ok %s asked_us=%u best_us=%u", name, b->least / 1000, b->best / 1000);
    }
}

static void check_sleep(const char *name, uint64_t ns, uint64_t absolute)
{
    struct bounds b = {ns, UINT64_MAX, 0};
    for (int i = 0; i < TRIES; i++) {
        struct raw_result r = watch_sleeper(SLEEPER_SLEEP, ns, absolute, 0);
        bounds_add(&b, r.rax == SVSM_SUCCESS, r.rdx);
    }
    bounds_judge(name, &b, ns * 10);
}

/* A wait for bits that nobody sets, or for none. */
static void check_deadline(const char *name, uint64_t ns, uint64_t bits)
{
    struct bounds b = {ns, UINT64_MAX, 0};
    for (int i = 0; i < TRIES; i++) {
        struct raw_result r = watch_sleeper(SLEEPER_WAIT, ns, bits, 0);
        int timed_out = r.rdx == 5 /* SVSM_E_TIMED_OUT */ && r.r10 == 0 && r.r9 == 0;
        bounds_add(&b, r.rax == SVSM_SUCCESS && timed_out, ns + r.r8);
    }
    bounds_judge(name, &b, ns * 10 + MS * 100);
}

/* A timer of one's own ends the wait for its bit, on the only vCPU too. */
static void check_timer_wait(uint64_t ns)
{
    struct bounds b = {ns, UINT64_MAX, 0};
    for (int i = 0; i < TRIES; i++) {
        struct raw_result r = watch_sleeper(SLEEPER_TIMER_WAIT, ns, 0, 0);
        bounds_add(&b, r.rax == SVSM_SUCCESS && r.rdx == 0 && r.r10 == 0 && r.r9 == 4, ns + r.r8);
    }
    bounds_judge("timer-ends-wait", &b, ns * 10);
}

/* Events reach a task when some vCPU has nothing else to do. */
static void check_timer_event(uint64_t ns)
{
    struct bounds b = {ns, UINT64_MAX, 0};
    if (raw_info()->vcpu_count < 2) {
        raw_print("skip timer-event - a second vCPU");
        return;
    }
    for (int i = 0; i < TRIES; i++) {
        struct raw_result r;
        uint64_t end = watch_now() + ns * 10;
        (void)watch_sleeper(SLEEPER_TIMER_SET, ns, 0, 0);
        do {
            sleep_until(watch_now() + MS);
            r = watch_sleeper(SLEEPER_EVENT_SEEN, 0, 0, 0);
        } while (r.rdx == 0 && watch_now() < end);
        bounds_add(&b, r.rdx == 4 && r.r10 == 0, ns + r.r8);
    }
    bounds_judge("timer-event", &b, ns * 10);
    (void)watch_sleeper(SLEEPER_TIMER_SET, ns, 0, 0);
    (void)watch_sleeper(SLEEPER_TIMER_SET, 0, 0, 0);
    sleep_until(watch_now() + ns * 2);
    uint64_t bits = watch_sleeper(SLEEPER_EVENT_SEEN, 0, 0, 0).rdx;
    raw_print(bits == 0 ? "ok timer-cancelled" : "not ok timer-cancelled - bits %x", bits);
    failed += bits != 0;
}

uint64_t task_main(uint64_t op, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t info)
{
    (void)a0;
    (void)a1;
    (void)a2;
    (void)a3;
    (void)info;
    if (op == SVSM_OP_INIT) {
        return 0;
    }
    check_untrusted();
    check_race();
    check_no_system_call();
    check_sleep("nanosleep-1ms", MS, 0);
    check_sleep("nanosleep-50ms", 50 * MS, 0);
    check_sleep("clock-nanosleep-50ms", 50 * MS, 1);
    check_deadline("wait-deadline", 50 * MS, 1);
    check_deadline("wait-without-bits", 50 * MS, 0);
    check_deadline("wait-deadline-now", 0, 1);
    check_timer_wait(50 * MS);
    check_timer_event(50 * MS);
    failed += watch_budgets();
    raw_print("end failed=%u", (uint64_t)failed);
    raw_exit(failed == 0 ? 0 : 1);
}
