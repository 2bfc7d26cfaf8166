/* SPDX-License-Identifier: MIT */
/* Tickets, so that no CPU waits for ever. */
#include "lock.h"
#include <stdint.h>

static uint32_t next, served;

void lock_take(void)
{
    uint32_t mine = __atomic_fetch_add(&next, 1, __ATOMIC_SEQ_CST);

    while (__atomic_load_n(&served, __ATOMIC_ACQUIRE) != mine) {
        __builtin_ia32_pause();
    }
}

void lock_release(void)
{
    __atomic_store_n(&served, served + 1, __ATOMIC_RELEASE);
}
