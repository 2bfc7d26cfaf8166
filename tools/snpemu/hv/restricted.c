/* SPDX-License-Identifier: MIT */
/*
 * #HV is blocked from its delivery to the next IRET. That is the CPU's affair, of which the
 * emulator sees as much as the intercept of IRET shows: that exit comes before the instruction,
 * which is then stepped over with the trap flag, as KVM does for NMIs. An IRET that faults leaves
 * that flag in the frame of its fault.
 */
#include "restricted.h"
#include "../core/doorbell.h"
#include "../core/rules.h"
#include "../wire/lines.h"
#include "event.h"
#include "host.h"
#include "interrupt.h"
#include "lapic.h"
#include "log.h"
#include "stopped.h"
#include "vcpu.h"
#include <svsm/abi/vmexit.h>

#define RFLAGS_TF (UINT64_C(1) << 8)
#define RFLAGS_IF (UINT64_C(1) << 9)
#define DR6_STEP (UINT64_C(1) << 14)
#define EXIT_DB (VMEXIT_EXCEPTION + EVENT_DB)

bool restricted_is(const struct level *level)
{
    const struct vmsa *vmsa = level->loaded ? level->vmsa : level->page;

    return level->page != NULL && (vmsa->sev_features & SNP_FEATURE_RESTRICTED_INJECTION);
}

/* A strict host lets a vector of higher priority take the place of one that was not taken yet. */
static bool replaces(void)
{
    return machine.launch->profile == LAUNCH_STRICT;
}

static struct ghcb_doorbell *page_of(const struct level *level)
{
    unsigned rule;
    struct ghcb_doorbell *page = doorbell_page(&level->ghcb, host_ops(), (void *)level, &rule);

    if (rule != RULE_NONE && machine.launch->profile == LAUNCH_STRICT) {
        stopped_by(level, "ghcb", rule, level->ghcb.doorbell);
    }
    return page;
}

static bool has_devices(const struct level *level)
{
    return level->vmpl == vcpu_least(level->vcpu);
}

bool restricted_takes_devices(const struct level *level)
{
    return has_devices(level) && level->ghcb.doorbell != GHCB_DOORBELL_NONE &&
           apic_is_idle(&level->apic);
}

/* What the CPU took from the machine's APIC while this level was the one for it. */
static void absorb(struct level *level)
{
    int vector = -1;

    while (has_devices(level) && (vector = interrupt_pending()) >= 0) {
        interrupt_taken((uint8_t)vector);
        lapic_device(level, (uint8_t)vector);
    }
}

static void set_intercept(struct level *level, unsigned code, bool on)
{
    uint32_t *word = &level->vmcb->control.intercepts[svm_intercept_word(code)];
    uint32_t bit = svm_intercept_bit(code);

    *word = on ? *word | bit : *word & ~bit;
}

/* An interrupt shadow ends with the next instruction; where interrupts are on, the CPU can say so.
 */
static bool in_shadow(struct level *level)
{
    struct vmcb_control *control = &level->vmcb->control;
    bool shadow = control->int_state & SVM_INT_STATE_SHADOW;

    if (shadow && (level->vmsa->rflags & RFLAGS_IF)) {
        control->vintr_ctrl |= SVM_VINTR_IRQ | SVM_VINTR_IGN_TPR;
        set_intercept(level, VMEXIT_VINTR, true);
    }
    return shadow;
}

/* A fault that waits comes again when its instruction does; a trap and #HV itself would be lost. */
static bool has_room(const struct level *level)
{
    const uint64_t trap = svm_event(SVM_EVENT_EXCEPTION, EVENT_DB);
    const uint64_t hv = svm_event(SVM_EVENT_EXCEPTION, SNP_VECTOR_HV);

    return level->event == 0 || (level->event != trap && level->event != hv);
}

static void raise(struct level *level, const struct ghcb_doorbell *page)
{
    level->event = svm_event(SVM_EVENT_EXCEPTION, SNP_VECTOR_HV);
    level->in_hv = true;
    if (machine_traces(LAUNCH_TRACE_IRQ)) {
        log_line(LINES_TRACE " hv vcpu=%u vmpl=%u vector=%x flags=%x rip=%lx", level->vcpu->number,
                 (unsigned)level->vmpl, (unsigned)page->vector, (unsigned)page->flags,
                 level->vmsa->rip);
    }
}

void restricted_enter(struct level *level)
{
    struct ghcb_doorbell *page = page_of(level);

    absorb(level);
    if (page != NULL) {
        doorbell_offer(page, &level->apic, replaces());
    }
    if (page != NULL && level->apic.unsignalled && !level->in_hv && has_room(level) &&
        !in_shadow(level) && doorbell_ring(page, &level->apic)) {
        raise(level, page);
    }
    set_intercept(level, VMEXIT_IRET, level->in_hv && !level->steps);
    set_intercept(level, EXIT_DB, level->steps);
}

static void step(struct level *level)
{
    struct vmsa *vmsa = level->vmsa;

    level->steps = true;
    level->step_rip = vmsa->rip;
    level->step_dr6 = vmsa->dr6;
    level->step_own = vmsa->rflags & RFLAGS_TF;
    vmsa->rflags |= RFLAGS_TF;
}

/* The first exit after step(); true: that was what it is for. */
static bool stepped(struct level *level, uint64_t code)
{
    struct vmsa *vmsa = level->vmsa;
    bool done = code == EXIT_DB && (vmsa->dr6 & DR6_STEP);

    level->steps = false;
    if (done) {
        level->in_hv = false;
        vmsa->dr6 = level->step_own ? vmsa->dr6 : level->step_dr6;
    } else if (vmsa->rip == level->step_rip && !level->step_own) {
        vmsa->rflags &= ~RFLAGS_TF;
    }
    if (code == EXIT_DB && (!done || level->step_own)) {
        event_exception(level, EVENT_DB);
    }
    return code == EXIT_DB;
}

bool restricted_exit(struct level *level, uint64_t code)
{
    if (level->steps && stepped(level, code)) {
        return true;
    }
    if (code != VMEXIT_IRET) {
        return false;
    }
    step(level);
    return true;
}

bool restricted_wants(struct level *level)
{
    if (!restricted_is(level) || level->in_hv) {
        return false;
    }
    const struct ghcb_doorbell *page = page_of(level);
    absorb(level);
    return page != NULL && doorbell_would_ring(page, &level->apic, replaces());
}
