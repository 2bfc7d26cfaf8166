/* SPDX-License-Identifier: MIT */
/* The task kill-control: crashes of the vTPM, for a guest. See control.h. */
#include "control.h"
#include "../../tasks/raw.h"

static uint64_t seen; /* sequence number of the last record */

static uint64_t control(enum svsm_task_ctl what, uint64_t a, uint64_t b)
{
    return raw_syscall(SVSM_SYS_TASK_CTL, raw_handle("vtpm-kill", SVSM_HANDLE_CONTROL), what, a, b,
                       0, 0)
        .rax;
}

static struct svsm_task_status status(void)
{
    static struct svsm_task_status s;
    (void)control(SVSM_CTL_STATUS, (uint64_t)(uintptr_t)&s, 0);
    return s;
}

[[gnu::noreturn]] static void answer(uint64_t rcx, uint64_t rdx, uint64_t r8)
{
    (void)raw_syscall(SVSM_SYS_RETURN, SVSM_SUCCESS, 0, rcx, rdx, r8,
                      SVSM_GUEST_RCX | SVSM_GUEST_RDX | SVSM_GUEST_R8);
    __builtin_trap();
}

struct sorted {
    uint64_t vcpus, rest, calls;
};

static void sort(struct sorted *s, const struct svsm_fault *r)
{
    enum { IDLE = 0, STRANGE = 8, FOREIGN = 16, MISSING = 24 };
    s->rest += (r->sequence - seen - 1) << MISSING;
    seen = r->sequence;
    if (r->task != CONTROL_VTPM) {
        s->rest += UINT64_C(1) << FOREIGN;
    } else if (r->cause != SVSM_FAULT_INJECTED && r->cause != SVSM_FAULT_KILLED) {
        s->rest += UINT64_C(1) << STRANGE;
    } else if (r->rip == 0) {
        s->rest += UINT64_C(1) << IDLE;
    } else if (r->vcpu < CONTROL_VCPUS) {
        s->vcpus += UINT64_C(1) << 8 * r->vcpu;
        s->calls |= r->syscall < 64 ? UINT64_C(1) << r->syscall : 0;
    } else {
        s->rest += UINT64_C(1) << STRANGE;
    }
}

[[gnu::noreturn]] static void faults(void)
{
    static struct svsm_fault r;
    struct sorted s = {0};
    for (unsigned i = 0; i < CONTROL_RECORDS; i++) {
        if (control(SVSM_CTL_FAULT_READ, seen, (uint64_t)(uintptr_t)&r) != SVSM_SUCCESS) {
            break;
        }
        sort(&s, &r);
    }
    answer(s.vcpus, s.rest, s.calls);
}

uint64_t task_main(uint64_t op, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t info)
{
    (void)a2;
    (void)a3;
    (void)info;
    switch (op) {
    case CONTROL_ARM:
        (void)control(SVSM_CTL_INJECT_SYSCALL, a0, a1);
        return 0;
    case CONTROL_KILL:
        (void)control(SVSM_CTL_KILL, 0, 0);
        return 0;
    case CONTROL_COUNTS: {
        struct svsm_task_status s = status();
        answer(s.crashes, s.injected, s.replays);
    }
    case CONTROL_STATUS: {
        struct svsm_task_status s = status();
        answer(s.syscalls, s.state, s.calls);
    }
    case CONTROL_FAULTS:
        faults();
    default:
        return 0;
    }
}
