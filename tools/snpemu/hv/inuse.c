/* SPDX-License-Identifier: MIT */
#include "inuse.h"
#include "io.h"
#include "lock.h"
#include "memory.h"
#include "smp.h"
#include "trap.h"
#include "vcpu.h"

/* TSC ticks. After STEP who asked is made to exit, so that one sees how far it is. */
#define STEP (UINT64_C(1) << 17)
#define PATIENCE (UINT64_C(1) << 26)

bool inuse_ask(struct vcpu *vcpu, uint64_t frame)
{
    for (uint32_t i = 0; i < machine.launch->vcpu_count; i++) {
        struct vcpu *other = &machine.vcpus[i];
        const struct level *level = other->current;
        if (other != vcpu && level->loaded && memory_frame(level->vmsa_gpa) == frame) {
            vcpu->asked_rip = vcpu->current->vmsa->rip;
            __atomic_store_n(&vcpu->asked, other, __ATOMIC_RELEASE);
            smp_kick(other);
            return true;
        }
    }
    return false;
}

void inuse_wait(struct vcpu *vcpu)
{
    while (vcpu->asked != NULL && vcpu->asked->current->loaded && !vcpu->kicked) {
        struct vcpu *other = vcpu->asked;
        vcpu_park(vcpu->current); /* others may wait for this one's */
        lock_release();
        if (!smp_left(other)) {
            smp_kick(other);
        } else {
            trap_wait(&vcpu->kicked, false);
        }
        lock_take();
    }
}

void inuse_exit(struct vcpu *vcpu)
{
    if (vcpu->asked != NULL && vcpu->current->vmsa->rip != vcpu->asked_rip) {
        __atomic_store_n(&vcpu->asked, NULL, __ATOMIC_RELEASE);
    }
}

/* Who waits for vcpu's save area; NULL: nobody. */
static struct vcpu *asker(const struct vcpu *vcpu)
{
    for (uint32_t i = 0; i < machine.launch->vcpu_count; i++) {
        struct vcpu *other = &machine.vcpus[i];
        if (__atomic_load_n(&other->asked, __ATOMIC_ACQUIRE) == vcpu) {
            return other;
        }
    }
    return NULL;
}

void inuse_answer(struct vcpu *vcpu)
{
    uint64_t begun = tsc_read(), step = begun;
    struct vcpu *other = asker(vcpu);

    if (other == NULL) {
        return;
    }
    vcpu_park(vcpu->current);
    smp_kick(other);
    lock_release();
    while ((other = asker(vcpu)) != NULL && tsc_read() - begun < PATIENCE) {
        if (tsc_read() - step > STEP) {
            smp_kick(other);
            step = tsc_read();
        }
        __builtin_ia32_pause();
    }
    lock_take();
    while ((other = asker(vcpu)) != NULL) { /* it did not come in time, and may ask again */
        other->asked = NULL;
        smp_kick(other);
    }
}
