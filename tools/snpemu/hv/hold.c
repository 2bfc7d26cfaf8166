/* SPDX-License-Identifier: MIT */
#include "hold.h"
#include "host.h"
#include "io.h"
#include "lock.h"
#include "memory.h"
#include "smp.h"
#include "vcpu.h"

#define PATIENCE (UINT64_C(1) << 32) /* TSC ticks, for what does not come to a VMGEXIT */

/* Its save area is still one, and not the one that comes. */
static bool can_go_on(const struct level *level, uint64_t vmsa_gpa)
{
    const struct rmp_entry *entry = rmp_entry_of(&machine.rmp, memory_frame(level->vmsa_gpa));

    return vmsa_gpa != level->vmsa_gpa &&
           vmsa_check(level->page, entry, level->vmpl, &machine.limits) == 0;
}

static bool is_held(const struct level *level)
{
    return level->vcpu->current == level && level->vcpu->runnable && level->vcpu->halted &&
           level->ghcb.held && ghcb_msr_code(level->ghcb.msr) == GHCB_MSR_PAGE;
}

void hold_finish(struct level *level, const struct level *asker, uint64_t vmsa_gpa)
{
    struct vcpu *vcpu = asker->vcpu;

    if (machine.launch->ap_hold != LAUNCH_AP_HOLD_FINISH || vcpu == level->vcpu) {
        return;
    }
    if (!level->ending) {
        if (!is_held(level) || !can_go_on(level, vmsa_gpa)) {
            return;
        }
        level->ending = true;
        level->held_msr = level->ghcb.msr;
        host_wake(level, true);
        level->vcpu->halted = false;
    }
    vcpu->awaits = level;
    vcpu->awaits_at = asker;
    vcpu->awaits_since = tsc_read();
}

/* The new save area begins with the GHCB MSR of the hold; see create_level(). */
void hold_cancel(struct level *level)
{
    if (level->ending) {
        __atomic_store_n(&level->ending, false, __ATOMIC_RELEASE);
        level->ghcb.msr = level->held_msr;
    }
}

bool hold_delays(struct level *level)
{
    if (level->vcpu->halted || !level->vcpu->runnable) {
        hold_cancel(level);
    }
    return level->ending;
}

bool hold_is_over(struct level *level)
{
    if (level->ending) {
        vcpu_halt(level->vcpu, false);
    }
    return level->ending;
}

static bool is_late(const struct vcpu *vcpu)
{
    return tsc_read() - vcpu->awaits_since >= PATIENCE;
}

/* Until its vCPU has put the new save area in place, or what has been asked for since. */
static bool is_pending(const struct level *level)
{
    return __atomic_load_n(&level->ending, __ATOMIC_ACQUIRE) ||
           __atomic_load_n(&level->wanted, __ATOMIC_ACQUIRE) == WANTED_CREATION;
}

void hold_wait(struct vcpu *vcpu)
{
    struct level *level = vcpu->awaits;

    while (level != NULL && is_pending(level) && vcpu->current == vcpu->awaits_at &&
           !vcpu->kicked) {
        vcpu_park(vcpu->current); /* others may want its page */
        lock_release();
        do {
            __builtin_ia32_pause();
        } while (is_pending(level) && !__atomic_load_n(&vcpu->kicked, __ATOMIC_ACQUIRE) &&
                 !is_late(vcpu));
        lock_take();
        if (is_late(vcpu)) {
            hold_cancel(level);
            smp_kick(level->vcpu);
        }
    }
    if (level != NULL && !is_pending(level)) {
        vcpu->awaits = NULL;
    }
}
