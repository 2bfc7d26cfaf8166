/* SPDX-License-Identifier: MIT */
#include "vcpu.h"
#include "alternate.h"
#include "../wire/lines.h"
#include "event.h"
#include "exit.h"
#include "extended.h"
#include "hold.h"
#include "host.h"
#include "interrupt.h"
#include "inuse.h"
#include "io.h"
#include "lies.h"
#include "lock.h"
#include "log.h"
#include "memory.h"
#include "nested.h"
#include "restricted.h"
#include "smp.h"
#include "state.h"
#include "step.h"
#include "statistics.h"
#include "stopped.h"
#include "swint.h"
#include "trap.h"
#include <svsm/abi/vmexit.h>

#define RFLAGS_IF (UINT64_C(1) << 9)
#define VECTOR_NMI 2u

bool run_guest(struct vmsa *vmsa, uint64_t vmcb_pa, uint64_t host_pa, bool interruptible,
               const bool *kicked);
extern const uint8_t run_guest_left[]; /* where it goes on behind VMRUN */

/* AP creation leaves the GHCB MSR as it is, with KVM; OVMF goes by that when it starts its vCPUs a
 * second time. */
static bool create_level(struct level *level, uint64_t vmsa_gpa)
{
    uint64_t frame = memory_frame(vmsa_gpa);
    struct ghcb_state before = level->ghcb;
    bool again = level->vmcb != NULL;

    if (frame == RMP_NO_FRAME || vmsa_gpa % PAGE_SIZE != 0) {
        return false;
    }
    level->page = memory_at(frame << PAGE_SHIFT);
    level->vmsa_gpa = vmsa_gpa;
    level->event = 0;
    level->loaded = false;
    level->in_hv = false;
    level->step.on = false;
    apic_reset(&level->apic);
    state_create(level);
    tlb_drop(level);
    ghcb_reset(&level->ghcb, &machine.ghcb);
    if (again) {
        level->ghcb.msr = before.msr;
        level->ghcb.registered = before.registered;
    }
    if (machine_traces(LAUNCH_TRACE_VCPU)) {
        log_line(LINES_TRACE " vcpu vcpu=%u vmpl=%u vmsa=%lx rip=%lx", level->vcpu->number,
                 (unsigned)level->vmpl, vmsa_gpa, level->page->rip);
    }
    return true;
}

bool vcpu_init(struct vcpu *vcpu, uint32_t number, uint64_t vmsa_gpa, bool runnable)
{
    vcpu->number = number;
    vcpu->current = &vcpu->levels[0];
    for (uint8_t vmpl = 0; vmpl < SNP_VMPLS; vmpl++) {
        vcpu->levels[vmpl].vcpu = vcpu;
        vcpu->levels[vmpl].vmpl = vmpl;
    }
    if (vmsa_gpa == LAUNCH_NO_VMSA) {
        return !runnable;
    }
    vcpu->runnable = runnable;
    return create_level(&vcpu->levels[0], vmsa_gpa);
}

static struct rmp_entry *vmsa_entry(const struct level *level)
{
    return rmp_entry_of(&machine.rmp, memory_frame(level->vmsa_gpa));
}

void vcpu_park(struct level *level)
{
    if (level->loaded) {
        if (alternate_is(level)) {
            alternate_unload(level);
        }
        step_cancel(level);
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
    vcpu->current->ready = false; /* it runs: that is what its creation was for */
}

/* Who says what is injected: the host, the host by #HV alone, or the save area. */
enum injection { INJECTION_PLAIN, INJECTION_RESTRICTED, INJECTION_ALTERNATE };

static enum injection injection_of(const struct level *level)
{
    if (restricted_is(level)) {
        return INJECTION_RESTRICTED;
    }
    return alternate_is(level) ? INJECTION_ALTERNATE : INJECTION_PLAIN;
}

/* Does an interrupt that comes to the machine's APIC end a HLT? */
static bool takes_devices(const struct level *level)
{
    switch (injection_of(level)) {
    case INJECTION_RESTRICTED:
        return restricted_takes_devices(level);
    case INJECTION_ALTERNATE:
        return extended_takes(level);
    default:
        return level->vmsa->rflags & RFLAGS_IF;
    }
}

void vcpu_halt(struct vcpu *vcpu, bool interruptible)
{
    vcpu->halted = true;
    vcpu->interruptible = interruptible && takes_devices(vcpu->current);
    vcpu->window = false;
}

/* What ended a HLT, if anything has. */
static bool woken(const struct vcpu *vcpu)
{
    if (restricted_is(vcpu->current)) {
        return !vcpu->current->ghcb.held && restricted_wants(vcpu->current);
    }
    if (alternate_is(vcpu->current)) {
        return vcpu->current->loaded && !vcpu->current->ghcb.held && alternate_wakes(vcpu->current);
    }
    return vcpu->nmi || (vcpu->interruptible && interrupt_pending() >= 0);
}

/* Nobody runs, and nothing from outside can change that. */
static bool all_dead(void)
{
    for (uint32_t i = 0; i < machine.launch->vcpu_count; i++) {
        const struct vcpu *v = &machine.vcpus[i];
        if (v->kicked || (v->runnable && (!v->halted || v->interruptible))) {
            return false;
        }
    }
    return true;
}

/* A level below the one that halted, which was created to run. */
static bool run_lower(struct vcpu *vcpu)
{
    for (uint8_t vmpl = 1; vmpl < SNP_VMPLS; vmpl++) {
        struct level *level = &vcpu->levels[vmpl];
        if (vcpu->runnable && vcpu->current->vmpl < vmpl && level->ready) {
            vcpu_switch(vcpu, vmpl);
            vcpu->halted = false;
            return true;
        }
    }
    return false;
}

static void idle(struct vcpu *vcpu)
{
    if (run_lower(vcpu)) {
        return;
    }
    bool interruptible = vcpu->runnable && vcpu->interruptible;

    vcpu_park(vcpu->current);
    if (all_dead()) {
        stopped_by(vcpu->current, "halt", 0, RMP_NO_FRAME);
    }
    lock_release();
    smp_nudge();
    trap_wait(&vcpu->kicked, interruptible);
    lock_take();
}

uint8_t vcpu_least(const struct vcpu *vcpu)
{
    uint8_t vmpl = SNP_VMPLS - 1;

    while (vmpl > 0 && vcpu->levels[vmpl].page == NULL) {
        vmpl--;
    }
    return vmpl;
}

/*
 * A level above the running one has an event that its host may tell it: the host runs it, whatever
 * the other does just now. That one goes on when it is asked for again; a halt of it is over then.
 */
static void prefer_upper(struct vcpu *vcpu)
{
    struct level *current = vcpu->current;

    if (current->page != NULL && alternate_is(current)) {
        extended_forward(current); /* what came while it halted */
    }
    for (uint8_t vmpl = 0; vcpu->runnable && vmpl < current->vmpl; vmpl++) {
        if (restricted_wants(&vcpu->levels[vmpl])) {
            host_wake(current, false);
            vcpu_switch(vcpu, vmpl);
            vcpu->halted = false;
            return;
        }
    }
}

void vcpu_want(struct level *level, enum wanted wanted, uint64_t vmsa_gpa)
{
    level->wanted = wanted;
    level->wanted_gpa = vmsa_gpa;
    smp_kick(level->vcpu);
}

/* KVM keeps a save area for the next INIT in mind; who knows levels registers it at once. */
static bool is_latched(const struct level *level)
{
    return level->wanted == WANTED_CREATION_ON_INIT &&
           machine.launch->profile == LAUNCH_UPSTREAM_6_12;
}

/*
 * What others have asked for since the last look. A level that is made anew starts anew: VMPL0 at
 * once or by INIT and SIPI, a lower one when it is asked for or, made to run, when VMPL0 idles. A
 * vCPU whose lower level is dropped halts until that is made again; so it does if VMPL0 runs just
 * then and asks for that level.
 */
static void settle_level(struct level *level)
{
    struct vcpu *vcpu = level->vcpu;
    bool starts = level->wanted == WANTED_CREATION;

    if (level->wanted == WANTED_NOTHING || is_latched(level) || hold_delays(level)) {
        return;
    }
    vcpu_park(level);
    if (level->wanted == WANTED_DESTRUCTION) {
        level->page = NULL;
        if (vcpu->current == level) {
            vcpu->current = &vcpu->levels[0];
            vcpu_halt(vcpu, false);
        }
    } else if (!create_level(level, level->wanted_gpa)) {
        stopped_by(level, "vmsa", 0, level->wanted_gpa);
    }
    level->dropped = level->wanted == WANTED_DESTRUCTION;
    level->wanted = WANTED_NOTHING;
    level->ready = starts && level->vmpl != 0;
    if (level->vmpl == 0) {
        vcpu_park(vcpu->current);
        vcpu->current = level;
        vcpu->runnable = starts && level->page != NULL;
        vcpu->halted = false;
    } else if (vcpu->current == level && starts) {
        level->ready = false; /* it has its turn, whatever it waited for */
        vcpu->halted = false;
    }
}

static void settle(struct vcpu *vcpu)
{
    vcpu->kicked = false;
    for (unsigned i = 0; i < SNP_VMPLS; i++) {
        settle_level(&vcpu->levels[i]);
    }
    inuse_answer(vcpu);
}

void vcpu_init_signal(struct vcpu *vcpu)
{
    struct level *level = &vcpu->levels[0];

    if (level->wanted == WANTED_CREATION_ON_INIT) {
        vcpu_want(level, WANTED_CREATION, level->wanted_gpa);
    }
}

void vcpu_sipi(struct vcpu *vcpu)
{
    if (!vcpu->runnable && vcpu->levels[0].page != NULL) {
        vcpu->runnable = true;
    } else if (vcpu->halted && vcpu->current->ghcb.held) {
        host_wake(vcpu->current, true);
        vcpu->halted = false;
    }
    smp_kick(vcpu);
}

/* The class irq. What comes in is not told, since the lock is not always held then. */
static void trace_irq(const struct vcpu *vcpu, const char *what, unsigned vector)
{
    if (machine_traces(LAUNCH_TRACE_IRQ)) {
        log_line(LINES_TRACE " irq vcpu=%u vmpl=%u what=%s vector=%x rip=%lx", vcpu->number,
                 (unsigned)vcpu->current->vmpl, what, vector, vcpu->current->vmsa->rip);
    }
}

void vcpu_nmi(struct vcpu *vcpu)
{
    vcpu->nmi = true;
    smp_kick(vcpu);
}

void vcpu_interrupted(struct vcpu *vcpu)
{
    const struct level *level = vcpu->current;
    if (restricted_is(level)) {
        if (restricted_takes_devices(level)) {
            trap_take_interrupts();
        }
        return;
    }
    if (alternate_is(level)) {
        trap_take_interrupts();
        extended_forward(level);
        return;
    }
    bool shadow = level->vmcb->control.int_state & SVM_INT_STATE_SHADOW;

    if (!(level->vmsa->rflags & RFLAGS_IF) || shadow) {
        vcpu->window = true;
        trace_irq(vcpu, "waits", 0);
        return;
    }
    vcpu->window = false;
    trap_take_interrupts();
}

/* VMRUN fails with an event that the level does not take. */
static void check_event(const struct level *level, uint64_t event)
{
    unsigned rule = vmsa_check_event(level->vmsa, event);

    if (rule != 0) {
        stopped_by(level, "invalid", rule, level->vmsa_gpa);
    }
}

static void offer_nothing(struct level *level)
{
    struct vmcb_control *control = &level->vmcb->control;

    level->offered = false;
    control->vintr_ctrl &=
        ~(SVM_VINTR_IRQ | SVM_VINTR_IGN_TPR | SVM_VINTR_PRIO_MASK << SVM_VINTR_PRIO_SHIFT);
    control->intercepts[svm_intercept_word(VMEXIT_VINTR)] &= ~svm_intercept_bit(VMEXIT_VINTR);
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

    if ((vector >= 0 || level->vcpu->window) && (level->vmsa->rflags & RFLAGS_IF) &&
        step_in_shadow(level)) {
        return;
    }
    level->offered = vector >= 0;
    if (vector >= 0) {
        check_event(level, svm_event(SVM_EVENT_EXTERNAL, (uint8_t)vector));
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
static void keep_events(struct level *level)
{
    const struct vmcb_control *control = &level->vmcb->control;
    uint64_t info = control->exitintinfo;
    uint64_t type = info & SVM_EVENT_TYPE;
    bool waits = level->offered && (control->vintr_ctrl & SVM_VINTR_IRQ);

    if (level->offered && !waits) {
        interrupt_taken((uint8_t)control->vintr_vector);
        trace_irq(level->vcpu, "delivered", control->vintr_vector);
    }
    if (!(info & SVM_EVENT_VALID) || (type == SVM_EVENT_EXTERNAL && waits)) {
        return;
    }
    bool hv = type == SVM_EVENT_EXCEPTION && (info & SVM_EVENT_VECTOR) == SNP_VECTOR_HV;
    if (type == SVM_EVENT_EXTERNAL || type == SVM_EVENT_NMI || hv) {
        level->event = info;
    } else if (type == SVM_EVENT_SOFTWARE) {
        swint_again(level);
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
    nested_take(level->vmsa_gpa, 1);
    state_load(level);
    if (alternate_is(level)) {
        alternate_load(level);
    }
}

static void offer_nmi(struct level *level)
{
    if (level->vcpu->nmi && level->event == 0) {
        level->vcpu->nmi = false;
        trace_irq(level->vcpu, "nmi", VECTOR_NMI);
        level->event = svm_event(SVM_EVENT_NMI, VECTOR_NMI);
        check_event(level, level->event);
    }
}

static void offer(struct level *level, enum injection injection)
{
    offer_nothing(level);
    if (level->ending) {
        return; /* all that waits is for the next save area */
    }
    switch (injection) {
    case INJECTION_RESTRICTED:
        restricted_enter(level);
        return;
    case INJECTION_ALTERNATE:
        alternate_enter(level);
        return;
    case INJECTION_PLAIN:
        offer_interrupt(level);
        offer_nmi(level);
        return;
    }
}

/* Without the lock, from the entry to the exit. False: somebody wants something first. */
static bool run(struct level *level, enum injection injection)
{
    struct vcpu *vcpu = level->vcpu;
    bool interruptible =
        injection == INJECTION_RESTRICTED ? restricted_takes_devices(level) : !vcpu->window;

    if (injection == INJECTION_ALTERNATE) {
        interruptible = extended_takes(level);
    }
    __atomic_store_n(&vcpu->in_guest, true, __ATOMIC_SEQ_CST);
    lock_release();
    bool ran =
        run_guest(level->vmsa, memory_pa(level->vmcb), vcpu->host_pa, interruptible, &vcpu->kicked);
    __atomic_store_n(&vcpu->in_guest, false, __ATOMIC_SEQ_CST);
    lock_take();
    return ran;
}

/* QEMU does not know of a shadow that was there at the entry. One instruction ends it. */
static void keep_shadow(struct level *level, uint32_t before, uint64_t rip)
{
    if ((before & SVM_INT_STATE_SHADOW) && level->vmsa->rip == rip) {
        level->vmcb->control.int_state |= SVM_INT_STATE_SHADOW;
    }
}

/*
 * QEMU can exit the first vCPU a second time before our first instruction, with nested paging still
 * on (exit 400h at our own page tables): the save area holds our registers then, and the guest's
 * are gone. Another vCPU that loads x87 state at that moment does it; vector.c says how, and why we
 * do not. Guests do by XRSTOR, FXRSTOR, FRSTOR and FLDENV, which no intercept sees. No guest can
 * have this CR3: there is no memory of it at that address.
 */
static void check_kept(const struct level *level, uint64_t entered)
{
    if (level->vmsa->cr3 == cr3_read() && level->vmsa->rip == (uint64_t)run_guest_left) {
        stopped_lost(level, entered);
    }
}

/* One entry and exit. False: there was none. */
static bool run_once(struct level *level)
{
    if (!level->loaded) {
        load(level);
        lies_enter(level);
    } else if (!(level->vmsa->efer & SNP_EFER_SVME)) {
        vcpu_park(level);
        check_save_area(level, vmsa_entry(level));
    }
    enum injection injection = injection_of(level);
    offer(level, injection);
    step_enter(level);
    uint64_t event = level->event, rip = level->vmsa->rip;
    uint32_t shadow = level->vmcb->control.int_state;
    state_enter(level);
    lies_before_run(level);
    if (!run(level, injection)) {
        lies_after_run(level, false);
        level->event = event;
        if (injection == INJECTION_ALTERNATE) {
            alternate_cancel(level);
        }
        return false;
    }
    check_kept(level, rip);
    if ((uint32_t)level->vmcb->control.exitcode == (uint32_t)VMEXIT_INVALID) {
        stopped_by(level, "invalid", 0, level->vmsa_gpa);
    }
    state_leave(level);
    keep_shadow(level, shadow, rip);
    inuse_exit(level->vcpu);
    statistics_exit(level);
    if (injection == INJECTION_ALTERNATE) {
        alternate_exit(level);
    } else {
        keep_events(level);
    }
    lies_after_run(level, true);
    return true;
}

void vcpu_run(struct vcpu *vcpu)
{
    for (;;) {
        settle(vcpu);
        inuse_wait(vcpu);
        hold_wait(vcpu);
        prefer_upper(vcpu);
        if (vcpu->halted && woken(vcpu)) { /* as in KVM an NMI ends a hold, too */
            host_wake(vcpu->current, false);
            vcpu->halted = false;
        }
        if (!vcpu->runnable || vcpu->halted) {
            idle(vcpu);
        } else if (run_once(vcpu->current)) {
            exit_handle(vcpu->current);
        }
    }
}
