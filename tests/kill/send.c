/* SPDX-License-Identifier: MIT */
/* A TPM command of a task. See command.h. */
#include "command.h"
#include "../tasks/raw.h"

uint64_t command_send(uint32_t endpoint, const struct bytes *command, struct bytes *response)
{
    struct raw_result r = raw_call(endpoint, 0, (uint64_t)(uintptr_t)command->data, command->len,
                                   (uint64_t)(uintptr_t)response->data, sizeof(response->data));
    response->len = r.rax == SVSM_SUCCESS ? r.r9 : 0;
    return r.rax;
}
