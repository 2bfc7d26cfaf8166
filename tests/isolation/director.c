/* SPDX-License-Identifier: MIT */
/*
 * The director: has the attacker commit each act, compares what came of it with what must come of
 * it, looks after ring 0 and the victim after each, reports on COM2 and ends the machine.
 */
#include "director.h"
#include "loud.h"

struct expectation {
    const char *name;
    uint32_t cause; /* 0: no fault */
    uint32_t vector;
    uint32_t result; /* where there is no fault */
};

#define EXPECT_EXC(act, v) {#act, SVSM_FAULT_EXCEPTION, v, 0},
#define EXPECT_FLT(act, c) {#act, SVSM_FAULT_##c, 0, 0},
#define EXPECT_HARMLESS(act) {#act, 0, 0, SVSM_SUCCESS},
#define EXPECT_RESULT(act, r) {#act, 0, 0, r},
static const struct expectation expected[] = {
    ACTS(EXPECT_EXC, EXPECT_FLT, EXPECT_HARMLESS, EXPECT_RESULT)};
_Static_assert(sizeof(expected) / sizeof(expected[0]) == ACT_COUNT, "one expectation an act");

#define UNTOUCHED 0xee
#define WRITTEN 0xaa
#define PATIENCE 20000000 /* calls that the victim may be busy: some seconds */

uint32_t director_contained, director_escaped;
static uint64_t fault_seen; /* sequence of the last record read */
static uint32_t attacker, victim, attacker_control, victim_control, attacker_index;
static uint64_t victim_crashes; /* those the acts are meant to cause */

/* What is lent to the attacker, with bytes on both sides that must stay. */
static uint8_t lent_read[LENT_READ];
static struct {
    uint8_t before[64];
    uint8_t bytes[LENT_WRITE];
    uint8_t behind[64];
} lent_write;

/* The attacker's newest fault record, or one with cause 0 if there is none since the last look. */
static struct svsm_fault fault_newest(void)
{
    static struct svsm_fault f;
    struct svsm_fault newest = {0};
    while (raw_syscall(SVSM_SYS_TASK_CTL, attacker_control, SVSM_CTL_FAULT_READ, fault_seen,
                       (uint64_t)(uintptr_t)&f, 0, 0)
               .rax == SVSM_SUCCESS) {
        fault_seen = f.sequence;
        if (f.task == attacker_index) {
            newest = f;
        }
    }
    return newest;
}

/* A victim that was left parked is given up after a while: until then it may be busy. */
static uint64_t victim_call(void)
{
    uint64_t result = SVSM_ERR_BUSY;
    for (uint32_t i = 0; i < PATIENCE && result == SVSM_ERR_BUSY; i++) {
        result = raw_call(victim, VICTIM_WHOLE, 0, 0, 0, 0).rax;
    }
    return result;
}

/* Does everything else still work? NULL, or what does not. */
static const char *damage(void)
{
    static struct svsm_task_status s;
    uint64_t random[2] = {0};
    if (raw_syscall(SVSM_SYS_RANDOM, (uint64_t)(uintptr_t)random, sizeof(random), 0, 0, 0, 0).rax !=
            SVSM_SUCCESS ||
        random[0] == random[1]) {
        return "ring 0 gives no random bytes";
    }
    if (victim_call() != SVSM_SUCCESS) {
        return "the victim is not whole";
    }
    if (raw_syscall(SVSM_SYS_TASK_CTL, victim_control, SVSM_CTL_STATUS, (uint64_t)(uintptr_t)&s, 0,
                    0, 0)
                .rax != SVSM_SUCCESS ||
        s.state != SVSM_TASK_READY || s.crashes != victim_crashes) {
        return "the victim has crashed";
    }
    return NULL;
}

struct outcome director_call(uint64_t op, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3)
{
    static struct outcome o;
    o.result = loud_call(attacker, op, a0, a1, a2, a3, loud_ymm());
    o.fault = fault_newest();
    o.damage = damage();
    return o;
}

static int bytes_are(const uint8_t *bytes, size_t size, uint8_t value)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != value) {
            return 0;
        }
    }
    return 1;
}

/* Lend, have the act committed, and see that only what was committed arrived. */
static struct outcome call_lending(uint32_t act)
{
    static struct outcome o;
    for (size_t i = 0; i < LENT_READ; i++) {
        lent_read[i] = LENT_BYTE(i);
    }
    memset(&lent_write, UNTOUCHED, sizeof(lent_write));
    o = director_call(1, (uint64_t)(uintptr_t)lent_read, LENT_READ,
                      (uint64_t)(uintptr_t)lent_write.bytes, act);
    uint8_t bytes = act == ACT_lease_proper_use ? WRITTEN : UNTOUCHED;
    if (!bytes_are(lent_write.before, sizeof(lent_write.before), UNTOUCHED) ||
        !bytes_are(lent_write.behind, sizeof(lent_write.behind), UNTOUCHED) ||
        !bytes_are(lent_write.bytes, LENT_WRITE, bytes)) {
        o.damage = "the director's memory is not as it should be";
    }
    for (size_t i = 0; i < LENT_READ; i++) {
        if (lent_read[i] != LENT_BYTE(i)) {
            o.damage = "memory lent for reading was written";
        }
    }
    return o;
}

static int as_expected(const struct expectation *e, const struct outcome *o)
{
    const struct svsm_fault *f = &o->fault;
    if (e->cause == 0) {
        return o->result == e->result && f->cause == 0;
    }
    uint32_t other = e->vector >> 8 & 0xff;
    if ((e->vector & MAY_PASS) != 0 && o->result == NOT_STOPPED && f->cause == 0) {
        return 1;
    }
    return o->result == SVSM_ERR_CRASHED && f->cause == e->cause &&
           (e->cause != SVSM_FAULT_EXCEPTION || f->vector == (e->vector & 0xff) ||
            (other != 0 && f->vector == other));
}

void director_judge(const char *name, const struct outcome *o, int fine)
{
    const struct svsm_fault *f = &o->fault;
    if (fine && o->damage == NULL) {
        director_contained++;
        if (name != NULL) {
            raw_print("ok %s cause=%u vector=%u", name, (uint64_t)f->cause, (uint64_t)f->vector);
        }
        return;
    }
    director_escaped++;
    raw_print("not ok %s - result %x cause %u vector %u address %x: %s",
              name == NULL ? "probe" : name, o->result, (uint64_t)f->cause, (uint64_t)f->vector,
              f->address, o->damage == NULL ? "not as expected" : o->damage);
}

static void commit(uint32_t act)
{
    const struct expectation *e = &expected[act];
    static struct outcome o;
    if (act == ACT_registers_after_a_crash_of_the_callee) {
        victim_crashes++;
    }
    if (act_lent(act)) {
        o = call_lending(act);
    } else {
        o = director_call(0, act, 0, 0, 0);
    }
    while (act == ACT_yield_and_go_on && o.result == SVSM_ERR_INCOMPLETE) {
        o = director_call(0, act, 0, 0, 0);
    }
    director_judge(e->name, &o, as_expected(e, &o));
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
    attacker = raw_handle("attacker", SVSM_HANDLE_ENDPOINT);
    victim = raw_handle("victim", SVSM_HANDLE_ENDPOINT);
    attacker_control = raw_handle("attacker", SVSM_HANDLE_CONTROL);
    victim_control = raw_handle("victim", SVSM_HANDLE_CONTROL);
    attacker_index = (uint32_t)raw_call(attacker, 2, 0, 0, 0, 0).rdx;
    for (uint32_t i = 0; i < ACT_COUNT; i++) {
        commit(i);
    }
    director_sweep();
    raw_print("acts contained=%u escaped=%u", (uint64_t)director_contained,
              (uint64_t)director_escaped);
    raw_exit(director_escaped == 0 ? 0 : 1);
}
