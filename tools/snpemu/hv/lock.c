/* SPDX-License-Identifier: MIT */
/*
 * Not in order of arrival: who waits may not even be running, if QEMU has fewer processors than the
 * guest has vCPUs, and all others would wait for it.
 */
#include "lock.h"
#include <stdbool.h>

static bool taken;

void lock_take(void)
{
    while (__atomic_exchange_n(&taken, true, __ATOMIC_ACQUIRE)) {
        while (__atomic_load_n(&taken, __ATOMIC_RELAXED)) {
            __builtin_ia32_pause();
        }
    }
}

void lock_release(void)
{
    __atomic_store_n(&taken, false, __ATOMIC_RELEASE);
}
