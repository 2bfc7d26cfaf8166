/* SPDX-License-Identifier: MIT */
/* Where an upcall begins on the host, and the one symbol that the combined object shows. */
#include "host.h"
#include "rt.h"

/* host.ld, and the manifest's text as combine.sh adds it. */
extern uint8_t svsm_host_data_start[], svsm_host_data_end[];
extern const uint8_t svsm_host_constants_start[], svsm_host_constants_end[];
extern const char _binary_manifest_start[], _binary_manifest_end[];
extern const struct svsm_host_task svsm_host_task;

static void upcall(const struct svsm_host_upcall *up)
{
    struct svsm_call call = {.operation = up->operation, .info = up->info};
    for (unsigned i = 0; i < SVSM_ARGS; i++) {
        call.args[i] = up->args[i];
    }
    uint32_t result = rt_dispatch(&call);
    (void)rt_syscall(SVSM_SYS_RETURN, result, call.reply_len, call.out[0], call.out[1], call.out[2],
                     call.out[3]);
    __builtin_trap();
}

const struct svsm_host_task svsm_host_task = {
    .manifest = _binary_manifest_start,
    .manifest_end = _binary_manifest_end,
    .data = svsm_host_data_start,
    .data_end = svsm_host_data_end,
    .constants = svsm_host_constants_start,
    .constants_end = svsm_host_constants_end,
    .upcall = upcall,
};
