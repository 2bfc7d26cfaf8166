/* SPDX-License-Identifier: MIT */
/* How handlers of events answer, and how they reach the shared buffer. */
#include "ghcb_call.h"
#include "../wire/launch.h"
#include <svsm/abi/ghcb_host.h>
#include <svsm/abi/svm.h>

bool ghcb_call_is_strict(const struct ghcb_call *call)
{
    return call->config->profile == LAUNCH_STRICT;
}

void ghcb_call_return(struct ghcb_call *call, enum ghcb_field field, uint64_t value)
{
    call->out[field] = value;
    call->answered |= UINT32_C(1) << field;
}

static void refuse(struct ghcb_call *call, uint64_t result, uint64_t detail, unsigned rule)
{
    call->out[FIELD_INFO1] = result;
    call->out[FIELD_INFO2] = detail;
    call->outcome.action = GHCB_RESUME;
    call->outcome.rule = rule;
}

void ghcb_call_malformed(struct ghcb_call *call, unsigned error, unsigned rule)
{
    refuse(call, GHCB_RESULT_MALFORMED, error, rule);
}

void ghcb_call_exception(struct ghcb_call *call, uint8_t vector, unsigned rule)
{
    uint64_t event = vector == 13 ? svm_event_with_error(SVM_EVENT_EXCEPTION, vector, 0)
                                  : svm_event(SVM_EVENT_EXCEPTION, vector);

    refuse(call, GHCB_RESULT_EXCEPTION, event, rule);
}

void ghcb_call_stop(struct ghcb_call *call, unsigned rule)
{
    call->outcome.action = GHCB_STOPPED;
    call->outcome.rule = rule;
}

bool ghcb_call_has(struct ghcb_call *call, uint32_t fields)
{
    if ((call->valid & fields) == fields) {
        return true;
    }
    ghcb_call_malformed(call, GHCB_ERROR_MISSING_INPUT, RULE_GHCB_MISSING_INPUT);
    return false;
}

bool ghcb_call_again(struct ghcb_call *call)
{
    call->page = call->ops->shared_page(call->machine, call->gpa);
    if (!call->page) {
        ghcb_call_stop(call, RULE_GHCB_PAGE);
    }
    return call->page != NULL;
}

bool ghcb_call_io(struct ghcb_call *call, enum ghcb_io io, unsigned rule)
{
    switch (io) {
    case GHCB_IO_OK:
        return true;
    case GHCB_IO_GP:
        ghcb_call_exception(call, 13, RULE_GHCB_EXCEPTION);
        return false;
    case GHCB_IO_UD:
        ghcb_call_exception(call, 6, RULE_GHCB_EXCEPTION);
        return false;
    default:
        ghcb_call_malformed(call, GHCB_ERROR_INVALID_INPUT, rule);
        return false;
    }
}

bool ghcb_call_scratch(struct ghcb_call *call, uint64_t size, unsigned *offset)
{
    uint64_t buffer = call->gpa + offsetof(struct ghcb, shared_buffer);
    uint64_t at = call->in[FIELD_SCRATCH] - buffer;

    if (call->in[FIELD_SCRATCH] < buffer || at > GHCB_BUFFER_SIZE || size > GHCB_BUFFER_SIZE - at) {
        ghcb_call_malformed(call, GHCB_ERROR_SCRATCH, RULE_GHCB_SCRATCH);
        return false;
    }
    *offset = (unsigned)at;
    return true;
}

void ghcb_call_read(const struct ghcb_call *call, unsigned offset, void *bytes, unsigned size)
{
    const volatile uint8_t *from = call->page->shared_buffer + offset;
    uint8_t *to = bytes;

    for (unsigned i = 0; i < size; i++) {
        to[i] = from[i];
    }
}

void ghcb_call_write(struct ghcb_call *call, unsigned offset, const void *bytes, unsigned size)
{
    volatile uint8_t *to = call->page->shared_buffer + offset;
    const uint8_t *from = bytes;

    for (unsigned i = 0; i < size; i++) {
        to[i] = from[i];
    }
}

void ghcb_call_note(const struct ghcb_call *call, const char *what, uint64_t a, uint64_t b,
                    uint64_t c)
{
    if (call->ops->note) {
        call->ops->note(call->machine, what, a, b, c);
    }
}
