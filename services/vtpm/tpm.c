/* SPDX-License-Identifier: MIT */
/* libtpms: callbacks, commands, state. */
#include "tpm.h"
#include "nv.h"

#include <stdlib.h>
#include <string.h>

#include <libtpms/tpm_error.h>
#include <libtpms/tpm_library.h>
#include <libtpms/tpm_memory.h>
#include <svsm/random.h>

#define HEADER_SIZE 10
#define COMMAND_MAX 4096
#define STIR_BYTES 48

static unsigned char *response_buffer; /* libtpms's own, grows as it needs */
static uint32_t response_room;

static TPM_RESULT callback_nv_init(void)
{
    return nv_init() == NV_OK ? TPM_SUCCESS : TPM_FAIL;
}

static TPM_RESULT callback_nv_load(unsigned char **data, uint32_t *size, uint32_t tpm,
                                   const char *name)
{
    size_t bytes = 0;
    (void)tpm;
    switch (nv_load(name, data, &bytes)) {
    case NV_OK:
        *size = (uint32_t)bytes;
        return TPM_SUCCESS;
    case NV_MISSING:
        return TPM_RETRY; /* libtpms's word for "nothing stored" */
    default:
        return TPM_FAIL;
    }
}

static TPM_RESULT callback_nv_store(const unsigned char *data, uint32_t size, uint32_t tpm,
                                    const char *name)
{
    (void)tpm;
    return nv_store(name, data, size) == NV_OK ? TPM_SUCCESS : TPM_FAIL;
}

static TPM_RESULT callback_nv_delete(uint32_t tpm, const char *name, TPM_BOOL must_exist)
{
    (void)tpm;
    return nv_delete(name) == NV_OK || !must_exist ? TPM_SUCCESS : TPM_FAIL;
}

static TPM_RESULT callback_io_init(void)
{
    return TPM_SUCCESS;
}

static TPM_RESULT callback_locality(TPM_MODIFIER_INDICATOR *locality, uint32_t tpm)
{
    (void)tpm;
    *locality = 0;
    return TPM_SUCCESS;
}

static TPM_RESULT callback_presence(TPM_BOOL *present, uint32_t tpm)
{
    (void)tpm;
    *present = FALSE;
    return TPM_SUCCESS;
}

static int library_start(void)
{
    struct libtpms_callbacks callbacks = {
        .sizeOfStruct = sizeof(callbacks),
        .tpm_nvram_init = callback_nv_init,
        .tpm_nvram_loaddata = callback_nv_load,
        .tpm_nvram_storedata = callback_nv_store,
        .tpm_nvram_deletename = callback_nv_delete,
        .tpm_io_init = callback_io_init,
        .tpm_io_getlocality = callback_locality,
        .tpm_io_getphysicalpresence = callback_presence,
    };
    return TPMLIB_ChooseTPMVersion(TPMLIB_TPM_VERSION_2) == TPM_SUCCESS &&
           TPMLIB_RegisterCallbacks(&callbacks) == TPM_SUCCESS;
}

int tpm_power_on(void)
{
    return library_start() && TPMLIB_MainInit() == TPM_SUCCESS;
}

static void put16(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

size_t tpm_command(const uint8_t *command, size_t size, uint8_t *response, size_t room)
{
    static uint8_t copy[COMMAND_MAX]; /* libtpms works on it in place */
    uint32_t len = 0;
    if (size > sizeof(copy)) {
        return 0;
    }
    memcpy(copy, command, size);
    TPM_RESULT result =
        TPMLIB_Process(&response_buffer, &len, &response_room, copy, (uint32_t)size);
    explicit_bzero(copy, size); /* passwords and private keys pass through here */
    if (result != TPM_SUCCESS || len < HEADER_SIZE || len > room || len > response_room) {
        return 0;
    }
    memcpy(response, response_buffer, len);
    explicit_bzero(response_buffer, len);
    return len;
}

static enum TPMLIB_StateType type_of(enum tpm_state kind)
{
    return kind == TPM_STATE_PERMANENT ? TPMLIB_STATE_PERMANENT : TPMLIB_STATE_VOLATILE;
}

size_t tpm_state_save(enum tpm_state kind, uint8_t *out, size_t room)
{
    unsigned char *data = NULL;
    uint32_t size = 0;
    if (TPMLIB_GetState(type_of(kind), &data, &size) != TPM_SUCCESS || data == NULL) {
        return 0;
    }
    size_t copied = size <= room ? size : 0;
    memcpy(out, data, copied);
    explicit_bzero(data, size);
    free(data);
    return copied;
}

int tpm_state_restore(enum tpm_state kind, const uint8_t *state, size_t size)
{
    uint8_t *permanent = NULL;
    size_t permanent_size = 0;
    if (kind == TPM_STATE_VOLATILE) {
        /* The volatile part belongs to the permanent one that is in force. */
        if (TPMLIB_GetState(TPMLIB_STATE_PERMANENT, &permanent, (uint32_t *)&permanent_size) !=
            TPM_SUCCESS) {
            return 0;
        }
    }
    TPMLIB_Terminate();
    int ok = library_start();
    if (ok && permanent != NULL) {
        ok = TPMLIB_SetState(TPMLIB_STATE_PERMANENT, permanent, (uint32_t)permanent_size) ==
             TPM_SUCCESS;
    }
    ok = ok && TPMLIB_SetState(type_of(kind), state, (uint32_t)size) == TPM_SUCCESS;
    free(permanent);
    if (ok && TPMLIB_MainInit() == TPM_SUCCESS) {
        return 1;
    }
    TPMLIB_Terminate();
    (void)tpm_power_on();
    return 0;
}

void tpm_stir(void)
{
    uint8_t command[HEADER_SIZE + 2 + STIR_BYTES] = {0x80, 0x01, 0, 0,   0, sizeof(command),
                                                     0,    0,    1, 0x46 /* TPM2_StirRandom */};
    uint8_t response[64];
    put16(command + HEADER_SIZE, STIR_BYTES);
    svsm_random(command + HEADER_SIZE + 2, STIR_BYTES);
    /* Before TPM2_Startup it is refused, and there is nothing to stir. */
    (void)tpm_command(command, sizeof(command), response, sizeof(response));
}
