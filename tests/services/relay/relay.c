/* SPDX-License-Identifier: MIT */
/* A service that calls another one: with memory of its own, and with memory lent to it. */
#include <string.h>

#include <svsm/service.h>

static char greeting[64]; /* in the task's data */

static uint32_t relay_greet(struct svsm_call *call)
{
    const char name[] = "relay"; /* on its stack */
    uint64_t args[SVSM_ARGS] = {(uint64_t)(uintptr_t)name, sizeof(name) - 1,
                                (uint64_t)(uintptr_t)greeting, sizeof(greeting)};
    enum svsm_err err = svsm_call(svsm_endpoint("hello"), 1, args, NULL);
    if (err != SVSM_OK || args[3] > call->args[1]) {
        return SVSM_ERR_INVALID_PARAMETER;
    }
    memcpy(svsm_output(call, 0), greeting, args[3]);
    svsm_reply(call, args[3]);
    return SVSM_SUCCESS;
}

/* Lends the caller's memory on, without its first byte. */
static uint32_t relay_double(struct svsm_call *call)
{
    uint64_t args[SVSM_ARGS] = {SVSM_LEASE_REF(call->args[0], 1), call->args[1] - 1};
    uint32_t result = 0;
    call->out[0] = (uint64_t)svsm_call(svsm_endpoint("hello"), 2, args, &result);
    return result;
}

static svsm_handler *const relay_operations[] = {relay_greet, relay_double};

const struct svsm_service svsm_service = {
    .endpoints = {{relay_operations, 2}},
    .endpoint_count = 1,
};
