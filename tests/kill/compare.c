/* SPDX-License-Identifier: MIT */
/* The model against the TPM: everything acknowledged is read back. See model.h. */
#include "model.h"
#include <svsm/abi/result.h>

#define NV_READ_DATA (RESPONSE_HEADER + 4 + 2)
#define HANDLE_COUNT (RESPONSE_HEADER + 1 + 4) /* of TPM2_GetCapability's response */

uint64_t model_compares, model_losses;

static struct bytes command, response;

static bool asked(void)
{
    return tpm_send(&command, &response) == SVSM_SUCCESS && command_code(&response) == 0;
}

static const char *compare_pcrs(void)
{
    command_pcr_read(&command, MODEL_PCR_MASK);
    if (!asked() || response.len != PCR_READ_VALUES + PCRS * (2 + DIGEST)) {
        return "the PCRs cannot be read";
    }
    for (unsigned i = 0; i < PCRS; i++) {
        if (!bytes_equal(response.data + PCR_READ_VALUES + i * (2 + DIGEST) + 2, model.pcr[i],
                         DIGEST)) {
            return "a PCR has another value";
        }
    }
    return NULL;
}

static bool nv_is(uint32_t index, const uint8_t *value, size_t size)
{
    command_nv_read(&command, index, size);
    return asked() && response.len >= NV_READ_DATA + size &&
           bytes_equal(response.data + NV_READ_DATA, value, size);
}

static const char *compare_nv(void)
{
    uint8_t counter[8];
    for (unsigned i = 0; i < 8; i++) {
        counter[i] = (uint8_t)(model.counter >> (56 - 8 * i));
    }
    if (!nv_is(NV_COUNTER, counter, sizeof(counter))) {
        return "the NV counter has another value";
    }
    if (!nv_is(NV_DATA, model.data, NV_DATA_SIZE)) {
        return "the NV index has other contents";
    }
    return nv_is(NV_EXTEND, model.nv_extend, DIGEST) ? NULL : "the NV extend index differs";
}

/* The TPM has `count` handles from `first` on and each of `expected` that is not zero is one. */
static bool handles_are(uint32_t first, const uint32_t *expected, unsigned count)
{
    unsigned wanted = 0;
    command_handles(&command, first);
    if (!asked() || response.len < HANDLE_COUNT + 4) {
        return false;
    }
    uint32_t there = bytes_get32(response.data + HANDLE_COUNT);
    for (unsigned i = 0; i < count; i++) {
        bool found = expected[i] == 0;
        wanted += expected[i] != 0;
        for (uint32_t n = 0; n < there && n < 16; n++) {
            found = found || bytes_get32(response.data + HANDLE_COUNT + 4 + 4 * n) == expected[i];
        }
        if (!found) {
            return false;
        }
    }
    return there == wanted;
}

static const char *compare_handles(void)
{
    const uint32_t nv[] = {NV_COUNTER, NV_DATA, NV_EXTEND, model.toggled ? NV_TOGGLE : 0};
    if (!handles_are(HANDLES_NV, nv, 4)) {
        return "there are other NV indices";
    }
    if (!handles_are(HANDLES_SESSION, model.session, SESSIONS_MAX)) {
        return "there are other sessions";
    }
    return handles_are(HANDLES_TRANSIENT, &model.key, 1) ? NULL : "there are other keys";
}

const char *model_compare(void)
{
    model_compares++;
    const char *why = compare_pcrs();
    why = why != NULL ? why : compare_nv();
    why = why != NULL ? why : compare_handles();
    if (why != NULL) {
        model_losses++;
        return why;
    }
    command_random(&command, DIGEST);
    if (!asked() || response.len != RESPONSE_HEADER + 2 + DIGEST) {
        return "no random bytes";
    }
    return model_note_random(response.data + RESPONSE_HEADER + 2);
}

/* The counter starts where the TPM likes. */
static bool counter_learn(void)
{
    command_nv_increment(&command);
    if (!asked()) {
        return false;
    }
    command_nv_read(&command, NV_COUNTER, 8);
    if (!asked() || response.len < NV_READ_DATA + 8) {
        return false;
    }
    model.counter = (uint64_t)bytes_get32(response.data + NV_READ_DATA) << 32 |
                    bytes_get32(response.data + NV_READ_DATA + 4);
    return true;
}

const char *model_start(void)
{
    static struct pending p;
    command_startup(&command);
    if (!asked()) {
        return "the TPM does not start";
    }
    for (uint32_t index = NV_COUNTER; index <= NV_EXTEND; index++) {
        command_nv_define(&command, index);
        if (!asked()) {
            return "an NV index cannot be defined";
        }
    }
    command_nv_write(&command, model.data, NV_DATA_SIZE, 0);
    if (!asked() || !counter_learn()) {
        return "an NV index cannot be written";
    }
    model_choose(&p, KIND_NV_EXTEND);
    if (tpm_send(&p.command, &response) != SVSM_SUCCESS || model_follow(&p, &response) != NULL) {
        return "an NV index cannot be extended";
    }
    return model_compare();
}
