/* SPDX-License-Identifier: MIT */
/*
 * The called side of the IPC benchmark, built once and placed as three tasks: `clean` and
 * `rollback` by policy, `middle` which calls `clean`. Operation 0 does nothing (in
 * start.S, where it does not call on; its four instructions are in the figures), 1 answers its
 * input window, or writes to as many pages as its second argument says, 2 writes through a lease.
 */
#include "../../tasks/raw.h"

static uint32_t downstream = UINT32_MAX;

static uint64_t pages_touch(uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        ++*(volatile uint8_t *)(SVSM_HEAP_VA + i * SVSM_PAGE_SIZE);
    }
    return 0;
}

uint64_t task_main(uint64_t op, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t info)
{
    (void)a2;
    (void)info;
    switch (op) {
    case SVSM_OP_INIT:
        if (raw_info()->handle_count != 0) {
            downstream = raw_handle("clean", SVSM_HANDLE_ENDPOINT);
        }
        return 0;
    case 0:
        return downstream == UINT32_MAX ? 0 : raw_call(downstream, 0, 0, 0, 0, 0).rax;
    case 1:
        if (a0 == SVSM_REQUEST_VA) {
            (void)raw_syscall(SVSM_SYS_RETURN, 0, a3, 0, 0, 0, 0);
        }
        return pages_touch(a1);
    case 2:
        return raw_syscall(SVSM_SYS_LEASE_WRITE, a0, 0, SVSM_HEAP_VA, a1, 0, 0).rax;
    default:
        return 0;
    }
}
