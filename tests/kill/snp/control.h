/* SPDX-License-Identifier: MIT */
/*
 * What the guest asks of the task kill-control, as calls of a protocol of its own: to crash the
 * vTPM, and what became of that.
 */
#pragma once
#include <stdint.h>

#define CONTROL_PROTOCOL UINT32_C(0xc0000001)
#define CONTROL_VCPUS 8u   /* that it tells apart */
#define CONTROL_VTPM 1u    /* the task's index: its place in kill-snp.system */
#define CONTROL_RECORDS 64 /* that ring 0 keeps */

enum control_call {
    /* Crash it at its RCX-th system call from now on (1 = the next) and, if RDX is not 0, at the
     * RDX-th after that. RCX = RDX = 0: not any more. */
    CONTROL_ARM,
    /* Crash it now: whoever is inside, at the next system call; at once if nobody is. */
    CONTROL_KILL,
    /* Since boot. RCX: crashes, RDX: of these, asked for, R8: calls run a second time. */
    CONTROL_COUNTS,
    /* RCX: system calls since boot, RDX: enum svsm_task_state, R8: calls since boot. */
    CONTROL_STATUS,
    /*
     * The records of faults since the last time.
     *   RCX  byte n: how many hit a call of vCPU n
     *   RDX  byte 0: how many hit nobody's call, 1: how many were not asked for, 2: how many were
     *        another task's, 3: how many records are missing
     *   R8   bit n: the vTPM was in system call n
     */
    CONTROL_FAULTS,
};
