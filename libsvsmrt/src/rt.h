/* SPDX-License-Identifier: MIT */
/*
 * Inside libsvsmrt. The machine-specific part is behind the first block of declarations: seam.c
 * and start.S implement it in a task, the host build has its own file for it.
 */
#pragma once
#include <svsm/service.h>
#include <svsm/abi/clock.h>
#include <svsm/abi/syscall.h>

struct rt_result {
    uint64_t rax, rdx, r10, r8, r9;
};

/* The seam. */
struct rt_result rt_syscall(uint64_t number, uint64_t rdi, uint64_t rsi, uint64_t rdx, uint64_t r10,
                            uint64_t r8, uint64_t r9);
const struct svsm_time_page *rt_time_page(void);
uint64_t rt_tsc(void); /* ordered: behind every load before it */
void *rt_heap(size_t *size);
/* Thread areas, canary, constructors: once, at SVSM_OP_INIT. */
void rt_init(void);

/* One upcall from start to end; the caller turns the call's members into SVSM_SYS_RETURN. */
uint32_t rt_dispatch(struct svsm_call *call);

/* random.c: run the reseed functions if the task's generation is a new one. */
void rt_generation(uint32_t generation);
void rt_generation_seen(uint32_t generation);
