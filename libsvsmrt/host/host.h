/* SPDX-License-Identifier: MIT */
/*
 * The host build of a service: the same sources, linked with libsvsmrt's own and the files of this
 * folder into one object whose only symbol is a struct svsm_host_task. Whoever runs it (tests/lib)
 * provides the machine: the functions declared here, called on the service's stack.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <svsm/abi/call.h>
#include <svsm/abi/clock.h>
#include <svsm/abi/info.h>

struct svsm_host_upcall {
    uint64_t operation;
    uint64_t args[SVSM_ARGS];
    uint64_t info;
};

/* One service in a program. Data and constants are whole pages that hold nothing else: `data` is
 * what a task has as .data and .bss, and so what a rollback restores. */
struct svsm_host_task {
    const char *manifest; /* its text */
    const char *manifest_end;
    uint8_t *data;
    uint8_t *data_end;
    const uint8_t *constants;
    const uint8_t *constants_end;
    /* Run one upcall; ends in SVSM_SYS_RETURN, so it does not come back. */
    void (*upcall)(const struct svsm_host_upcall *up);
};

/* The machine. Registers in, registers out: rax, rdx, r10, r8, r9. */
void svsm_host_syscall(uint64_t number, const uint64_t in[6], uint64_t out[5]);
const struct svsm_task_info *svsm_host_info(void);
void *svsm_host_heap(void);
void *svsm_host_reply(uint32_t activation);
const struct svsm_time_page *svsm_host_time_page(void);
uint64_t svsm_host_tsc(void);
