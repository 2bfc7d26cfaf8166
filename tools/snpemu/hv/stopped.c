/* SPDX-License-Identifier: MIT */
#include "stopped.h"
#include "../core/rules.h"
#include "../wire/lines.h"
#include "io.h"
#include "log.h"
#include "memory.h"
#include "owners.h"
#include "statistics.h"
#include "stop.h"

/* The state at a stop, for people: comment lines, which the host program shows on request. */
static void dump(const struct level *level)
{
    const struct vmsa *v = level->vmsa;
    const struct vmcb_control *c = &level->vmcb->control;

    if (v == NULL) {
        return;
    }
    log_line("# exit=%lx info1=%lx info2=%lx intinfo=%lx", c->exitcode, c->exitinfo1, c->exitinfo2,
             c->exitintinfo);
    log_line("# rip=%lx rsp=%lx rflags=%lx cpl=%u cs=%x ss=%x", v->rip, v->rsp, v->rflags,
             (unsigned)v->cpl, (unsigned)v->cs.selector, (unsigned)v->ss.selector);
    log_line("# cr0=%lx cr2=%lx cr3=%lx cr4=%lx efer=%lx", v->cr0, v->cr2, v->cr3, v->cr4, v->efer);
    log_line("# rax=%lx rbx=%lx rcx=%lx rdx=%lx rsi=%lx rdi=%lx rbp=%lx", v->rax, v->rbx, v->rcx,
             v->rdx, v->rsi, v->rdi, v->rbp);
    log_line("# r8=%lx r9=%lx r10=%lx r11=%lx r12=%lx r13=%lx r14=%lx r15=%lx", v->r8, v->r9,
             v->r10, v->r11, v->r12, v->r13, v->r14, v->r15);
}

void stopped_by(const struct level *level, const char *kind, unsigned rule, uint64_t gpa)
{
    const struct rule_info *info = rule_info(rule);
    const char *name = info != NULL ? info->name : "-";
    uint64_t rip = level->vmsa != NULL ? level->vmsa->rip : 0;

    statistics_history();
    dump(level);
    statistics_print();
    owners_print();
    if (gpa == RMP_NO_FRAME) {
        log_line(LINES_STOP " %s rule=%s vcpu=%u vmpl=%u rip=%lx", kind, name, level->vcpu->number,
                 (unsigned)level->vmpl, rip);
    } else {
        log_line(LINES_STOP " %s rule=%s vcpu=%u vmpl=%u rip=%lx gpa=%lx", kind, name,
                 level->vcpu->number, (unsigned)level->vmpl, rip, gpa);
    }
    stop_machine(STOP_STATUS_REFUSED);
}

/*
 * The line says what tells the ways apart in which it can come about (check_kept()). QEMU keeps its
 * own copy of our registers as it keeps a guest's: in a VMCB, whose address is in the MSR.
 */
void stopped_lost(const struct level *level, uint64_t entered)
{
    const struct vmsa *v = level->vmsa;
    const struct vmcb_control *c = &level->vmcb->control;
    const struct vmcb *own = memory_at(msr_read(SVM_MSR_VM_HSAVE_PA));

    statistics_history();
    dump(level);
    statistics_print();
    log_line(LINES_STOP " " LINES_STOP_EMULATOR " why=" LINES_LOST
                        " (vcpu=%u vmpl=%u entered=%lx exit=%lx info1=%lx info2=%lx rax=%lx "
                        "vmcb=%lx rsp=%lx own=%lx), which happens now and then with several of "
                        "them on a busy machine; run it again",
             level->vcpu->number, (unsigned)level->vmpl, entered, c->exitcode, c->exitinfo1,
             c->exitinfo2, v->rax, memory_pa(level->vmcb), v->rsp, own->save.rsp);
    stop_machine(STOP_STATUS_REFUSED);
}

void stopped_terminated(const struct level *level, const struct ghcb_outcome *outcome)
{
    const char *name = ghcb_termination_name(outcome->term_set, outcome->term_reason);

    statistics_history();
    statistics_print();
    owners_print();
    log_line(LINES_TERMINATE " set=%u reason=%u detail=%lx vcpu=%u vmpl=%u rip=%lx name=%s",
             outcome->term_set, outcome->term_reason, outcome->detail, level->vcpu->number,
             (unsigned)level->vmpl, level->vmsa->rip, name != NULL ? name : "-");
    stop_machine(STOP_STATUS_TERMINATED);
}

void stopped_exit(uint32_t code)
{
    statistics_print();
    owners_print();
    log_line(LINES_EXIT " code=%u", code);
    stop_machine(code);
}

[[gnu::noreturn]] static void end_with(const char *line, uint32_t status)
{
    statistics_print();
    owners_print();
    log_line("%s", line);
    stop_machine(status);
}

void stopped_off(void)
{
    end_with(LINES_OFF, STOP_STATUS_OFF);
}

void stopped_reset(void)
{
    end_with(LINES_RESET, STOP_STATUS_RESET);
}
