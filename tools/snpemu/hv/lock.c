/* SPDX-License-Identifier: MIT */
/*
 * Not in order of arrival: who waits may not even be running, if QEMU has fewer processors than the
 * guest has vCPUs, and all others would wait for it. For the same reason nobody spins for long: the
 * holder may need just that processor.
 */
#include "lock.h"
#include "machine.h"
#include "smp.h"
#include "trap.h"

#define SPINS 500u

static bool taken;

static bool try(void)
{
    return !__atomic_exchange_n(&taken, true, __ATOMIC_SEQ_CST);
}

static bool spin(void)
{
    for (unsigned i = 0; i < SPINS; i++) {
        if (!__atomic_load_n(&taken, __ATOMIC_RELAXED) && try()) {
            return true;
        }
        __builtin_ia32_pause();
    }
    return false;
}

/* Asleep until a release: whoever lets go of the lock after `waits` was set sees it. */
static bool sleep(struct vcpu *vcpu)
{
    __atomic_store_n(&vcpu->called, false, __ATOMIC_SEQ_CST);
    __atomic_store_n(&vcpu->waits, true, __ATOMIC_SEQ_CST);
    if (try()) {
        return true;
    }
    trap_wait(&vcpu->called, false);
    return false;
}

void lock_take(void)
{
    struct vcpu *vcpu = vcpu_this();

    while (!spin() && !sleep(vcpu)) {
    }
    __atomic_store_n(&vcpu->waits, false, __ATOMIC_SEQ_CST);
}

void lock_release(void)
{
    __atomic_store_n(&taken, false, __ATOMIC_SEQ_CST);
    for (uint32_t i = 0; i < machine.launch->vcpu_count; i++) {
        struct vcpu *vcpu = &machine.vcpus[i];
        if (__atomic_load_n(&vcpu->waits, __ATOMIC_SEQ_CST) &&
            __atomic_exchange_n(&vcpu->waits, false, __ATOMIC_SEQ_CST)) {
            __atomic_store_n(&vcpu->called, true, __ATOMIC_SEQ_CST);
            smp_wake(vcpu);
            return;
        }
    }
}
