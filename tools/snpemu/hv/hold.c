/* SPDX-License-Identifier: MIT */
#include "hold.h"
#include "host.h"
#include "io.h"
#include "lock.h"
#include "smp.h"
#include "vcpu.h"

#define PATIENCE (UINT64_C(1) << 32) /* TSC ticks, for what does not come to a VMGEXIT */

void hold_finish(struct level *level, struct vcpu *asker)
{
    struct vcpu *vcpu = level->vcpu;

    if (machine.launch->ap_hold != LAUNCH_AP_HOLD_FINISH || vcpu == asker ||
        vcpu->current != level || !vcpu->halted || !level->ghcb.held ||
        ghcb_msr_code(level->ghcb.msr) != GHCB_MSR_PAGE) {
        return;
    }
    level->ending = true;
    asker->awaits = level;
    host_wake(level, true);
    vcpu->halted = false;
}

bool hold_delays(struct level *level)
{
    level->ending = level->ending && !level->vcpu->halted;
    return level->ending;
}

bool hold_is_over(struct level *level)
{
    if (level->ending) {
        vcpu_halt(level->vcpu, false);
    }
    return level->ending;
}

void hold_wait(struct vcpu *vcpu)
{
    uint64_t begun = tsc_read();

    while (vcpu->awaits != NULL && vcpu->awaits->ending && !vcpu->kicked) {
        struct level *level = vcpu->awaits;
        vcpu_park(vcpu->current); /* others may want its page */
        lock_release();
        while (__atomic_load_n(&level->ending, __ATOMIC_ACQUIRE) &&
               !__atomic_load_n(&vcpu->kicked, __ATOMIC_ACQUIRE) && tsc_read() - begun < PATIENCE) {
            __builtin_ia32_pause();
        }
        lock_take();
        if (tsc_read() - begun >= PATIENCE) {
            level->ending = false;
            smp_kick(level->vcpu);
        }
    }
    if (vcpu->awaits != NULL && !vcpu->awaits->ending) {
        vcpu->awaits = NULL;
    }
}
