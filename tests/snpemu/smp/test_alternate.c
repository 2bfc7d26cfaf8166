/* SPDX-License-Identifier: MIT */
/*
 * Alternate injection: what VMPL0 writes into the save area of a lower level is what comes to that
 * level, and what it reads there afterwards says what has come.
 */
/* SAFETY: a test guest; each instruction is there for what it does, and its operands say what it
 * reads and writes. */
#include "smp.h"
#include <svsm/abi/ghcb_host.h>
#include <svsm/abi/snp_cpuid.h>

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

static void send_itself(uint64_t vector)
{
    cpu_setup();
    ipi(vector, context()->cpu);
    asm volatile("nop; nop");
}

#define NOTIFY 0x50u
#define FIRST 0x41u
#define SECOND 0x62u
#define MINE (1u << (LEVEL - 1))
#define NFS GHCB_DOORBELL_NO_FURTHER_SIGNAL

static void answered(struct answer got, uint64_t result, uint64_t value, const char *name)
{
    check((uint32_t)got.result, result, "extended-%s-result", name);
    check(got.value, value, "extended-%s-value", name);
}

/* What VMPL0 is told of interrupts of the level. */
static void told(struct context *me, uint8_t vector, uint32_t status, const char *name)
{
    check(SEEN(me->bell->vector), vector, "extended-%s-vector", name);
    check(SEEN(me->bell->flags), NFS, "extended-%s-flags", name);
    check(SEEN(me->bell->per_vmpl_events), MINE, "extended-%s-level", name);
    check(SEEN(me->bell->extended[LEVEL - 1].status), status, "extended-%s-status", name);
}

static void extended_events(void)
{
    const uint64_t eoi = (uint64_t)LEVEL << 16;

    answered(bell_event(GHCB_EVENT_CONFIGURE_INTERRUPT, 30, 0), GHCB_RESULT_MALFORMED,
             GHCB_ERROR_INVALID_INPUT, "no-vector");
    answered(bell_event(GHCB_EVENT_CONFIGURE_INTERRUPT, 0x150, 0), GHCB_RESULT_MALFORMED,
             GHCB_ERROR_INVALID_INPUT, "large-vector");
    answered(bell_event(GHCB_EVENT_SPECIFIC_EOI, FIRST, 0), GHCB_RESULT_MALFORMED,
             GHCB_ERROR_INVALID_INPUT, "eoi-of-level-0");
    answered(bell_event(GHCB_EVENT_SPECIFIC_EOI, eoi | FIRST, 0), GHCB_RESULT_MALFORMED,
             GHCB_ERROR_INVALID_INPUT, "eoi-of-nothing");
    answered(bell_event(GHCB_EVENT_DISABLE_ALTERNATE, 0, 0), GHCB_RESULT_MALFORMED,
             GHCB_ERROR_INVALID_INPUT, "end-of-level-0");
    answered(bell_event(GHCB_EVENT_DISABLE_ALTERNATE, eoi | 4, 0), GHCB_RESULT_MALFORMED,
             GHCB_ERROR_INVALID_INPUT, "end-with-a-reserved-bit");
    answered(bell_event(GHCB_EVENT_DISABLE_ALTERNATE, (LEVEL + 1) << 16, 0), GHCB_RESULT_MALFORMED,
             GHCB_ERROR_INVALID_INPUT, "end-of-no-level");
    answered(bell_event(GHCB_EVENT_CONFIGURE_INTERRUPT, NOTIFY, 0), GHCB_RESULT_OK, 0, "vector");
}

/* Interrupts of the level come to VMPL0, at first by a vector of its own, then by #HV alone. */
static void extended(void)
{
    struct context *me = context();
    struct ghcb_doorbell_extended *info = &me->bell->extended[LEVEL - 1];

    extended_events();
    me->holds = true;
    uint64_t rings = me->rings;
    (void)run(send_itself, FIRST, VMSA_VINTR_GIF, 0);
    told(me, NOTIFY, FIRST, "first");
    check(me->rings - rings, 1, "extended-first-rings");
    (void)run(send_itself, SECOND, VMSA_VINTR_GIF, 0);
    told(me, NOTIFY, GHCB_DOORBELL_EXT_MULTIPLE, "second");
    check(me->rings - rings, 1, "extended-second-rings");
    check(info->irr[FIRST / 32 - 1], 1u << FIRST % 32, "extended-first-in-irr");
    check(info->irr[SECOND / 32 - 1], 1u << SECOND % 32, "extended-second-in-irr");
    check(level->ipis, 0, "extended-not-for-the-level");
    me->bell->per_vmpl_events = 0;
    *info = (struct ghcb_doorbell_extended){.status = 0};
    for (unsigned i = 0; i < 2; i++) { /* one for each, since the first was not ended */
        check(bell_take(), NOTIFY, "extended-taken-%u", i);
        me->owed = 1;
        bell_end();
    }
    check(bell_take(), 0, "extended-all-taken");
    rings = me->rings;
    answered(bell_event(GHCB_EVENT_CONFIGURE_INTERRUPT, 0, 0), GHCB_RESULT_OK, 0, "no-notice");
    (void)run(send_itself, FIRST, VMSA_VINTR_GIF, 0);
    told(me, 0, FIRST, "silent");
    check(me->rings - rings, 1, "extended-silent-rings");
    /* VMPL0 gives up: what it leaves in the page is injected by the host. */
    me->bell->per_vmpl_events = 0;
    info->status = GHCB_DOORBELL_EXT_MULTIPLE;
    info->irr[IPI_VECTOR / 32 - 1] = 1u << IPI_VECTOR % 32;
    (void)bell_take();
    area->sev_features &= ~SNP_FEATURE_ALTERNATE_INJECTION;
    answered(bell_event(GHCB_EVENT_DISABLE_ALTERNATE, (uint64_t)LEVEL << 16, 0), GHCB_RESULT_OK, 0,
             "end");
    check(info->status, 0, "extended-end-status");
    check(info->irr[IPI_VECTOR / 32 - 1], 0, "extended-end-irr");
    level->ipis = 0;
    (void)level_run(LEVEL, turn, 1);
    check(level->ipis, 1, "extended-end-comes");
    me->holds = false;
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
    extended();
}
