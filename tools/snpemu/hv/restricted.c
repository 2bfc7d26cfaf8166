/* SPDX-License-Identifier: MIT */
/*
 * #HV is blocked from its delivery to the next IRET. That is the CPU's affair, of which the
 * emulator sees as much as the intercept of IRET shows: that exit comes before the instruction,
 * which is then stepped over.
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
#include "step.h"
#include "stopped.h"
#include "vcpu.h"
#include <svsm/abi/vmexit.h>

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

/* A fault that waits comes again when its instruction does; a trap, a software interrupt and #HV
 * itself would be lost. */
static bool has_room(const struct level *level)
{
    const uint64_t trap = svm_event(SVM_EVENT_EXCEPTION, EVENT_DB);
    const uint64_t hv = svm_event(SVM_EVENT_EXCEPTION, SNP_VECTOR_HV);

    return (level->event & SVM_EVENT_TYPE) != SVM_EVENT_SOFTWARE && level->event != trap &&
           level->event != hv;
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
        !step_in_shadow(level) && doorbell_ring(page, &level->apic)) {
        raise(level, page);
    }
    step_intercept(level, VMEXIT_IRET, level->in_hv && !level->step.on);
}

bool restricted_exit(struct level *level, uint64_t code)
{
    if (level->step.on) {
        bool iret = level->step.iret;
        enum step step = step_exit(level, code);
        level->in_hv = level->in_hv && !(iret && step == STEP_DONE);
    }
    if (code != VMEXIT_IRET) {
        return false;
    }
    step_over(level, true);
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
