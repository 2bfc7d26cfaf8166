/* SPDX-License-Identifier: MIT */
/* The MSR protocol: a request in C001_0130 is replaced by its response. */
#include "ghcb_lie.h"
#include "../wire/launch.h"
#include <svsm/abi/ghcb_host.h>
#include <svsm/abi/snp.h>

#define XCR0_RESET UINT64_C(1)
#define PHYS_BITS_MAX 52u
#define KVM_PSC_ERROR UINT32_C(0x80000000)
#define RUN_VMPL_ERROR 1u

struct msr_call {
    struct ghcb_state *state;
    const struct ghcb_config *config;
    const struct ghcb_ops *ops;
    void *machine;
    uint64_t request;
    struct ghcb_outcome outcome;
};

/* Bits of a request that must be zero; only a strict host looks at them. */
static uint64_t reserved_bits(unsigned code)
{
    switch (code) {
    case GHCB_MSR_CPUID_REQUEST:
        return UINT64_C(0x3ffff000);
    case GHCB_MSR_REGISTER_REQUEST:
        return 0;
    case GHCB_MSR_PSC_REQUEST:
        return UINT64_C(0xff) << 56;
    case GHCB_MSR_RUN_VMPL_REQUEST:
        return ~(UINT64_C(0xff) << 32) & ~GHCB_MSR_CODE;
    case GHCB_MSR_TERMINATE:
        return ~UINT64_C(0xfff000) & ~GHCB_MSR_CODE;
    case GHCB_MSR_SEV_INFO_REQUEST:
    case GHCB_MSR_AP_RESET_HOLD_REQUEST:
    case GHCB_MSR_PREFERRED_REQUEST:
    case GHCB_MSR_FEATURES_REQUEST:
        return ~GHCB_MSR_CODE;
    default:
        return 0;
    }
}

static void cpuid(struct msr_call *call)
{
    uint32_t regs[4] = {ghcb_msr_high(call->request), 0, 0, 0}; /* in the order of the codes */
    unsigned wanted = ghcb_msr_cpuid_register(call->request);

    call->ops->cpuid(call->machine, &regs[GHCB_MSR_CPUID_EAX], &regs[GHCB_MSR_CPUID_EBX],
                     &regs[GHCB_MSR_CPUID_ECX], &regs[GHCB_MSR_CPUID_EDX], XCR0_RESET, 0);
    call->state->msr = ghcb_msr_cpuid(GHCB_MSR_CPUID_RESPONSE, regs[wanted], wanted);
}

static void hold(struct msr_call *call)
{
    call->state->msr = ghcb_msr_value(GHCB_MSR_AP_RESET_HOLD_RESPONSE, 0);
    call->state->held = true;
    call->outcome.action = GHCB_HOLD;
}

/* KVM takes any address. A strict host finds the C-bit in it, or one that no memory can have. */
static void register_gpa(struct msr_call *call)
{
    uint64_t gfn = ghcb_msr_data(call->request);
    uint64_t gpa = gfn * SNP_SIZE_4K;
    bool fits = gpa >> PHYS_BITS_MAX == 0 && !(gpa >> call->config->cbit & 1);

    if (call->config->profile == LAUNCH_STRICT && !fits) {
        call->state->msr = ghcb_msr_value(GHCB_MSR_REGISTER_RESPONSE, GHCB_MSR_NO_GFN);
        call->outcome.rule = RULE_MSR_REGISTER;
        return;
    }
    call->state->registered = gfn == 0 ? GHCB_UNREGISTERED : gpa;
    call->state->msr = ghcb_msr_value(GHCB_MSR_REGISTER_RESPONSE, gfn);
}

static void page_state(struct msr_call *call)
{
    unsigned operation = ghcb_msr_psc_operation(call->request);
    uint64_t gpa = ghcb_msr_psc_gfn(call->request) * SNP_SIZE_4K;
    uint32_t error = KVM_PSC_ERROR;

    if (operation != GHCB_MSR_PSC_PRIVATE && operation != GHCB_MSR_PSC_SHARED) {
        call->outcome.rule = RULE_PSC_OPERATION;
    } else if (!call->ops->page_state(call->machine, gpa, operation == GHCB_MSR_PSC_PRIVATE,
                                      false)) {
        call->outcome.rule = RULE_PSC_REFUSED;
    } else {
        error = 0;
    }
    call->state->msr = ghcb_msr_status(GHCB_MSR_PSC_RESPONSE, error);
}

static void run_vmpl(struct msr_call *call)
{
    uint8_t target = ghcb_msr_run_vmpl_target(call->request);

    call->outcome.rule = RULE_RUN_VMPL;
    if (target >= SNP_VMPLS) {
        call->state->msr = ghcb_msr_status(GHCB_MSR_RUN_VMPL_RESPONSE, RUN_VMPL_ERROR);
        return;
    }
    call->state->msr = ghcb_msr_status(GHCB_MSR_RUN_VMPL_RESPONSE, 0);
    call->outcome.action = GHCB_RUN_VMPL;
    call->outcome.target = target;
}

static void terminate(struct msr_call *call)
{
    call->outcome.action = GHCB_TERMINATED;
    call->outcome.term_set = ghcb_msr_terminate_set(call->request);
    call->outcome.term_reason = ghcb_msr_terminate_reason(call->request);
}

/* A value that the host does not know stays, so that the guest reads its own request. */
static void unknown(struct msr_call *call)
{
    call->outcome.rule = RULE_MSR_UNKNOWN;
}

static void answer(struct msr_call *call)
{
    switch (ghcb_msr_code(call->request)) {
    case GHCB_MSR_SEV_INFO_REQUEST:
        call->state->msr =
            ghcb_msr_sev_info(GHCB_VERSION_MAX, GHCB_VERSION_MIN, call->config->cbit);
        return;
    case GHCB_MSR_CPUID_REQUEST:
        cpuid(call);
        return;
    case GHCB_MSR_AP_RESET_HOLD_REQUEST:
        hold(call);
        return;
    case GHCB_MSR_PREFERRED_REQUEST:
        call->state->msr = ghcb_msr_value(GHCB_MSR_PREFERRED_RESPONSE, GHCB_MSR_NO_GFN);
        return;
    case GHCB_MSR_REGISTER_REQUEST:
        register_gpa(call);
        return;
    case GHCB_MSR_PSC_REQUEST:
        page_state(call);
        return;
    case GHCB_MSR_RUN_VMPL_REQUEST:
        if (ghcb_features(call->config) & GHCB_HV_MULTI_VMPL) {
            run_vmpl(call);
        } else {
            unknown(call);
        }
        return;
    case GHCB_MSR_FEATURES_REQUEST:
        call->state->msr = ghcb_msr_value(GHCB_MSR_FEATURES_RESPONSE, ghcb_features(call->config));
        return;
    case GHCB_MSR_TERMINATE:
        terminate(call);
        return;
    default:
        unknown(call);
    }
}

struct ghcb_outcome ghcb_msr_request(struct ghcb_state *state, const struct ghcb_config *config,
                                     const struct ghcb_ops *ops, void *machine)
{
    uint64_t request = state->msr;
    struct msr_call call = {
        .state = state, .config = config, .ops = ops, .machine = machine, .request = request};

    if (config->profile == LAUNCH_STRICT &&
        (call.request & reserved_bits(ghcb_msr_code(call.request)))) {
        call.outcome.action = GHCB_STOPPED;
        call.outcome.rule = RULE_MSR_RESERVED;
        call.outcome.detail = call.request;
        return call.outcome;
    }
    struct ghcb_msr_lie lie;
    unsigned left = ghcb_lie_msr_before(&lie, state, config, machine);
    call.request = state->msr;
    for (; left > 0; left--) {
        answer(&call);
    }
    ghcb_lie_msr_after(&lie, state, config, machine, request, &call.outcome);
    if (ops->note) {
        const char *name = ghcb_msr_name(ghcb_msr_code(call.request));
        ops->note(machine, name ? name : "unknown", call.request, state->msr, 0);
    }
    return call.outcome;
}
