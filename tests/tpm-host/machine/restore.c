/* SPDX-License-Identifier: MIT */
/*
 * Puts the vTPM into the state that the recorded vectors start from, before anyone outside reaches
 * it: then its answers are those of the record, byte for byte.
 */
#include <string.h>
#include <svsm/service.h>

#include "state.h"

enum { VTPM_STATE_RESTORE = 2 };                  /* services/vtpm/vtpm.c */
enum { STATE_PERMANENT = 1, STATE_VOLATILE = 2 }; /* services/vtpm/tpm.h */

static uint8_t buffer[1 + sizeof(recorded_volatile) + sizeof(recorded_permanent)];

static enum svsm_err restore(uint8_t kind, const uint8_t *state, size_t size)
{
    enum svsm_err err;
    buffer[0] = kind;
    memcpy(buffer + 1, state, size);
    do {
        uint64_t args[SVSM_ARGS] = {(uint64_t)(uintptr_t)buffer, 1 + size};
        err = svsm_call(svsm_endpoint("vtpm"), VTPM_STATE_RESTORE, args, NULL);
    } while (err == SVSM_E_INCOMPLETE);
    return err;
}

static uint32_t restore_run(struct svsm_call *call)
{
    (void)call;
    if (restore(STATE_PERMANENT, recorded_permanent, sizeof(recorded_permanent)) != SVSM_OK ||
        restore(STATE_VOLATILE, recorded_volatile, sizeof(recorded_volatile)) != SVSM_OK) {
        svsm_panic(1, "the vTPM does not take the recorded state");
    }
    svsm_log(SVSM_LOG_INFO, "recorded state restored");
    return SVSM_SUCCESS;
}

static svsm_handler *const restore_operations[] = {restore_run};

const struct svsm_service svsm_service = {
    .endpoints = {{restore_operations, 1}},
    .endpoint_count = 1,
};
