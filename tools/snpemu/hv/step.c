/* SPDX-License-Identifier: MIT */
#include "step.h"
#include "event.h"
#include "guest.h"
#include <svsm/abi/vmexit.h>

#define RFLAGS_TF (UINT64_C(1) << 8)
#define DR6_STEP (UINT64_C(1) << 14)
#define EXIT_DB (VMEXIT_EXCEPTION + EVENT_DB)

static const uint8_t pushf[] = {0x9c};

void step_intercept(struct level *level, unsigned code, bool on)
{
    uint32_t *word = &level->vmcb->control.intercepts[svm_intercept_word(code)];
    uint32_t bit = svm_intercept_bit(code);

    *word = on ? *word | bit : *word & ~bit;
}

void step_over(struct level *level, bool iret)
{
    struct vmsa *vmsa = level->vmsa;

    level->step = (struct stepping){
        .on = true,
        .iret = iret,
        .own = vmsa->rflags & RFLAGS_TF,
        .pushf = guest_executes(level, pushf, sizeof(pushf)),
        .rip = vmsa->rip,
        .dr6 = vmsa->dr6,
    };
    vmsa->rflags |= RFLAGS_TF;
}

bool step_in_shadow(struct level *level)
{
    bool shadow = level->vmcb->control.int_state & SVM_INT_STATE_SHADOW;

    if (shadow && level->event == 0 && !level->step.on) {
        step_over(level, false);
    }
    return shadow;
}

void step_enter(struct level *level)
{
    step_intercept(level, EXIT_DB, level->step.on);
}

/* PUSHF has stored the flag. Without an effect if the stack is gone since. */
static void clear_pushed(struct level *level)
{
    uint64_t va = level->vmsa->rsp;
    uint16_t flags;
    struct guest_fault fault;

    if (guest_copy(level, va, &flags, sizeof(flags), (struct guest_mode){.write = false}, &fault) ==
        GUEST_OK) {
        flags &= (uint16_t)~RFLAGS_TF;
        (void)guest_copy(level, va, &flags, sizeof(flags), (struct guest_mode){.write = true},
                         &fault);
    }
}

static void clear(struct level *level)
{
    if (!level->step.own) {
        level->vmsa->rflags &= ~RFLAGS_TF;
    }
}

enum step step_exit(struct level *level, uint64_t code)
{
    struct vmsa *vmsa = level->vmsa;
    const struct stepping step = level->step;
    bool done = code == EXIT_DB && (vmsa->dr6 & DR6_STEP);

    if (!step.on) {
        return STEP_NONE;
    }
    level->step.on = false;
    if (done) {
        level->vmcb->control.int_state &= ~SVM_INT_STATE_SHADOW;
    }
    if (done && !step.own) {
        vmsa->dr6 = step.dr6;
    }
    if (done && step.pushf && !step.own) {
        clear_pushed(level);
    }
    if (done ? !step.iret : vmsa->rip == step.rip) {
        clear(level);
    }
    if (code == EXIT_DB && (!done || step.own)) { /* one that the guest itself would have had */
        event_exception(level, EVENT_DB);
    }
    return done ? STEP_DONE : STEP_BROKEN_OFF;
}

void step_cancel(struct level *level)
{
    if (level->step.on) {
        clear(level);
    }
    level->step.on = false;
}
