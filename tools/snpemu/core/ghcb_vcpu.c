/* SPDX-License-Identifier: MIT */
/* Events about vCPUs: how they start, wait, signal each other and change their level. */
#include "ghcb_call.h"
#include "../wire/launch.h"
#include "apic.h"
#include <svsm/abi/ghcb_events.h>
#include <svsm/abi/ghcb_host.h>
#include <svsm/abi/snp.h>

#define JUMP_TABLE_GET 1u
#define AP_RESERVED (UINT64_C(0xfff) << 20)
#define AP_LEVEL_AND_REQUEST UINT64_C(0xffffffff)

void ghcb_vcpu_nmi_complete(struct ghcb_call *call)
{
    call->ops->nmi_complete(call->machine);
}

/* INFO2 says until ghcb_wake() that no SIPI came. */
void ghcb_vcpu_hold(struct ghcb_call *call)
{
    call->state->held = true;
    call->outcome.action = GHCB_HOLD;
}

/* For SEV-ES; who looks for one in an SNP guest hears that there is none. */
void ghcb_vcpu_jump_table(struct ghcb_call *call)
{
    if (call->in[FIELD_INFO1] != JUMP_TABLE_GET) {
        ghcb_call_malformed(call, GHCB_ERROR_INVALID_INPUT, RULE_GHCB_JUMP_TABLE);
    }
}

#define INJECTION_MODES (SNP_FEATURE_RESTRICTED_INJECTION | SNP_FEATURE_ALTERNATE_INJECTION)

/* What the machine has, with #HV only where there are doorbells. */
static bool features_are_offered(const struct ghcb_call *call, uint64_t wanted)
{
    uint64_t offered = call->config->vm_features;

    if (!(ghcb_features(call->config) & GHCB_HV_RESTRICTED_INJECTION)) {
        offered &= ~SNP_FEATURE_RESTRICTED_INJECTION;
    }
    return (wanted & SNP_FEATURE_SNP) && (wanted & ~offered) == 0;
}

/* KVM 6.12 compares how interrupts come with how its machine was made, and nothing else. */
static bool features_are_fit(const struct ghcb_call *call)
{
    uint64_t wanted = call->in[FIELD_RAX];

    if (call->config->profile == LAUNCH_UPSTREAM_6_12) {
        return ((wanted ^ call->config->vm_features) & INJECTION_MODES) == 0;
    }
    return features_are_offered(call, wanted);
}

static unsigned request_fault(const struct ghcb_call *call)
{
    uint64_t info = call->in[FIELD_INFO1];
    unsigned level = ghcb_ap_vmpl(info);

    if (call->config->profile == LAUNCH_UPSTREAM_6_12) {
        return (info & AP_LEVEL_AND_REQUEST) > GHCB_AP_DESTROY ? RULE_AP_REQUEST : RULE_NONE;
    }
    if (ghcb_ap_request(info) > GHCB_AP_DESTROY || (info & AP_RESERVED)) {
        return RULE_AP_REQUEST;
    }
    if (level >= SNP_VMPLS || (level != 0 && !(ghcb_features(call->config) & GHCB_HV_MULTI_VMPL))) {
        return RULE_AP_LEVEL;
    }
    return level == 0 && call->vmpl != 0 ? RULE_AP_LEVEL_0 : RULE_NONE;
}

static unsigned vmsa_fault(const struct ghcb_call *call)
{
    uint64_t gpa = call->in[FIELD_INFO2];

    if (gpa % SNP_SIZE_4K != 0 || gpa >> call->config->cbit) {
        return RULE_AP_VMSA;
    }
    return gpa % SNP_SIZE_2M == 0 ? RULE_AP_VMSA_2M : RULE_NONE;
}

static unsigned creation_fault(const struct ghcb_call *call, unsigned request)
{
    unsigned rule = request_fault(call);

    if (rule == RULE_NONE && ghcb_ap_apic_id(call->in[FIELD_INFO1]) >= call->config->vcpus) {
        rule = RULE_AP_APIC_ID;
    }
    if (rule != RULE_NONE || request == GHCB_AP_DESTROY) {
        return rule;
    }
    return features_are_fit(call) ? vmsa_fault(call) : RULE_AP_FEATURES;
}

void ghcb_vcpu_creation(struct ghcb_call *call)
{
    uint64_t info = call->in[FIELD_INFO1];
    unsigned request = ghcb_ap_request(info);

    if (request != GHCB_AP_DESTROY && !ghcb_call_has(call, UINT32_C(1) << FIELD_RAX)) {
        return;
    }
    unsigned rule = creation_fault(call, request);
    if (rule == RULE_NONE &&
        !call->ops->ap_create(call->machine, ghcb_ap_apic_id(info), (uint8_t)ghcb_ap_vmpl(info),
                              request, call->in[FIELD_INFO2], call->in[FIELD_RAX])) {
        rule = RULE_AP_REFUSED;
    }
    if (rule != RULE_NONE) {
        ghcb_call_malformed(call, GHCB_ERROR_INVALID_INPUT, rule);
    }
}

static void doorbell_set(struct ghcb_call *call)
{
    uint64_t gpa = call->in[FIELD_INFO2];

    if (gpa % SNP_SIZE_4K != 0 || !call->ops->shared_page(call->machine, gpa)) {
        call->state->doorbell = GHCB_DOORBELL_NONE;
        ghcb_call_malformed(call, GHCB_ERROR_INVALID_INPUT, RULE_DOORBELL_PAGE);
        return;
    }
    call->state->doorbell = gpa;
    call->out[FIELD_INFO2] = gpa;
}

void ghcb_vcpu_doorbell(struct ghcb_call *call)
{
    switch (call->in[FIELD_INFO1]) {
    case GHCB_DOORBELL_GET:
        call->out[FIELD_INFO2] = GHCB_DOORBELL_NONE;
        return;
    case GHCB_DOORBELL_SET:
        doorbell_set(call);
        return;
    case GHCB_DOORBELL_CLEAR:
        call->state->doorbell = GHCB_DOORBELL_NONE;
        call->out[FIELD_INFO2] = GHCB_DOORBELL_NONE;
        return;
    case GHCB_DOORBELL_QUERY:
        call->out[FIELD_INFO2] = call->state->doorbell;
        return;
    default:
        ghcb_call_malformed(call, GHCB_ERROR_INVALID_INPUT, RULE_GHCB_RESERVED);
    }
}

/* INFO1 is an ICR as the x2APIC has it. */
void ghcb_vcpu_ipi(struct ghcb_call *call)
{
    if (!apic_icr_is_fit(call->in[FIELD_INFO1])) {
        ghcb_call_malformed(call, GHCB_ERROR_INVALID_INPUT, RULE_IPI_COMMAND);
        return;
    }
    enum ghcb_io io = call->ops->ipi(call->machine, call->in[FIELD_INFO1]);

    (void)ghcb_call_io(call, io, RULE_GHCB_REFUSED);
}

/* The first vector that an event of another level may have, and that may tell of one. */
#define EXTENDED_FIRST 31u
#define LEVEL_SHIFT 16
#define LEVEL_MASK UINT64_C(0xff)
#define LOW_BYTE UINT64_C(0xff)
#define TPR_SHIFT 8
#define ALTERNATE_END_KNOWN UINT64_C(0xffff03) /* VMPL, TPR, shadow, RFLAGS.IF */
#define SPECIFIC_EOI_KNOWN UINT64_C(0xff00ff)

void ghcb_vcpu_notify(struct ghcb_call *call)
{
    uint64_t vector = call->in[FIELD_INFO1];

    if (vector > LOW_BYTE || (vector != 0 && vector < EXTENDED_FIRST)) {
        ghcb_call_malformed(call, GHCB_ERROR_INVALID_INPUT, RULE_EXTENDED_INPUT);
        return;
    }
    call->state->notify = (uint8_t)vector;
}

/* A level below the caller's, in INFO1, which has no other bits but the known ones. */
static bool lower_level(struct ghcb_call *call, uint64_t known, uint8_t *vmpl)
{
    uint64_t info = call->in[FIELD_INFO1];

    *vmpl = (uint8_t)(info >> LEVEL_SHIFT & LEVEL_MASK);
    if (!(info & ~known) && *vmpl > call->vmpl && *vmpl < SNP_VMPLS) {
        return true;
    }
    ghcb_call_malformed(call, GHCB_ERROR_INVALID_INPUT, RULE_EXTENDED_INPUT);
    return false;
}

/* The shadow and RFLAGS.IF stand in the save area, where the CPU finds them. */
void ghcb_vcpu_alternate_end(struct ghcb_call *call)
{
    uint8_t vmpl;

    if (lower_level(call, ALTERNATE_END_KNOWN, &vmpl) &&
        !call->ops->alternate_end(call->machine, vmpl,
                                  (uint8_t)(call->in[FIELD_INFO1] >> TPR_SHIFT & LOW_BYTE))) {
        ghcb_call_malformed(call, GHCB_ERROR_INVALID_INPUT, RULE_EXTENDED_LEVEL);
    }
}

void ghcb_vcpu_specific_eoi(struct ghcb_call *call)
{
    uint8_t vmpl;

    if (lower_level(call, SPECIFIC_EOI_KNOWN, &vmpl) &&
        !call->ops->specific_eoi(call->machine, vmpl,
                                 (uint8_t)(call->in[FIELD_INFO1] & LOW_BYTE))) {
        ghcb_call_malformed(call, GHCB_ERROR_INVALID_INPUT, RULE_EXTENDED_EOI);
    }
}

/* One word of the list, which begins with their number. */
static bool apic_word(const struct ghcb_call *call, uint64_t index, uint32_t word)
{
    uint64_t at = index * sizeof(word);
    uint64_t gpa = call->in[FIELD_INFO1] + at / SNP_SIZE_4K * SNP_SIZE_4K;
    volatile uint32_t *page = call->ops->shared_page(call->machine, gpa);

    if (page) {
        page[at % SNP_SIZE_4K / sizeof(word)] = word;
    }
    return page;
}

void ghcb_vcpu_apic_ids(struct ghcb_call *call)
{
    uint32_t count = call->config->vcpus;
    uint64_t size = (1 + (uint64_t)count) * sizeof(uint32_t);
    uint64_t needed = (size + SNP_SIZE_4K - 1) / SNP_SIZE_4K;

    ghcb_call_return(call, FIELD_RAX, call->in[FIELD_RAX]);
    if (call->in[FIELD_RAX] < needed) {
        ghcb_call_return(call, FIELD_RAX, needed);
        return;
    }
    bool fits = call->in[FIELD_INFO1] % SNP_SIZE_4K == 0 && apic_word(call, 0, count);
    for (uint32_t i = 0; fits && i < count; i++) {
        fits = apic_word(call, 1 + (uint64_t)i, i); /* IDs go from 0 on */
    }
    if (!fits) {
        ghcb_call_malformed(call, GHCB_ERROR_INVALID_INPUT, RULE_APIC_IDS_BUFFER);
    }
}

/* Whether the level has a save area, the machine knows. */
void ghcb_vcpu_run(struct ghcb_call *call)
{
    uint64_t level = call->in[FIELD_INFO1];

    if (level >= SNP_VMPLS) {
        ghcb_call_malformed(call, GHCB_ERROR_INVALID_INPUT, RULE_RUN_VMPL);
        return;
    }
    call->outcome.action = GHCB_RUN_VMPL;
    call->outcome.target = (uint8_t)level;
    call->outcome.rule = RULE_RUN_VMPL;
}

void ghcb_vcpu_features(struct ghcb_call *call)
{
    call->out[FIELD_INFO2] = ghcb_features(call->config);
}

void ghcb_vcpu_terminate(struct ghcb_call *call)
{
    call->outcome.action = GHCB_TERMINATED;
    call->outcome.term_set = ghcb_terminate_set(call->in[FIELD_INFO1]);
    call->outcome.term_reason = ghcb_terminate_reason(call->in[FIELD_INFO1]);
    call->outcome.detail = call->in[FIELD_INFO2];
}

void ghcb_vcpu_unsupported(struct ghcb_call *call)
{
    call->outcome.detail = call->in[FIELD_INFO1];
    ghcb_call_stop(call, RULE_GHCB_UNSUPPORTED);
}
