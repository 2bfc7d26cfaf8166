/* SPDX-License-Identifier: MIT */
/*
 * The pest: a timer that is always due. Whenever a vCPU has nothing else to run, it is there; with
 * one vCPU, it is so before the director's first turn.
 */
#include "../tasks/raw.h"

uint64_t task_main(uint64_t op, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t info)
{
    (void)a0;
    (void)a1;
    (void)a2;
    (void)a3;
    (void)info;
    (void)op; /* SVSM_OP_INIT or SVSM_OP_EVENT */
    return raw_syscall(SVSM_SYS_TIMER_SET, SVSM_TIMER_EVENT, 1, 1, 0, 0, 0).rax;
}
