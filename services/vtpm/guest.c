/* SPDX-License-Identifier: MIT */
/*
 * SVSM protocol 2: a TPM command between two headers of the SVSM's in a buffer of the guest's. What
 * is wrong with the headers is a result code; what is wrong with the command is the TPM's to say.
 */
#include "guest.h"
#include "tpm.h"

#include <string.h>

#include <svsm/abi/svsm_services.h>

#define TPM_HEADER 10u
#define TPM_RC_FAILURE 0x101u
#define TPM_RC_COMMAND_SIZE 0x142u

/* Numbers of platform commands that the TCG's simulator gives a meaning. None but SEND_COMMAND is
 * offered: what they do (power, presence, locality) is no guest's business. */
static int command_known(uint32_t command)
{
    static const uint32_t known =
        0x7fffeu | UINT32_C(1) << 20 | UINT32_C(1) << 21 | 3u << 25 | UINT32_C(1) << 30;
    return command < 32 && (known >> command & 1) != 0;
}

static uint32_t guest_query(struct svsm_call *call)
{
    call->out[0] = UINT64_C(1) << SVSM_VTPM_SEND_COMMAND;
    call->out[1] = 0; /* features: none defined */
    call->out[3] = SVSM_GUEST_RCX | SVSM_GUEST_RDX;
    return SVSM_SUCCESS;
}

/* The headers' verdict. `there`: bytes of the buffer that the guest has. */
static uint32_t request_check(const uint8_t *in, uint64_t there, struct svsm_vtpm_request *request)
{
    if (there < sizeof(request->command)) {
        return SVSM_ERR_INVALID_ADDRESS;
    }
    memcpy(&request->command, in, sizeof(request->command));
    if (request->command != SVSM_VTPM_SEND_COMMAND) {
        return command_known(request->command) ? SVSM_ERR_UNSUPPORTED_CALL
                                               : SVSM_ERR_INVALID_PARAMETER;
    }
    if (there < sizeof(*request)) {
        return SVSM_ERR_INVALID_ADDRESS;
    }
    memcpy(request, in, sizeof(*request));
    if (request->locality != 0 || request->size > SVSM_VTPM_COMMAND_MAX) {
        return SVSM_ERR_INVALID_PARAMETER;
    }
    return request->size > there - sizeof(*request) ? SVSM_ERR_INVALID_ADDRESS : SVSM_SUCCESS;
}

/* A response that is a code and nothing else. Its bytes. */
static size_t response_code(uint8_t *out, uint32_t code)
{
    const uint8_t bytes[TPM_HEADER] = {
        0x80, 0x01, 0, 0, 0, TPM_HEADER, 0, 0, (uint8_t)(code >> 8), (uint8_t)code};
    memcpy(out, bytes, sizeof(bytes));
    return sizeof(bytes);
}

/* The TPM's response to `size` bytes; always one. A length that contradicts the command's own is
 * answered as the reference TPM does: libtpms would take the rest for missing. */
static size_t respond(const uint8_t *command, size_t size, uint8_t *out)
{
    uint32_t stated = 0;
    if (size >= TPM_HEADER) {
        stated = (uint32_t)command[2] << 24 | (uint32_t)command[3] << 16 |
                 (uint32_t)command[4] << 8 | command[5];
    }
    if (size < TPM_HEADER || stated != size) {
        return response_code(out, TPM_RC_COMMAND_SIZE);
    }
    size_t len = tpm_command(command, size, out, SVSM_VTPM_RESPONSE_MAX);
    return len != 0 ? len : response_code(out, TPM_RC_FAILURE);
}

static uint32_t guest_cmd(struct svsm_call *call)
{
    const uint8_t *in = svsm_input(call, 0);
    uint8_t *out = svsm_reply_window(call);
    struct svsm_vtpm_request request = {0};
    struct svsm_vtpm_response response = {0};
    uint32_t bad = request_check(in, call->args[1], &request);
    if (bad != SVSM_SUCCESS) {
        return bad;
    }
    response.size = (uint32_t)respond(in + sizeof(request), request.size, out + sizeof(response));
    memcpy(out, &response, sizeof(response));
    svsm_reply(call, sizeof(response) + response.size);
    return SVSM_SUCCESS;
}

svsm_handler *const guest_operations[GUEST_OPERATIONS] = {guest_query, guest_cmd};
