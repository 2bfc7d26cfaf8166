/* SPDX-License-Identifier: MIT */
/* Calls of kill-control. See control.h. */
#include "guest.h"

static struct call ask(enum control_call what, uint64_t rcx, uint64_t rdx)
{
    struct call c = {
        .rax = svsm_call_rax(CONTROL_PROTOCOL, what), .rcx = rcx, .rdx = rdx, .r8 = ~UINT64_C(0)};

    if (call_make(&c) != SVSM_SUCCESS && cpu_self() == 0) {
        trial_fail("control", "kill-control does not answer");
    }
    return c;
}

void ask_arm(uint64_t index, uint64_t again)
{
    (void)ask(CONTROL_ARM, index, again);
}

bool ask_kill(void)
{
    return ask(CONTROL_KILL, 0, 0).rax == SVSM_SUCCESS;
}

struct counts ask_counts(void)
{
    struct call a = ask(CONTROL_COUNTS, 0, 0);
    struct call b = ask(CONTROL_STATUS, 0, 0);

    return (struct counts){.crashes = a.rcx,
                           .injected = a.rdx,
                           .replays = a.r8,
                           .syscalls = b.rcx,
                           .state = b.rdx,
                           .calls = b.r8};
}

struct faults ask_faults(void)
{
    struct call c = ask(CONTROL_FAULTS, 0, 0);
    struct faults f = {.own = (uint8_t)c.rcx, .idle = (uint8_t)c.rdx, .syscalls = c.r8};

    for (unsigned cpu = 1; cpu < CONTROL_VCPUS; cpu++) {
        f.load += (uint8_t)(c.rcx >> 8 * cpu);
    }
    for (unsigned byte = 1; byte < 8; byte++) {
        f.wrong += (uint8_t)(c.rdx >> 8 * byte);
    }
    return f;
}
