/* SPDX-License-Identifier: MIT */
#include "record.h"
#include "../core/ghcb_call.h"
#include "../wire/lines.h"
#include "log.h"
#include <svsm/abi/ghcb_msr.h>

/* In the order of the line. */
static const enum ghcb_field inputs[] = {FIELD_EXITCODE, FIELD_INFO1, FIELD_INFO2, FIELD_RAX,
                                         FIELD_RBX,      FIELD_RCX,   FIELD_RDX,   FIELD_SCRATCH,
                                         FIELD_XCR0,     FIELD_CPL};
static const enum ghcb_field registers[] = {FIELD_RAX, FIELD_RBX, FIELD_RCX, FIELD_RDX};

static unsigned mask(uint32_t fields, const enum ghcb_field *order, unsigned count)
{
    unsigned bits = 0;

    for (unsigned i = 0; i < count; i++) {
        bits |= (fields >> order[i] & 1u) << i;
    }
    return bits;
}

void record_msr(const struct level *level, uint64_t request, uint64_t answer)
{
    if (machine_traces(LAUNCH_TRACE_RECORD) && ghcb_msr_code(request) != GHCB_MSR_PAGE) {
        log_line(LINES_RECORD " msr vcpu=%x vmpl=%x value=%lx answer=%lx", level->vcpu->number,
                 (unsigned)level->vmpl, request, answer);
    }
}

void record_event(void *context, const struct ghcb_call *call)
{
    const struct level *level = context;
    const uint64_t *in = call->in, *out = call->out;

    if (!machine_traces(LAUNCH_TRACE_RECORD)) {
        return;
    }
    log_line(LINES_RECORD " event vcpu=%x vmpl=%x valid=%x code=%lx info1=%lx info2=%lx rax=%lx "
                          "rbx=%lx rcx=%lx rdx=%lx scratch=%lx xcr0=%lx cpl=%lx",
             level->vcpu->number, (unsigned)level->vmpl,
             mask(call->valid, inputs, sizeof(inputs) / sizeof(inputs[0])), in[FIELD_EXITCODE],
             in[FIELD_INFO1], in[FIELD_INFO2], in[FIELD_RAX], in[FIELD_RBX], in[FIELD_RCX],
             in[FIELD_RDX], in[FIELD_SCRATCH], in[FIELD_XCR0], in[FIELD_CPL]);
    log_line(LINES_RECORD " answer back=%x info1=%lx info2=%lx rax=%lx rbx=%lx rcx=%lx rdx=%lx",
             mask(call->answered, registers, sizeof(registers) / sizeof(registers[0])),
             out[FIELD_INFO1], out[FIELD_INFO2], out[FIELD_RAX], out[FIELD_RBX], out[FIELD_RCX],
             out[FIELD_RDX]);
}

void record_insn(const struct level *level, const char *name, const struct insn_result *result,
                 uint64_t gpa)
{
    const struct vmsa *vmsa = level->vmsa;

    if (machine_traces(LAUNCH_TRACE_RECORD)) {
        log_line(LINES_RECORD " insn vcpu=%x vmpl=%x name=%s gpa=%lx rcx=%lx rdx=%lx outcome=%x "
                              "code=%x cf=%x outcx=%lx outdx=%lx",
                 level->vcpu->number, (unsigned)level->vmpl, name, gpa, vmsa->rcx, vmsa->rdx,
                 (unsigned)result->outcome, result->eax, (unsigned)result->cf, result->rcx,
                 result->rdx);
    }
}
