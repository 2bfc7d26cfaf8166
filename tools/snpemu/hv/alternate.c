/* SPDX-License-Identifier: MIT */
#include "alternate.h"
#include "event.h"
#include "step.h"
#include "swint.h"

#define RFLAGS_IF (UINT64_C(1) << 9)
#define KIND (SVM_EVENT_VECTOR | SVM_EVENT_TYPE)

bool alternate_is(const struct level *level)
{
    const struct vmsa *vmsa = level->loaded ? level->vmsa : level->page;

    return level->page != NULL && (vmsa->sev_features & SNP_FEATURE_ALTERNATE_INJECTION);
}

void alternate_load(struct level *level)
{
    uint32_t *state = &level->vmcb->control.int_state;
    bool shadow = level->vmsa->vintr_ctrl & VMSA_VINTR_INT_SHADOW;

    *state = shadow ? *state | SVM_INT_STATE_SHADOW : *state & ~SVM_INT_STATE_SHADOW;
}

void alternate_unload(struct level *level)
{
    bool shadow = level->vmcb->control.int_state & SVM_INT_STATE_SHADOW;
    uint64_t *control = &level->vmsa->vintr_ctrl;

    *control = shadow ? *control | VMSA_VINTR_INT_SHADOW : *control & ~VMSA_VINTR_INT_SHADOW;
}

/*
 * An interrupt that may be let in once RFLAGS.IF and the shadow allow it. QEMU lets in one of the
 * priority of V_TPR too; the guest changes that one with an exit.
 */
static bool has_interrupt(const struct vmsa *vmsa)
{
    const uint64_t needed = VMSA_VINTR_IRQ | VMSA_VINTR_GIF;
    uint64_t priority = vmsa->vintr_ctrl >> VMSA_VINTR_PRIO_SHIFT & VMSA_VINTR_PRIO_MASK;

    return (vmsa->vintr_ctrl & needed) == needed &&
           ((vmsa->vintr_ctrl & VMSA_VINTR_IGN_TPR) ||
            priority > (vmsa->vintr_ctrl & VMSA_VINTR_TPR));
}

static void offer_interrupt(struct level *level)
{
    struct vmcb_control *control = &level->vmcb->control;
    uint64_t from = level->vmsa->vintr_ctrl;
    bool enabled = level->vmsa->rflags & RFLAGS_IF;

    level->offered = has_interrupt(level->vmsa) && !(enabled && step_in_shadow(level));
    if (level->offered) {
        control->vintr_ctrl |=
            SVM_VINTR_IRQ |
            (uint32_t)(from & (VMSA_VINTR_IGN_TPR | VMSA_VINTR_PRIO_MASK << VMSA_VINTR_PRIO_SHIFT));
        control->vintr_vector =
            (uint32_t)(from >> VMSA_VINTR_VECTOR_SHIFT & VMSA_VINTR_VECTOR_MASK);
    }
}

/* #VC is delivered here and now, as event.c does it: QEMU pushes no error code for it. */
static void inject(struct level *level)
{
    uint64_t event = level->vmsa->event_inj;
    bool vc = (event & KIND) == (SVM_EVENT_EXCEPTION | SNP_VECTOR_VC);

    level->injected = false;
    if (!(event & SVM_EVENT_VALID) || level->event != 0) {
        return;
    }
    if (vc) {
        level->vmsa->event_inj &= ~SVM_EVENT_VALID;
        event_vc(level, svm_event_error(event));
        return;
    }
    level->event = event;
    level->injected = true;
}

void alternate_enter(struct level *level)
{
    inject(level);
    offer_interrupt(level);
}

void alternate_cancel(struct level *level)
{
    if (level->injected) {
        level->event = 0;
    }
}

/*
 * What was delivered is not asked for any more. What an exit came into the middle of was not
 * delivered: it stands in the save area as before, and comes again at the next entry.
 */
void alternate_exit(struct level *level)
{
    const struct vmcb_control *control = &level->vmcb->control;
    uint64_t info = control->exitintinfo;
    bool broken_off = info & SVM_EVENT_VALID;
    struct vmsa *vmsa = level->vmsa;

    if (level->injected && !(broken_off && (info & KIND) == (vmsa->event_inj & KIND))) {
        vmsa->event_inj &= ~SVM_EVENT_VALID;
    }
    if (!level->injected && broken_off && (info & SVM_EVENT_TYPE) == SVM_EVENT_SOFTWARE) {
        swint_again(level);
    }
    bool external = broken_off && (info & SVM_EVENT_TYPE) == SVM_EVENT_EXTERNAL;
    if (level->offered && !(control->vintr_ctrl & SVM_VINTR_IRQ) &&
        (!external || level->injected)) {
        vmsa->vintr_ctrl &= ~VMSA_VINTR_IRQ;
    }
}

bool alternate_wakes(const struct level *level)
{
    const struct vmsa *vmsa = level->vmsa;
    return (vmsa->event_inj & SVM_EVENT_VALID) ||
           (has_interrupt(vmsa) && (vmsa->rflags & RFLAGS_IF));
}
