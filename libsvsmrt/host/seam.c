/* SPDX-License-Identifier: MIT */
/*
 * The seam between libsvsmrt and the machine, on the host: what seam.c and start.S are in a task.
 * Constructors have run before main(), the canary and thread areas are the host's.
 */
#include "host.h"
#include "rt.h"

struct rt_result rt_syscall(uint64_t number, uint64_t rdi, uint64_t rsi, uint64_t rdx, uint64_t r10,
                            uint64_t r8, uint64_t r9)
{
    const uint64_t in[6] = {rdi, rsi, rdx, r10, r8, r9};
    uint64_t out[5];
    svsm_host_syscall(number, in, out);
    return (struct rt_result){out[0], out[1], out[2], out[3], out[4]};
}

const struct svsm_task_info *svsm_info(void)
{
    return svsm_host_info();
}

const struct svsm_time_page *rt_time_page(void)
{
    return svsm_host_time_page();
}

void *svsm_reply_window(const struct svsm_call *call)
{
    return svsm_host_reply(SVSM_INFO_ACTIVATION(call->info));
}

uint64_t rt_tsc(void)
{
    return svsm_host_tsc();
}

void *rt_heap(size_t *size)
{
    *size = svsm_host_info()->heap_size;
    return svsm_host_heap();
}

void rt_init(void)
{
}
