/* SPDX-License-Identifier: MIT */
/* The smallest service: answers a null call, greets by name, doubles every byte of a lease. */
#include <stdio.h>
#include <svsm/service.h>

static uint32_t hello_null(struct svsm_call *call)
{
    (void)call;
    return SVSM_SUCCESS;
}

/* Arguments: name, its length, buffer for the greeting, its size. */
static uint32_t hello_greet(struct svsm_call *call)
{
    char *out = svsm_output(call, 2);
    int len = snprintf(out, call->args[3], "Hello, %.*s!", (int)call->args[1],
                       (const char *)svsm_input(call, 0));
    if (len < 0 || (uint64_t)len >= call->args[3]) {
        return SVSM_ERR_INVALID_PARAMETER;
    }
    svsm_reply(call, (size_t)len);
    return SVSM_SUCCESS;
}

/* Arguments: lease, its length. The caller sees nothing of it before this returns. */
static uint32_t hello_double(struct svsm_call *call)
{
    uint8_t bytes[256];
    for (uint64_t at = 0; at < call->args[1]; at += sizeof(bytes)) {
        uint64_t left = call->args[1] - at;
        size_t part = left < sizeof(bytes) ? (size_t)left : sizeof(bytes);
        if (svsm_lease_read(call->args[0], at, bytes, part) != SVSM_OK) {
            return SVSM_ERR_INVALID_ADDRESS;
        }
        for (size_t i = 0; i < part; i++) {
            bytes[i] = (uint8_t)(bytes[i] * 2);
        }
        svsm_lease_write(call->args[0], at, bytes, part);
    }
    return SVSM_SUCCESS;
}

static svsm_handler *const hello_operations[] = {hello_null, hello_greet, hello_double};

const struct svsm_service svsm_service = {
    .endpoints = {{hello_operations, 3}},
    .endpoint_count = 1,
};
