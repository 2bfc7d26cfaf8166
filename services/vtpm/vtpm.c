/* SPDX-License-Identifier: MIT */
/*
 * The vTPM service: a TPM 2.0 behind one endpoint. Its policy is rollback: a crash costs one
 * command at most, and the state is the one after the last command that was answered.
 *
 * Operations (arguments: in, in_len, out, out_size):
 *   0 command        a TPM command in, its response out
 *   1 state_save     in: one byte, enum tpm_state; out: the state as libtpms serialises it
 *   2 state_restore  in: one byte, enum tpm_state, then the state
 *   3 info           out: what is running, as text
 * The second endpoint is the guest's: guest.c.
 */
#include "guest.h"
#include "nv.h"
#include "tpm.h"

#include <stdio.h>
#include <string.h>

#include <libtpms/tpm_library.h>
#include <svsm/random.h>
#include <svsm/service.h>

#define COMMAND_MIN 10 /* a TPM command's header */

void shim_reseed(void);

/* After a rollback: neither wolfCrypt's generator nor libtpms's may go on from used state. */
static void reseed(void)
{
    shim_reseed();
    tpm_stir();
}

static enum svsm_err vtpm_init(void)
{
    if (!tpm_power_on()) {
        svsm_log(SVSM_LOG_ERROR, "the TPM does not start");
        return SVSM_E_REFUSED;
    }
    svsm_on_generation(reseed);
    svsm_log(SVSM_LOG_INFO, "TPM 2.0 ready, libtpms %x, state volatile", TPMLIB_GetVersion());
    return SVSM_OK;
}

/* The length in the command's header must be what was sent: a TPM would wait for the rest. */
static uint32_t vtpm_command(struct svsm_call *call)
{
    const uint8_t *in = svsm_input(call, 0);
    uint64_t size = call->args[1];
    if (size < COMMAND_MIN) {
        return SVSM_ERR_INVALID_FORMAT;
    }
    uint32_t stated = (uint32_t)in[2] << 24 | (uint32_t)in[3] << 16 | (uint32_t)in[4] << 8 | in[5];
    if (stated != size) {
        return SVSM_ERR_INVALID_FORMAT;
    }
    size_t len = tpm_command(in, size, svsm_output(call, 2), call->args[3]);
    if (len == 0) {
        return SVSM_ERR_INVALID_REQUEST;
    }
    svsm_reply(call, len);
    return SVSM_SUCCESS;
}

static int kind_ok(uint8_t kind)
{
    return kind == TPM_STATE_PERMANENT || kind == TPM_STATE_VOLATILE;
}

static uint32_t vtpm_state_save(struct svsm_call *call)
{
    const uint8_t *in = svsm_input(call, 0);
    if (call->args[1] != 1 || !kind_ok(in[0])) {
        return SVSM_ERR_INVALID_PARAMETER;
    }
    size_t len = tpm_state_save((enum tpm_state)in[0], svsm_output(call, 2), call->args[3]);
    svsm_reply(call, len);
    return len == 0 ? SVSM_ERR_INVALID_REQUEST : SVSM_SUCCESS;
}

static uint32_t vtpm_state_restore(struct svsm_call *call)
{
    const uint8_t *in = svsm_input(call, 0);
    if (call->args[1] < 2 || !kind_ok(in[0])) {
        return SVSM_ERR_INVALID_PARAMETER;
    }
    return tpm_state_restore((enum tpm_state)in[0], in + 1, call->args[1] - 1)
               ? SVSM_SUCCESS
               : SVSM_ERR_INVALID_FORMAT;
}

static uint32_t vtpm_info(struct svsm_call *call)
{
    int len = snprintf(svsm_output(call, 2), call->args[3], "libtpms %x, wolfCrypt, state volatile",
                       TPMLIB_GetVersion());
    if (len < 0 || (uint64_t)len >= call->args[3]) {
        return SVSM_ERR_INVALID_PARAMETER;
    }
    svsm_reply(call, (size_t)len);
    return SVSM_SUCCESS;
}

static svsm_handler *const vtpm_operations[] = {vtpm_command, vtpm_state_save, vtpm_state_restore,
                                                vtpm_info};

const struct svsm_service svsm_service = {
    .init = vtpm_init,
    .endpoints = {{vtpm_operations, 4}, {guest_operations, GUEST_OPERATIONS}},
    .endpoint_count = 2,
};
