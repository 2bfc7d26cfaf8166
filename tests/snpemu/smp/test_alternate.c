/* SPDX-License-Identifier: MIT */
/*
 * Alternate injection: what VMPL0 writes into the save area of a lower level is what comes to that
 * level, and what it reads there afterwards says what has come.
 */
/* SAFETY: a test guest; each instruction is there for what it does, and its operands say what it
 * reads and writes. */
#include "smp.h"

#define LEVEL 2u
#define IRQ (VMSA_VINTR_IRQ | VMSA_VINTR_GIF | (uint64_t)IPI_VECTOR << VMSA_VINTR_VECTOR_SHIFT)
#define PRIORITY(n) ((uint64_t)(n) << VMSA_VINTR_PRIO_SHIFT)
#define SNP_LEAF UINT32_C(0x8000001f)
#define RFLAGS_IF UINT64_C(0x200)

static struct context *level;
static struct vmsa *area;

/* What the level does with its turn: with interrupts off, or on, or on until it is left. */
static void turn(uint64_t how)
{
    if (how == 0) {
        asm volatile("nop; nop; nop");
    } else {
        asm volatile("sti; nop; nop; cli");
    }
}

static void halt(uint64_t unused)
{
    (void)unused;
    asm volatile("sti; hlt; cli");
}

static struct fault run(act *act, uint64_t argument, uint64_t vintr, uint64_t event)
{
    area->vintr_ctrl = vintr;
    area->event_inj = event;
    level->ipis = 0;
    level->nmis = 0;
    return level_run(LEVEL, act, argument);
}

/* One turn: how many interrupts came, and is it still asked for afterwards? */
static void interrupt(uint64_t how, uint64_t vintr, uint64_t comes, const char *name)
{
    (void)run(turn, how, vintr, 0);
    check(level->ipis, comes, "alternate-%s-comes", name);
    check(area->vintr_ctrl & VMSA_VINTR_IRQ, comes != 0 ? 0 : vintr & VMSA_VINTR_IRQ,
          "alternate-%s-is-pending", name);
    check(area->vintr_ctrl & ~VMSA_VINTR_IRQ, vintr & ~VMSA_VINTR_IRQ, "alternate-%s-else", name);
}

static void interrupts(void)
{
    interrupt(1, VMSA_VINTR_GIF, 0, "none");
    interrupt(0, IRQ | PRIORITY(4), 0, "disabled");
    interrupt(1, IRQ | PRIORITY(4), 1, "enabled");
    interrupt(1, IRQ | PRIORITY(4) | 4, 0, "of-the-tpr");
    interrupt(1, IRQ | PRIORITY(5) | 4, 1, "above-the-tpr");
    interrupt(1, IRQ | PRIORITY(4) | VMSA_VINTR_IGN_TPR | 4, 1, "without-the-tpr");
    interrupt(1, (IRQ | PRIORITY(4)) & ~VMSA_VINTR_GIF, 0, "without-gif");
}

/* With interrupts on where it goes on: before the first instruction, or, in a shadow, behind it. */
static void at_once(bool shadow)
{
    uint64_t rip = area->rip;

    area->rflags |= RFLAGS_IF;
    (void)run(turn, 0, IRQ | PRIORITY(4) | (shadow ? VMSA_VINTR_INT_SHADOW : 0), 0);
    check(level->ipis, 1, "alternate-%s-comes", shadow ? "shadow" : "at-once");
    check(level->took_rip == rip, !shadow, "alternate-%s-rip", shadow ? "shadow" : "at-once");
    check(area->vintr_ctrl & VMSA_VINTR_INT_SHADOW, 0, "alternate-%s-ends",
          shadow ? "shadow" : "at-once");
    area->rflags &= ~RFLAGS_IF;
}

/* Back to VMPL0, and then on: an exception that comes here ends the act. */
static void leave(uint64_t unused)
{
    (void)unused;
    (void)msr_ask(ghcb_msr_run_vmpl(0));
}

static void event(uint64_t inject, unsigned vector, uint64_t error, const char *name)
{
    area->event_inj = 0;
    PUT(level->job, leave);
    (void)msr_ask(ghcb_msr_run_vmpl(LEVEL));
    check(level->job != NULL, true, "alternate-%s-is-left", name);
    area->event_inj = inject;
    (void)msr_ask(ghcb_msr_run_vmpl(LEVEL));
    check(level->job == NULL, true, "alternate-%s-ends", name);
    struct fault got = level->fault;

    check(area->event_inj & SVM_EVENT_VALID, 0, "alternate-%s-is-taken", name);
    check(got.vector, vector, "alternate-%s-vector", name);
    check(got.error, error, "alternate-%s-error", name);
}

static void events(void)
{
    (void)run(turn, 0, VMSA_VINTR_GIF, svm_event(SVM_EVENT_EXTERNAL, IPI_VECTOR));
    check(level->ipis, 1, "alternate-external-comes-with-interrupts-off");
    check(area->event_inj & SVM_EVENT_VALID, 0, "alternate-external-is-taken");
    (void)run(turn, 0, VMSA_VINTR_GIF, svm_event(SVM_EVENT_NMI, 2));
    check(level->nmis, 1, "alternate-nmi-comes");
    check(area->event_inj & SVM_EVENT_VALID, 0, "alternate-nmi-is-taken");
    (void)run(turn, 1, IRQ | PRIORITY(4), svm_event(SVM_EVENT_NMI, 2));
    check(level->nmis + level->ipis, 2, "alternate-both-come");
    (void)run(turn, 0, VMSA_VINTR_GIF,
              svm_event(SVM_EVENT_EXTERNAL, IPI_VECTOR) & ~SVM_EVENT_VALID);
    check(level->ipis, 0, "alternate-not-valid");
}

static void refused(uint64_t features, uint64_t vintr, uint64_t inject)
{
    area->sev_features |= features;
    print("# refused from here on\n");
    (void)run(turn, 0, VMSA_VINTR_GIF | vintr, inject);
    check(0, 1, "alternate-ran");
}

void test_alternate(uint64_t features, uint64_t vintr, uint64_t inject)
{
    const unsigned cpu = context()->cpu;

    level = &contexts[cpu][LEVEL];
    area = &areas[cpu][LEVEL];
    level_rights(LEVEL);
    bool made = area_make(cpu, LEVEL);
    area->sev_features = SNP_FEATURE_SNP | SNP_FEATURE_ALTERNATE_INJECTION;
    level->quiet = true;
    check(made &&
              own_ask(GHCB_EVENT_AP_CREATION, ghcb_ap_creation(cpu, LEVEL, GHCB_AP_CREATE_ON_INIT),
                      (uint64_t)area, area->sev_features, 0),
          true, "alternate-level");
    check(ghcb_msr_high(msr_ask(ghcb_msr_cpuid(GHCB_MSR_CPUID_REQUEST, SNP_LEAF, 0))) &
              SNP_CPUID_ALTERNATE_INJECTION,
          SNP_CPUID_ALTERNATE_INJECTION, "alternate-cpuid");
    (void)run(turn, 0, VMSA_VINTR_GIF, 0); /* from here on it stands in its loop */
    if ((features | vintr | inject) != 0) {
        refused(features, vintr, inject);
        return;
    }
    interrupts();
    at_once(false);
    at_once(true);
    events();
    event(svm_event(SVM_EVENT_EXCEPTION, VECTOR_UD), VECTOR_UD, 0, "undefined");
    event(svm_event_with_error(SVM_EVENT_EXCEPTION, VECTOR_GP, 0x18), VECTOR_GP, 0x18,
          "general-protection");
    event(svm_event_with_error(SVM_EVENT_EXCEPTION, SNP_VECTOR_VC, VMEXIT_CPUID), SNP_VECTOR_VC,
          VMEXIT_CPUID, "vmm-communication");
    (void)run(halt, 0, IRQ | PRIORITY(4), 0);
    check(level->ipis, 1, "alternate-halt");
}
