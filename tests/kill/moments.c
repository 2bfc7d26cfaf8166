/* SPDX-License-Identifier: MIT */
/*
 * Crashes at random times inside random commands, by the killer on a third vCPU (once, or twice) or
 * after some time of the vTPM's own, until `rounds` of them have hit a command of the driver.
 */
#include "killer.h"
#include "trial.h"

#define ATTEMPTS_PER_ROUND 20

struct tally {
    uint64_t attempts, hit, computing, other, idle, once, twice, timed;
};

static struct pending pending;

static uint64_t killer(enum killer_operation op, uint64_t a, uint64_t b)
{
    struct raw_result r = raw_call(raw_handle("killer", SVSM_HANDLE_ENDPOINT), op, a, b, 0, 0);
    return r.rax == SVSM_SUCCESS ? r.rdx : UINT64_MAX;
}

static void killer_await(enum killer_state state)
{
    while (killer(KILLER_STATE, 0, 0) != (uint64_t)state) {
    }
}

/* Somewhere in the time that the command takes, or a little behind. */
static uint64_t moment(enum kind kind)
{
    return 1 + random_next() % (duration_ns[kind] + duration_ns[kind] / 8);
}

static uint64_t send_killed(bool twice)
{
    uint64_t first = moment(pending.kind);
    uint64_t second = twice ? moment(pending.kind) : 0;
    (void)killer(KILLER_ORDER, first, second);
    (void)raw_syscall(SVSM_SYS_NOTIFY, raw_handle("kill-killer", SVSM_HANDLE_EVENT), 1, 0, 0, 0, 0);
    killer_await(KILLER_READY);
    (void)killer(KILLER_GO, 0, 0);
    uint64_t result = trial_send(&pending);
    killer_await(KILLER_DONE);
    return result;
}

static uint64_t send_timed(void)
{
    vtpm_inject(SVSM_CTL_INJECT_TIME, moment(pending.kind), 0);
    uint64_t result = trial_send(&pending);
    vtpm_inject(SVSM_CTL_INJECT_TIME, 0, 0);
    return result;
}

static void attempt(struct tally *t)
{
    unsigned how = random_next() % 4; /* 0, 1: killed, 2: killed twice, 3: timed */
    uint64_t replays = vtpm_status().replays;
    enum kind kind = (enum kind)(random_next() % KINDS);
    if (how == 3 && random_next() % 2 == 0) {
        kind = KIND_PRIMARY; /* takes the time that the injection by time needs: it is by ticks */
    }
    model_choose(&pending, kind);
    gate(how == 2);
    uint64_t result = how == 3 ? send_timed() : send_killed(how == 2);
    struct faults f = faults_since();
    if ((result == SVSM_ERR_CRASHED) != (f.own == 2)) {
        trial_fail("moments", "unanswered without two crashes, or answered after them");
    }
    t->attempts++;
    t->hit += f.own != 0;
    t->computing += f.computing;
    t->other += f.other;
    t->idle += f.idle;
    t->once += how < 2 && f.own != 0;
    t->twice += how == 2 && f.own == 2;
    t->timed += how == 3 && f.own != 0;
    totals.unanswered += result == SVSM_ERR_CRASHED;
    trial_end(&f);
    f = faults_since(); /* a kill that came too late for the command hit the comparison */
    totals.injections += f.count;
    totals.replays += vtpm_status().replays - replays;
}

void moments_run(uint64_t rounds)
{
    struct totals before = totals;
    struct tally t = {0};
    while (t.hit < rounds && t.attempts < rounds * ATTEMPTS_PER_ROUND) {
        attempt(&t);
    }
    gate(false);
    if (t.hit < rounds) {
        trial_fail("moments", "too few of the kills hit a command");
    }
    if (t.computing * 2 < t.hit) {
        trial_fail("moments", "kills take effect at system calls only");
    }
    raw_print("ok moments commands=%u hit=%u computing=%u once=%u twice=%u timed=%u hit_other=%u "
              "idle=%u injections=%u replays=%u unanswered=%u",
              t.attempts, t.hit, t.computing, t.once, t.twice, t.timed, t.other, t.idle,
              totals.injections - before.injections, totals.replays - before.replays,
              totals.unanswered - before.unanswered);
}
