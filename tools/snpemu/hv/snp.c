/* SPDX-License-Identifier: MIT */
#include "snp.h"
#include "../core/insn.h"
#include "../wire/lines.h"
#include "event.h"
#include "guest.h"
#include "invlpgb.h"
#include "lies.h"
#include "log.h"
#include "memory.h"
#include "nested.h"
#include "rdseed.h"
#include "record.h"
#include "stop.h"
#include "stopped.h"
#include "xsaves.h"
#include <svsm/abi/vmexit.h>

#define LENGTH 4u   /* of each of them */
#define LONGEST 15u /* instruction */
#define RFLAGS_CF (UINT64_C(1) << 0)
#define RFLAGS_PF (UINT64_C(1) << 2)
#define RFLAGS_AF (UINT64_C(1) << 4)
#define RFLAGS_ZF (UINT64_C(1) << 6)
#define RFLAGS_SF (UINT64_C(1) << 7)
#define RFLAGS_OF (UINT64_C(1) << 11)

static struct insn_result check(enum insn_kind kind, const struct insn_cpu *cpu,
                                const struct vmsa *vmsa)
{
    switch (kind) {
    case INSN_PVALIDATE:
        return insn_pvalidate_check(cpu, vmsa->rax, (uint32_t)vmsa->rcx, (uint32_t)vmsa->rdx);
    case INSN_RMPADJUST:
        return insn_rmpadjust_check(cpu, vmsa->rax, vmsa->rcx, vmsa->rdx);
    case INSN_RMPQUERY:
        return insn_rmpquery_check(cpu, vmsa->rax, vmsa->rdx);
    default:
        return (struct insn_result){.outcome = INSN_UD};
    }
}

static struct insn_result execute(enum insn_kind kind, const struct insn_cpu *cpu,
                                  const struct vmsa *vmsa, const struct insn_page *page)
{
    if (kind == INSN_PVALIDATE) {
        return insn_pvalidate(&machine.rmp, cpu, page, (uint32_t)vmsa->rcx, (uint32_t)vmsa->rdx);
    }
    if (kind == INSN_RMPADJUST) {
        return insn_rmpadjust(&machine.rmp, cpu, page, vmsa->rcx, vmsa->rdx);
    }
    return insn_rmpquery(&machine.rmp, cpu, page, vmsa->rdx);
}

/* Arithmetic flags follow the code, but for CF. */
static void set_flags(struct vmsa *vmsa, const struct insn_result *result)
{
    vmsa->rflags &= ~(RFLAGS_CF | RFLAGS_PF | RFLAGS_AF | RFLAGS_ZF | RFLAGS_SF | RFLAGS_OF);
    vmsa->rflags |= (result->cf ? RFLAGS_CF : 0) | (result->eax == 0 ? RFLAGS_ZF : 0) |
                    (result->eax >> 31 ? RFLAGS_SF : 0) |
                    (__builtin_parity(result->eax & 0xff) ? 0 : RFLAGS_PF);
}

static void finish(struct level *level, enum insn_kind kind, const struct insn_result *result,
                   uint64_t gpa)
{
    struct vmsa *vmsa = level->vmsa;

    if (result->changed) {
        nested_forget(gpa & ~(result->pages * PAGE_SIZE - 1), result->pages);
    }
    vmsa->rax = result->eax;
    if (kind == INSN_RMPQUERY && result->eax == SNP_SUCCESS) {
        vmsa->rcx = result->rcx;
        vmsa->rdx = result->rdx;
    }
    set_flags(vmsa, result);
    event_skip(level, LENGTH);
}

/* An exit with the SIZEM bit asks the host to split the entry; any other is a refusal. */
static void nested_exit(struct level *level, const struct insn_result *result, uint64_t gpa)
{
    if (!(result->npf_info & VMEXIT_NPF_SIZEM) || !nested_psmash(gpa)) {
        stopped_by(level, "npf", result->rule, gpa);
    }
}

static void conclude(struct level *level, enum insn_kind kind, const struct insn_result *result,
                     uint64_t gpa)
{
    switch (result->outcome) {
    case INSN_DONE:
        finish(level, kind, result, gpa);
        return;
    case INSN_UD:
        event_exception(level, EVENT_UD);
        return;
    case INSN_GP:
        event_exception_error(level, EVENT_GP, 0);
        return;
    case INSN_NPF:
        nested_exit(level, result, gpa);
        return;
    case INSN_VC_404:
        event_vc(level, VMEXIT_PAGE_NOT_VALIDATED);
        return;
    case INSN_WALK:
        break;
    }
    stop_emulator("an SNP instruction ended in no outcome");
}

static void trace(const struct level *level, enum insn_kind kind, const struct insn_result *result,
                  uint64_t gpa)
{
    static const char *const names[] = {[INSN_PVALIDATE] = "pvalidate",
                                        [INSN_RMPADJUST] = "rmpadjust",
                                        [INSN_RMPQUERY] = "rmpquery"};
    const struct vmsa *vmsa = level->vmsa;

    record_insn(level, names[kind], result, gpa);
    if (machine_traces(LAUNCH_TRACE_RMP)) {
        log_line(LINES_TRACE
                 " rmp vcpu=%u vmpl=%u insn=%s gpa=%lx rcx=%lx rdx=%lx outcome=%u eax=%u cf=%u",
                 level->vcpu->number, (unsigned)level->vmpl, names[kind], gpa, vmsa->rcx, vmsa->rdx,
                 (unsigned)result->outcome, result->eax, (unsigned)result->cf);
    }
}

/* Resolves what kept the guest's memory from being read; true: the instruction can go on. */
static bool resolved(struct level *level, enum guest_result result, const struct guest_fault *fault)
{
    if (result == GUEST_PAGE_FAULT) {
        level->vmsa->cr2 = fault->va;
        event_exception_error(level, EVENT_PF, fault->error);
    } else if (result == GUEST_NESTED) {
        nested_refused(level, &fault->access, fault->verdict, fault->rule);
    }
    return result == GUEST_OK;
}

static unsigned lie_insn_of(enum insn_kind kind)
{
    return kind == INSN_PVALIDATE   ? LIE_PVALIDATE
           : kind == INSN_RMPADJUST ? LIE_RMPADJUST
                                    : LIE_RMPQUERY;
}

static void emulate(struct level *level, enum insn_kind kind)
{
    struct vmsa *vmsa = level->vmsa;
    struct insn_cpu cpu = {
        .features = vmsa->sev_features,
        .asid = machine.launch->asid,
        .vmpl = level->vmpl,
        .cpl = vmsa->cpl,
        .long64 = guest_long64(vmsa),
    };
    struct insn_result result = check(kind, &cpu, vmsa);
    struct guest_page page = {.gpa = 0};
    struct guest_fault fault;

    if (result.outcome == INSN_WALK) {
        struct guest_mode mode = {.write = false};
        if (!resolved(level, guest_walk(level, vmsa->rax, mode, &page, &fault), &fault)) {
            return;
        }
        if (!lies_insn(level, lie_insn_of(kind), page.gpa)) {
            return;
        }
        struct insn_page operand = {.gpa = page.gpa,
                                    .frame = memory_frame(page.gpa),
                                    .private = page.private,
                                    .large = page.large};
        result = execute(kind, &cpu, vmsa, &operand);
    }
    trace(level, kind, &result, page.gpa);
    conclude(level, kind, &result, page.gpa);
}

void snp_undefined(struct level *level)
{
    uint8_t bytes[LONGEST];
    unsigned had, length;
    struct guest_fault fault;

    if (!resolved(level, guest_instruction(level, bytes, sizeof(bytes), &had, &fault), &fault)) {
        return;
    }
    enum insn_kind kind = insn_decode(bytes, had, &length);
    if (kind == INSN_PVALIDATE || kind == INSN_RMPADJUST || kind == INSN_RMPQUERY) {
        emulate(level, kind);
    } else if ((kind == INSN_INVLPGB || kind == INSN_TLBSYNC) && machine.launch->invlpgb != 0) {
        invlpgb_undefined(level, kind == INSN_TLBSYNC);
    } else if (!xsaves_undefined(level, bytes, had) && !rdseed_undefined(level, bytes, had)) {
        event_exception(level, EVENT_UD);
    }
}
