/* SPDX-License-Identifier: MIT */
/* TPM commands by the vTPM protocol, each vCPU by a buffer of its own. See guest.h. */
/* SAFETY: a test guest; buffers are memory of its own. */
#include "guest.h"
#include <svsm/abi/svsm_services.h>

#define BUFFER(cpu) PAGE(128 + 2 * (uint64_t)(cpu))

bool tpm_waited_for;

static volatile uint8_t *byte_at(uint64_t gpa)
{
    return (volatile uint8_t *)gpa;
}

/* What the request was is still there. */
static bool unchanged(uint64_t gpa, const struct svsm_vtpm_request *request,
                      const struct bytes *command)
{
    const volatile struct svsm_vtpm_request *now = (const volatile struct svsm_vtpm_request *)gpa;
    bool same = now->command == request->command && now->locality == request->locality &&
                now->size == request->size;

    for (unsigned i = 0; i < command->len; i++) {
        same = same && *byte_at(gpa + sizeof(*request) + i) == command->data[i];
    }
    return same;
}

static uint64_t take(uint64_t gpa, struct bytes *response)
{
    uint32_t size = *(volatile uint32_t *)gpa;

    if (size > sizeof(response->data)) {
        return TPM_HALF;
    }
    response->len = size;
    for (unsigned i = 0; i < size; i++) {
        response->data[i] = *byte_at(gpa + sizeof(struct svsm_vtpm_response) + i);
    }
    return SVSM_SUCCESS;
}

uint64_t tpm_call(unsigned cpu, const struct bytes *command, struct bytes *response)
{
    uint64_t gpa = BUFFER(cpu);
    struct svsm_vtpm_request request = {.command = SVSM_VTPM_SEND_COMMAND,
                                        .size = (uint32_t)command->len};
    struct call c = {.rax = svsm_call_rax(SVSM_PROTOCOL_VTPM, SVSM_VTPM_CMD), .rcx = gpa};

    response->len = 0;
    memory_copy(gpa, &request, sizeof(request));
    memory_copy(gpa + sizeof(request), command->data, command->len);
    if (cpu == 0) {
        __atomic_store_n(&tpm_waited_for, true, __ATOMIC_SEQ_CST);
    }
    uint64_t answer = call_make(&c);
    if (cpu == 0) {
        __atomic_store_n(&tpm_waited_for, false, __ATOMIC_SEQ_CST);
    }
    if (answer == SVSM_SUCCESS) {
        return take(gpa, response);
    }
    return unchanged(gpa, &request, command) ? answer : TPM_HALF;
}

uint64_t tpm_query(void)
{
    struct call c = {.rax = svsm_call_rax(SVSM_PROTOCOL_VTPM, SVSM_VTPM_QUERY), .rcx = 5, .rdx = 6};
    uint64_t answer = call_make(&c);
    bool good = answer == SVSM_SUCCESS
                    ? c.rcx == UINT64_C(1) << SVSM_VTPM_SEND_COMMAND && c.rdx == 0
                    : c.rcx == 5 && c.rdx == 6;

    return good ? answer : TPM_HALF;
}

/* For the model's start and comparison. They only ask, so what crashed twice is asked once more. */
uint64_t tpm_send(const struct bytes *command, struct bytes *response)
{
    uint64_t answer = tpm_call(0, command, response);

    while (answer == TPM_CRASHED) {
        totals.crashed++;
        answer = tpm_call(0, command, response);
    }
    return answer;
}
