/* SPDX-License-Identifier: MIT */
/* How a task calls hello: greets the machine at boot, so that the console shows the answer. */
#include <svsm/service.h>

static uint32_t try_run(struct svsm_call *call)
{
    const char name[] = "machine";
    char answer[64];
    uint64_t args[SVSM_ARGS] = {(uint64_t)(uintptr_t)name, sizeof(name) - 1,
                                (uint64_t)(uintptr_t)answer, sizeof(answer)};
    uint32_t result = 0;
    (void)call;
    if (svsm_call(svsm_endpoint("hello"), 1, args, &result) != SVSM_OK) {
        svsm_log(SVSM_LOG_ERROR, "hello answers %x", result);
        return result;
    }
    svsm_log(SVSM_LOG_INFO, "hello answers: %.*s", (int)args[3], answer);
    return SVSM_SUCCESS;
}

static svsm_handler *const try_operations[] = {try_run};

const struct svsm_service svsm_service = {
    .endpoints = {{try_operations, 1}},
    .endpoint_count = 1,
};
