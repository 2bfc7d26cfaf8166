/* SPDX-License-Identifier: MIT */
/* A VMGEXIT: which of the two protocols it speaks; and the MSR protocol. */
#include "ghcb_internal.h"
#include "../wire/launch.h"
#include "rules.h"
#include <svsm/abi/snp.h>

#define PAGE_SIZE SNP_SIZE_4K
#define ERROR_HIGH (UINT64_C(1) << 31) /* bit 63 of the answer, as KVM has it */
#define DR7_RESET UINT64_C(0x400)
#define RUN_VMPL_UNUSED (~(UINT64_C(0xff) << 32 | GHCB_MSR_CODE))
#define PSC_UNUSED (UINT64_C(0xff) << 56)

static uint64_t sev_info(const struct ghcb_config *config)
{
    return ghcb_msr_sev_info(GHCB_VERSION_MAX, GHCB_VERSION_MIN, config->cbit);
}

void ghcb_reset(struct ghcb_state *state, const struct ghcb_config *config)
{
    *state = (struct ghcb_state){
        .msr = sev_info(config),
        .registered = GHCB_UNREGISTERED,
        .doorbell = GHCB_DOORBELL_NONE,
        .dr7 = DR7_RESET,
    };
}

uint64_t ghcb_features(const struct ghcb_config *config)
{
    if (config->hv_features != 0) {
        return config->hv_features;
    }
    if (config->profile == LAUNCH_UPSTREAM_6_12) {
        return GHCB_HV_SNP | GHCB_HV_AP_CREATION;
    }
    return GHCB_HV_SNP | GHCB_HV_AP_CREATION | GHCB_HV_APIC_IDS | GHCB_HV_MULTI_VMPL;
}

static uint64_t cpuid_answer(const struct ghcb_ops *ops, void *machine, uint64_t request)
{
    uint32_t r[4] = {ghcb_msr_high(request), 0, 0, 0};
    unsigned reg = ghcb_msr_cpuid_register(request);

    ops->cpuid(machine, &r[0], &r[1], &r[2], &r[3], 1, 0);
    return ghcb_msr_cpuid(GHCB_MSR_CPUID_RESPONSE, r[reg], reg);
}

/* Any page can be named; whether it is shared shows when it is used. */
static uint64_t register_answer(struct ghcb_state *state, uint64_t request)
{
    uint64_t gfn = ghcb_msr_data(request);

    state->registered = gfn == 0 ? GHCB_UNREGISTERED : gfn * PAGE_SIZE;
    return ghcb_msr_value(GHCB_MSR_REGISTER_RESPONSE, gfn);
}

static uint64_t page_state_answer(const struct ghcb_ops *ops, void *machine, uint64_t request)
{
    unsigned operation = ghcb_msr_psc_operation(request);
    uint64_t gpa = ghcb_msr_psc_gfn(request) * PAGE_SIZE;
    bool known = operation == GHCB_MSR_PSC_PRIVATE || operation == GHCB_MSR_PSC_SHARED;
    bool done = known && (request & PSC_UNUSED) == 0 &&
                ops->page_state(machine, gpa, operation == GHCB_MSR_PSC_PRIVATE, false);

    return ghcb_msr_status(GHCB_MSR_PSC_RESPONSE, done ? 0 : (uint32_t)ERROR_HIGH);
}

/* The level runs on when another comes back to it, and then finds this answer. */
static struct ghcb_outcome run_vmpl(struct ghcb_state *state, const struct ghcb_config *config)
{
    uint8_t target = ghcb_msr_run_vmpl_target(state->msr);

    if ((ghcb_features(config) & GHCB_HV_MULTI_VMPL) == 0) {
        return (struct ghcb_outcome){.action = GHCB_RESUME};
    }
    if (target >= SNP_VMPLS || (state->msr & RUN_VMPL_UNUSED) != 0) {
        state->msr = ghcb_msr_status(GHCB_MSR_RUN_VMPL_RESPONSE, (uint32_t)ERROR_HIGH);
        return (struct ghcb_outcome){.action = GHCB_RESUME};
    }
    state->msr = ghcb_msr_status(GHCB_MSR_RUN_VMPL_RESPONSE, 0);
    return (struct ghcb_outcome){.action = GHCB_RUN_VMPL, .target = target};
}

static struct ghcb_outcome terminated(uint64_t request)
{
    return (struct ghcb_outcome){
        .action = GHCB_TERMINATED,
        .term_set = ghcb_msr_terminate_set(request),
        .term_reason = ghcb_msr_terminate_reason(request),
        .rule = RULE_GHCB_TERMINATED,
    };
}

/* An unknown code stays as it is, so that the guest misses the answer to it. */
struct ghcb_outcome ghcb_msr_request(struct ghcb_state *state, const struct ghcb_config *config,
                                     const struct ghcb_ops *ops, void *machine)
{
    uint64_t request = state->msr;

    ops->note(machine, ghcb_msr_name(ghcb_msr_code(request)), request, 0, 0);
    switch (ghcb_msr_code(request)) {
    case GHCB_MSR_SEV_INFO_REQUEST:
        state->msr = sev_info(config);
        break;
    case GHCB_MSR_CPUID_REQUEST:
        state->msr = cpuid_answer(ops, machine, request);
        break;
    case GHCB_MSR_AP_RESET_HOLD_REQUEST:
        state->held = true;
        state->held_by_page = false;
        return (struct ghcb_outcome){.action = GHCB_HOLD};
    case GHCB_MSR_PREFERRED_REQUEST:
        state->msr = ghcb_msr_value(GHCB_MSR_PREFERRED_RESPONSE, GHCB_MSR_NO_GFN);
        break;
    case GHCB_MSR_REGISTER_REQUEST:
        state->msr = register_answer(state, request);
        break;
    case GHCB_MSR_PSC_REQUEST:
        state->msr = page_state_answer(ops, machine, request);
        break;
    case GHCB_MSR_RUN_VMPL_REQUEST:
        return run_vmpl(state, config);
    case GHCB_MSR_FEATURES_REQUEST:
        state->msr = ghcb_msr_value(GHCB_MSR_FEATURES_RESPONSE, ghcb_features(config));
        break;
    case GHCB_MSR_TERMINATE:
        return terminated(request);
    default:
        break;
    }
    return (struct ghcb_outcome){.action = GHCB_RESUME};
}

struct ghcb_outcome ghcb_vmgexit(struct ghcb_state *state, const struct ghcb_config *config,
                                 const struct ghcb_ops *ops, void *machine, uint8_t vmpl)
{
    if (ghcb_msr_code(state->msr) != GHCB_MSR_PAGE) {
        return ghcb_msr_request(state, config, ops, machine);
    }
    if (state->msr == 0) { /* no GHCB: nothing asked */
        return (struct ghcb_outcome){.action = GHCB_RESUME};
    }
    if (state->msr != state->registered) {
        return (struct ghcb_outcome){.action = GHCB_STOPPED, .rule = RULE_GHCB_REGISTERED};
    }
    struct ghcb_call call = {
        .state = state,
        .config = config,
        .ops = ops,
        .machine = machine,
        .page = ops->shared_page(machine, state->msr),
        .gpa = state->msr,
        .vmpl = vmpl,
    };
    if (call.page == NULL) {
        return (struct ghcb_outcome){.action = GHCB_STOPPED, .rule = RULE_GHCB_SHARED};
    }
    return ghcb_event(&call);
}

void ghcb_wake(struct ghcb_state *state, const struct ghcb_ops *ops, void *machine, bool sipi)
{
    if (!state->held) {
        return;
    }
    state->held = false;
    if (!state->held_by_page) {
        state->msr = ghcb_msr_value(GHCB_MSR_AP_RESET_HOLD_RESPONSE, sipi ? 1 : 0);
        return;
    }
    struct ghcb *page = ops->shared_page(machine, state->registered);
    if (page != NULL) {
        page->sw_exitinfo2 = sipi ? 1 : 0;
    }
}
