/* SPDX-License-Identifier: MIT */
#include "vcpu.h"
#include "../wire/lines.h"
#include "event.h"
#include "exit.h"
#include "interrupt.h"
#include "log.h"
#include "memory.h"
#include "nested.h"
#include "state.h"
#include "statistics.h"
#include "stopped.h"
#include "trap.h"
#include <svsm/abi/vmexit.h>

#define RFLAGS_IF (UINT64_C(1) << 9)

void run_guest(struct vmsa *vmsa, uint64_t vmcb_pa, uint64_t host_pa, bool interruptible);

bool vcpu_create_level(struct vcpu *vcpu, uint8_t vmpl, uint64_t vmsa_gpa)
{
    struct level *level = &vcpu->levels[vmpl];
    uint64_t frame = memory_frame(vmsa_gpa);

    if (frame == RMP_NO_FRAME || vmsa_gpa % PAGE_SIZE != 0) {
        return false;
    }
    level->vcpu = vcpu;
    level->vmpl = vmpl;
    level->page = memory_at(frame << PAGE_SHIFT);
    level->vmsa_gpa = vmsa_gpa;
    level->event = 0;
    level->loaded = false;
    state_create(level);
    ghcb_reset(&level->ghcb, &machine.ghcb);
    if (machine_traces(LAUNCH_TRACE_VCPU)) {
        log_line(LINES_TRACE " vcpu vcpu=%u vmpl=%u vmsa=%lx rip=%lx", vcpu->number, (unsigned)vmpl,
                 vmsa_gpa, level->page->rip);
    }
    return true;
}

static struct rmp_entry *vmsa_entry(const struct level *level)
{
    return rmp_entry_of(&machine.rmp, memory_frame(level->vmsa_gpa));
}

void vcpu_park(struct level *level)
{
    if (level->loaded) {
        state_unload(level);
        vmsa_entry(level)->flags &= (uint8_t)~RMP_IN_USE;
    }
}

void vcpu_switch(struct vcpu *vcpu, uint8_t vmpl)
{
    if (machine_traces(LAUNCH_TRACE_VMPL)) {
        log_line(LINES_TRACE " vmpl vcpu=%u from=%u to=%u rip=%lx", vcpu->number,
                 (unsigned)vcpu->current->vmpl, (unsigned)vmpl, vcpu->levels[vmpl].page->rip);
    }
    vcpu_park(vcpu->current);
    vcpu->current = &vcpu->levels[vmpl];
}

void vcpu_halt(struct vcpu *vcpu)
{
    struct level *level = vcpu->current;

    if (!(level->vmsa->rflags & RFLAGS_IF)) {
        stopped_by(level, "halt", 0, RMP_NO_FRAME);
    }
    vcpu->window = false;
    trap_take_interrupts();
    while (interrupt_pending() < 0) {
        trap_wait_for_interrupt();
    }
}

void vcpu_interrupted(struct vcpu *vcpu)
{
    const struct level *level = vcpu->current;
    bool shadow = level->vmcb->control.int_state & SVM_INT_STATE_SHADOW;

    if (!(level->vmsa->rflags & RFLAGS_IF) || shadow) {
        vcpu->window = true;
        return;
    }
    vcpu->window = false;
    trap_take_interrupts();
}

/*
 * An interrupt that we took becomes a virtual one, which the CPU delivers when the guest can take
 * it. One that waits outside makes the CPU exit at that moment.
 */
static void offer_interrupt(struct level *level)
{
    struct vmcb_control *control = &level->vmcb->control;
    uint32_t *intercepts = &control->intercepts[svm_intercept_word(VMEXIT_VINTR)];
    int vector = interrupt_pending();

    control->vintr_ctrl &=
        ~(SVM_VINTR_IRQ | SVM_VINTR_IGN_TPR | SVM_VINTR_PRIO_MASK << SVM_VINTR_PRIO_SHIFT);
    *intercepts &= ~svm_intercept_bit(VMEXIT_VINTR);
    if (vector >= 0) {
        control->vintr_ctrl |= SVM_VINTR_IRQ | (uint32_t)vector >> 4 << SVM_VINTR_PRIO_SHIFT;
        control->vintr_vector = (uint32_t)vector;
    } else if (level->vcpu->window) {
        control->vintr_ctrl |= SVM_VINTR_IRQ | SVM_VINTR_IGN_TPR;
        *intercepts |= svm_intercept_bit(VMEXIT_VINTR);
    }
}

/*
 * What was being delivered when the exit came. External interrupts and NMIs are lost if they are
 * not delivered again; everything else comes again by itself when the instruction does.
 */
static void keep_events(struct level *level, bool offered)
{
    const struct vmcb_control *control = &level->vmcb->control;
    uint64_t info = control->exitintinfo;
    uint64_t type = info & SVM_EVENT_TYPE;
    bool waits = offered && (control->vintr_ctrl & SVM_VINTR_IRQ);

    if (offered && !waits) {
        interrupt_taken((uint8_t)control->vintr_vector);
    }
    if (!(info & SVM_EVENT_VALID) || (type == SVM_EVENT_EXTERNAL && waits)) {
        return;
    }
    if (type == SVM_EVENT_EXTERNAL || type == SVM_EVENT_NMI) {
        level->event = info;
    }
}

/* VMRUN's checks. A loaded save area can only lose SVME: WRMSR lets a guest clear it. */
static void check_save_area(struct level *level, const struct rmp_entry *entry)
{
    unsigned rule = vmsa_check(level->vmsa, entry, level->vmpl, &machine.limits);

    if (rule != 0) {
        stopped_by(level, "invalid", rule, level->vmsa_gpa);
    }
}

static void load(struct level *level)
{
    struct rmp_entry *entry = vmsa_entry(level);

    state_read(level);
    check_save_area(level, entry);
    entry->flags |= RMP_IN_USE;
    nested_forget(level->vmsa_gpa, 1);
    state_load(level);
}

static void run_once(struct level *level)
{
    if (!level->loaded) {
        load(level);
    } else if (!(level->vmsa->efer & SNP_EFER_SVME)) {
        vcpu_park(level);
        check_save_area(level, vmsa_entry(level));
    }
    offer_interrupt(level);
    bool offered = interrupt_pending() >= 0;
    state_enter(level);
    run_guest(level->vmsa, memory_pa(level->vmcb), state_host(), !level->vcpu->window);
    if ((uint32_t)level->vmcb->control.exitcode == (uint32_t)VMEXIT_INVALID) {
        stopped_by(level, "invalid", 0, level->vmsa_gpa);
    }
    state_leave(level);
    statistics_exit(level);
    keep_events(level, offered);
}

void vcpu_run(struct vcpu *vcpu)
{
    for (;;) {
        run_once(vcpu->current);
        exit_handle(vcpu->current);
    }
}
