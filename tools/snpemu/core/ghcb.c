/* SPDX-License-Identifier: MIT */
/*
 * One VMGEXIT: the MSR protocol, or a page. Of a page each member is read once, in the order in
 * which KVM checks it; the valid bitmap is cleared before the event and says afterwards what was
 * returned.
 */
#include "ghcb_lie.h"
#include "../wire/launch.h"
#include <svsm/abi/ghcb_host.h>
#include <svsm/abi/snp.h>
#include <svsm/abi/vmsa.h>

#define QUADWORDS (GHCB_VALID_LIMIT / 8)

/* Quadwords of the page. */
static const uint8_t places[FIELD_COUNT] = {
    [FIELD_CPL] = offsetof(struct ghcb, cpl) / 8,
    [FIELD_XSS] = offsetof(struct ghcb, xss) / 8,
    [FIELD_RAX] = offsetof(struct ghcb, rax) / 8,
    [FIELD_RCX] = offsetof(struct ghcb, rcx) / 8,
    [FIELD_RDX] = offsetof(struct ghcb, rdx) / 8,
    [FIELD_RBX] = offsetof(struct ghcb, rbx) / 8,
    [FIELD_EXITCODE] = offsetof(struct ghcb, sw_exitcode) / 8,
    [FIELD_INFO1] = offsetof(struct ghcb, sw_exitinfo1) / 8,
    [FIELD_INFO2] = offsetof(struct ghcb, sw_exitinfo2) / 8,
    [FIELD_SCRATCH] = offsetof(struct ghcb, sw_scratch) / 8,
    [FIELD_XCR0] = offsetof(struct ghcb, xcr0) / 8,
};

static uint32_t bit(enum ghcb_field field)
{
    return UINT32_C(1) << field;
}

/* SAFETY: the page is page aligned and larger than the quadwords that have a valid bit. */
static volatile uint64_t *quadword(struct ghcb *page, unsigned index)
{
    return (volatile uint64_t *)(void *)page + index % QUADWORDS;
}

static void fields_read(struct ghcb_call *call)
{
    volatile uint8_t *bitmap = call->page->valid_bitmap;
    uint8_t valid[sizeof(call->page->valid_bitmap)];

    for (unsigned i = 0; i < sizeof(valid); i++) {
        valid[i] = bitmap[i];
        bitmap[i] = 0;
    }
    for (unsigned field = 0; field < FIELD_COUNT; field++) {
        unsigned place = places[field];
        if (valid[place / 8] >> place % 8 & 1) {
            call->valid |= UINT32_C(1) << field;
            call->in[field] = *quadword(call->page, place);
        }
    }
}

static void fields_write(const struct ghcb_call *call)
{
    volatile uint8_t *bitmap = call->page->valid_bitmap;

    for (unsigned field = 0; field < FIELD_COUNT; field++) {
        unsigned place = places[field];
        if (call->answered >> field & 1) {
            *quadword(call->page, place) = call->out[field];
            bitmap[place / 8] |= (uint8_t)(1u << place % 8);
        }
    }
}

/* KVM returns these registers in any case: what the event changed, and what it was given. */
static void registers_complete(struct ghcb_call *call)
{
    static const enum ghcb_field registers[] = {FIELD_RAX, FIELD_RBX, FIELD_RCX, FIELD_RDX};

    for (size_t i = 0; i < sizeof(registers) / sizeof(registers[0]); i++) {
        if (!(call->answered & bit(registers[i]))) {
            ghcb_call_return(call, registers[i], call->in[registers[i]]);
        }
    }
}

/* The checks before an event is looked at. False: the answer is given. */
static bool page_is_fit(struct ghcb_call *call)
{
    const volatile struct ghcb *page = call->page;

    if (page->usage != GHCB_USAGE_STANDARD) {
        ghcb_call_malformed(call, GHCB_ERROR_USAGE, RULE_GHCB_USAGE);
        return false;
    }
    call->version = page->protocol_version;
    /* Version 0 is what stock OVMF says in its first phase: it takes the field from an MSR whose
     * value it has replaced by then. */
    if (ghcb_call_is_strict(call) && call->version > GHCB_VERSION_MAX) {
        ghcb_call_malformed(call, GHCB_ERROR_USAGE, RULE_GHCB_VERSION);
        return false;
    }
    return ghcb_call_has(call, bit(FIELD_EXITCODE) | bit(FIELD_INFO1) | bit(FIELD_INFO2));
}

static bool event_is_offered(const struct ghcb_call *call, const struct ghcb_event *event)
{
    if (!event || !event->handle) {
        return false;
    }
    if (call->config->profile == LAUNCH_UPSTREAM_6_12) {
        return event->in_kvm;
    }
    return (ghcb_features(call->config) & event->features) == event->features;
}

/* What an event has no use for is zero. */
static bool has_stray_info(const struct ghcb_call *call, const struct ghcb_event *event)
{
    return (!(event->infos & bit(FIELD_INFO1)) && call->in[FIELD_INFO1] != 0) ||
           (!(event->infos & bit(FIELD_INFO2)) && call->in[FIELD_INFO2] != 0);
}

static void event_handle(struct ghcb_call *call)
{
    const struct ghcb_event *event = ghcb_event_find(call->in[FIELD_EXITCODE]);

    if (!event_is_offered(call, event)) {
        ghcb_call_malformed(call, GHCB_ERROR_INVALID_EVENT, RULE_GHCB_EVENT);
        return;
    }
    if (!ghcb_call_has(call, event->needs)) {
        return;
    }
    if (ghcb_call_is_strict(call) && has_stray_info(call, event)) {
        ghcb_call_malformed(call, GHCB_ERROR_INVALID_INPUT, RULE_GHCB_RESERVED);
        return;
    }
    event->handle(call);
}

/* A refusal is known by the rule behind it. */
static const char *answer_name(const struct ghcb_outcome *outcome)
{
    const struct rule_info *info = rule_info(outcome->rule);

    return info && outcome->action == GHCB_RESUME ? info->name : "answer";
}

/* There is no answer then, and may be no page for one. */
static bool has_ended(const struct ghcb_call *call)
{
    return call->outcome.action == GHCB_STOPPED || call->outcome.action == GHCB_TERMINATED;
}

static void page_call(struct ghcb_call *call)
{
    fields_read(call);
    const char *name = ghcb_event_name(call->in[FIELD_EXITCODE]);
    ghcb_call_note(call, name ? name : "unknown", call->in[FIELD_EXITCODE], call->in[FIELD_INFO1],
                   call->in[FIELD_INFO2]);
    for (unsigned left = ghcb_lie_before(call); left > 0 && page_is_fit(call); left--) {
        event_handle(call);
        if (has_ended(call)) {
            ghcb_lie_ended(call);
            return;
        }
    }
    call->answered |= bit(FIELD_INFO1) | bit(FIELD_INFO2);
    if (!ghcb_call_is_strict(call)) {
        registers_complete(call);
    }
    if (ghcb_lie_after(call)) {
        fields_write(call);
    }
    if (call->ops->record) {
        call->ops->record(call->machine, call);
    }
    ghcb_call_note(call, answer_name(&call->outcome), call->in[FIELD_EXITCODE],
                   call->out[FIELD_INFO1], call->out[FIELD_INFO2]);
}

uint64_t ghcb_features(const struct ghcb_config *config)
{
    const uint64_t kvm = GHCB_HV_SNP | GHCB_HV_AP_CREATION;

    if (config->hv_features != 0) {
        return config->hv_features;
    }
    if (config->profile == LAUNCH_UPSTREAM_6_12) {
        return kvm;
    }
    const uint64_t modes = SNP_FEATURE_RESTRICTED_INJECTION | SNP_FEATURE_ALTERNATE_INJECTION;
    uint64_t extended = (config->vm_features & modes) == modes ? GHCB_HV_EXTENDED_INTERRUPTS : 0;
    return kvm | extended | GHCB_HV_APIC_IDS | GHCB_HV_MULTI_VMPL |
           (config->vm_features & SNP_FEATURE_RESTRICTED_INJECTION ? GHCB_HV_RESTRICTED_INJECTION
                                                                   : 0);
}

void ghcb_reset(struct ghcb_state *state, const struct ghcb_config *config)
{
    *state = (struct ghcb_state){
        .msr = ghcb_msr_sev_info(GHCB_VERSION_MAX, GHCB_VERSION_MIN, config->cbit),
        .registered = GHCB_UNREGISTERED,
        .doorbell = GHCB_DOORBELL_NONE,
        .dr7 = VMSA_RESET_DR7,
    };
}

struct ghcb_outcome ghcb_vmgexit(struct ghcb_state *state, const struct ghcb_config *config,
                                 const struct ghcb_ops *ops, void *machine, uint8_t vmpl)
{
    if (ghcb_msr_code(state->msr) != GHCB_MSR_PAGE) {
        return ghcb_msr_request(state, config, ops, machine);
    }
    /* There is an error code for this, but no host is known that answers it. */
    if (state->msr != 0 && state->msr != state->registered) {
        return (struct ghcb_outcome){.action = GHCB_STOPPED, .rule = RULE_GHCB_REGISTERED};
    }
    struct ghcb_call call = {.page = state->msr ? ops->shared_page(machine, state->msr) : NULL,
                             .gpa = state->msr,
                             .state = state,
                             .config = config,
                             .ops = ops,
                             .machine = machine,
                             .vmpl = vmpl};

    if (call.page) {
        page_call(&call);
        return call.outcome;
    }
    /* Without a page there is no place for an answer; KVM lets the guest go on. */
    call.outcome.rule = RULE_GHCB_PAGE;
    if (ghcb_call_is_strict(&call)) {
        call.outcome.action = GHCB_STOPPED;
    }
    return call.outcome;
}

void ghcb_wake(struct ghcb_state *state, const struct ghcb_ops *ops, void *machine, bool sipi)
{
    if (!state->held) {
        return;
    }
    state->held = false;
    if (ghcb_msr_code(state->msr) != GHCB_MSR_PAGE) {
        state->msr = ghcb_msr_value(GHCB_MSR_AP_RESET_HOLD_RESPONSE, sipi);
        return;
    }
    struct ghcb *page = ops->shared_page(machine, state->msr);
    if (page && sipi) {
        *quadword(page, places[FIELD_INFO2]) = 1;
    }
}
