/* SPDX-License-Identifier: MIT */
/*
 * The director: has the attacker commit each act, compares what came of it with what must come of
 * it, looks after the victim after each, reports on COM2 and ends the machine.
 */
#include "acts.h"
#include "../tasks/raw.h"

struct expectation {
    const char *name;
    uint32_t cause; /* 0: harmless */
    uint32_t vector;
};

#define EXPECT_EXC(act, v) {#act, SVSM_FAULT_EXCEPTION, v},
#define EXPECT_FLT(act, c) {#act, SVSM_FAULT_##c, 0},
#define EXPECT_HARMLESS(act) {#act, 0, 0},
static const struct expectation expected[] = {ACTS(EXPECT_EXC, EXPECT_FLT, EXPECT_HARMLESS)};
_Static_assert(sizeof(expected) / sizeof(expected[0]) == ACT_COUNT, "one expectation an act");

static uint64_t fault_seen; /* sequence of the last record read */
static uint32_t contained;
static uint32_t escaped;

/* The newest fault record, or one with cause 0 if there is none since the last look. */
static struct svsm_fault fault_newest(uint32_t control)
{
    static struct svsm_fault f;
    f = (struct svsm_fault){0};
    while (raw_syscall(SVSM_SYS_TASK_CTL, control, SVSM_CTL_FAULT_READ, fault_seen,
                       (uint64_t)(uintptr_t)&f, 0, 0)
               .rax == SVSM_SUCCESS) {
        fault_seen = f.sequence;
    }
    return f;
}

static int as_expected(const struct expectation *e, uint64_t result, const struct svsm_fault *f)
{
    if (e->cause == 0) {
        return result == SVSM_SUCCESS && f->cause == 0;
    }
    return result == SVSM_ERR_CRASHED && f->cause == e->cause &&
           (e->cause != SVSM_FAULT_EXCEPTION || f->vector == (e->vector & 0xff) ||
            (e->vector >> 8 != 0 && f->vector == e->vector >> 8));
}

static void commit(uint32_t number)
{
    const struct expectation *e = &expected[number];
    uint32_t control = raw_handle("attacker", SVSM_HANDLE_CONTROL);
    uint64_t result =
        raw_call(raw_handle("attacker", SVSM_HANDLE_ENDPOINT), 0, number, 0, 0, 0).rax;
    struct svsm_fault f = fault_newest(control);
    uint64_t victim = raw_call(raw_handle("victim", SVSM_HANDLE_ENDPOINT), 0, 0, 0, 0, 0).rax;
    if (as_expected(e, result, &f) && victim == 0) {
        contained++;
        raw_print("ok %s cause=%u vector=%u", e->name, (uint64_t)f.cause, (uint64_t)f.vector);
        return;
    }
    escaped++;
    raw_print("not ok %s - result %x cause %u vector %u address %x victim %u", e->name, result,
              (uint64_t)f.cause, (uint64_t)f.vector, f.address, victim);
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
    for (uint32_t i = 0; i < ACT_COUNT; i++) {
        commit(i);
    }
    raw_print("acts contained=%u escaped=%u", (uint64_t)contained, (uint64_t)escaped);
    raw_exit(escaped == 0 ? 0 : 1);
}
