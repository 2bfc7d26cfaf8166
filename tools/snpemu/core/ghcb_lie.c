/* SPDX-License-Identifier: MIT */
#include "ghcb_lie.h"
#include <svsm/abi/vmexit.h>

_Static_assert((int)LIE_CPL == (int)FIELD_CPL && (int)LIE_INFO1 == (int)FIELD_INFO1 &&
                   (int)LIE_SCRATCH == (int)FIELD_SCRATCH && (int)LIE_BUFFER == (int)FIELD_COUNT,
               "lies name the fields of the page as calls do");

#define WORD 8u

static struct lie_point point_of(const struct ghcb_liar *liar, void *machine, enum lie_at at,
                                 uint64_t event)
{
    struct lie_point point = {.at = at, .event = event};

    liar->where(machine, &point.vmpl, &point.vcpu);
    return point;
}

/* How often an event with these hits is handled. */
static unsigned times(const struct lie_hits *hits)
{
    if (lie_find(hits, LIE_SKIP) || lie_find(hits, LIE_REFUSE) || lie_find(hits, LIE_REPEAT)) {
        return 0;
    }
    return lie_find(hits, LIE_TWICE) ? 2 : 1;
}

static void effects(const struct ghcb_liar *liar, void *machine, const struct lie_hits *hits)
{
    for (unsigned i = 0; i < hits->count; i++) {
        if (!lie_is_answer(hits->lies[i]->kind)) {
            liar->effect(machine, hits->lies[i]);
        }
    }
}

static bool tell(struct ghcb_liar *liar, void *machine, const struct lie_point *point,
                 const struct lie_hits *hits, struct lie_answer *answer)
{
    struct lie_hits told;
    bool written = lie_answer(&liar->lies, point, hits, answer, &told);

    for (unsigned i = 0; i < told.count; i++) {
        liar->told(machine, told.lies[i]);
    }
    return written;
}

static void ask_other(struct ghcb_call *call)
{
    for (unsigned i = 0; i < call->hits.count; i++) {
        const struct lie *lie = call->hits.lies[i];
        if (lie->kind == LIE_ASK && lie->field < FIELD_COUNT) {
            call->in[lie->field] = lie->value;
            call->valid |= UINT32_C(1) << lie->field;
        }
    }
}

unsigned ghcb_lie_before(struct ghcb_call *call)
{
    struct ghcb_liar *liar = call->config->liar;

    if (!liar) {
        return 1;
    }
    call->point = point_of(liar, call->machine, LIE_AT_EVENT, call->in[FIELD_EXITCODE]);
    if (call->in[FIELD_EXITCODE] == VMEXIT_IOIO) {
        call->point.port = vmexit_ioio_port(call->in[FIELD_INFO1]);
    }
    call->hits = lie_hits(&liar->lies, &call->point);
    effects(liar, call->machine, &call->hits);
    ask_other(call);
    const struct lie *refusal = lie_find(&call->hits, LIE_REFUSE);
    if (refusal) {
        ghcb_call_malformed(call, (unsigned)refusal->value, RULE_NONE);
    }
    return times(&call->hits);
}

/* Where in the shared buffer the hits change something. False: nowhere. */
static bool buffer_place(const struct lie_hits *hits, unsigned *offset)
{
    for (unsigned i = 0; i < hits->count; i++) {
        const struct lie *lie = hits->lies[i];
        if (lie_is_answer(lie->kind) && lie->field == LIE_BUFFER &&
            lie->offset <= GHCB_BUFFER_SIZE - WORD) {
            *offset = lie->offset;
            return true;
        }
    }
    return false;
}

bool ghcb_lie_after(struct ghcb_call *call)
{
    struct ghcb_liar *liar = call->config->liar;
    struct lie_answer answer = {.answered = call->answered};
    unsigned offset = 0;

    if (!liar) {
        return true;
    }
    for (unsigned i = 0; i < FIELD_COUNT; i++) {
        answer.out[i] = call->out[i];
    }
    bool buffer = buffer_place(&call->hits, &offset);
    if (buffer) {
        ghcb_call_read(call, offset, &answer.out[LIE_BUFFER], WORD);
    }
    bool written = tell(liar, call->machine, &call->point, &call->hits, &answer);
    for (unsigned i = 0; i < FIELD_COUNT; i++) {
        call->out[i] = answer.out[i];
    }
    call->answered = answer.answered & ((UINT32_C(1) << FIELD_COUNT) - 1);
    if (buffer) {
        ghcb_call_write(call, offset, &answer.out[LIE_BUFFER], WORD);
    }
    if (lie_find(&call->hits, LIE_NEVER)) {
        call->outcome.action = GHCB_HOLD;
    }
    return written;
}

void ghcb_lie_ended(struct ghcb_call *call)
{
    struct ghcb_liar *liar = call->config->liar;

    for (unsigned i = 0; liar && i < call->hits.count; i++) {
        const struct lie *lie = call->hits.lies[i];
        if (lie->kind == LIE_ASK || lie->kind == LIE_TWICE) {
            liar->told(call->machine, lie);
        }
    }
}

unsigned ghcb_lie_msr_before(struct ghcb_msr_lie *lie, struct ghcb_state *state,
                             const struct ghcb_config *config, void *machine)
{
    struct ghcb_liar *liar = config->liar;

    *lie = (struct ghcb_msr_lie){.hits = {.count = 0}};
    if (!liar) {
        return 1;
    }
    lie->point = point_of(liar, machine, LIE_AT_MSR, ghcb_msr_code(state->msr));
    lie->hits = lie_hits(&liar->lies, &lie->point);
    effects(liar, machine, &lie->hits);
    const struct lie *other = lie_find(&lie->hits, LIE_ASK);
    if (other) {
        state->msr = other->value;
    }
    return times(&lie->hits);
}

/* What a request that is not done is answered with: success, or an error. */
static uint64_t pretended(uint64_t request, bool success, uint64_t error)
{
    uint32_t status = success ? 0 : error != 0 ? (uint32_t)error : UINT32_MAX;

    switch (ghcb_msr_code(request)) {
    case GHCB_MSR_PSC_REQUEST:
        return ghcb_msr_status(GHCB_MSR_PSC_RESPONSE, status);
    case GHCB_MSR_RUN_VMPL_REQUEST:
        return ghcb_msr_status(GHCB_MSR_RUN_VMPL_RESPONSE, status);
    case GHCB_MSR_REGISTER_REQUEST:
        return ghcb_msr_value(GHCB_MSR_REGISTER_RESPONSE,
                              success ? ghcb_msr_data(request) : GHCB_MSR_NO_GFN);
    default:
        return request;
    }
}

void ghcb_lie_msr_after(const struct ghcb_msr_lie *lie, struct ghcb_state *state,
                        const struct ghcb_config *config, void *machine, uint64_t request,
                        struct ghcb_outcome *outcome)
{
    struct ghcb_liar *liar = config->liar;
    const struct lie *refusal = lie_find(&lie->hits, LIE_REFUSE);

    if (!liar) {
        return;
    }
    if (refusal) {
        state->msr = pretended(request, false, refusal->value);
    } else if (lie_find(&lie->hits, LIE_SKIP)) {
        state->msr = pretended(request, true, 0);
    }
    struct lie_answer answer = {.answered = UINT32_C(1) << LIE_MSR};
    answer.out[LIE_MSR] = state->msr;
    bool written = tell(liar, machine, &lie->point, &lie->hits, &answer);
    bool there = answer.answered >> LIE_MSR & 1;
    state->msr = written && there ? answer.out[LIE_MSR] : request;
    if (lie_find(&lie->hits, LIE_NEVER)) {
        outcome->action = GHCB_HOLD;
    }
}
