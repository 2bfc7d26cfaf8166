/* SPDX-License-Identifier: MIT */
/* What the shim wants of its surroundings, on the host: CPU flags, entropy, an end. */
#include "host.h"

#include <libtpms/tpm_error.h>
#include <libtpms/tpm_library.h>
#include <libtpms/tpm_memory.h>
#include <libtpms/tpm_nvfilename.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

unsigned int svsm_wolf_cpu_flags(void);
int svsm_rand_seed(unsigned char *out, unsigned int size);
void shim_fatal(const char *why);

/* wolfCrypt's bits (cpuid.h); HOST_NO_SIMD=1 tries the plain code. */
unsigned int svsm_wolf_cpu_flags(void)
{
    static unsigned flags = UINT32_MAX;
    if (flags == UINT32_MAX) {
        flags = 0;
        if (getenv("HOST_NO_SIMD") == NULL) {
            flags |= __builtin_cpu_supports("avx") ? 1 : 0;
            flags |= __builtin_cpu_supports("avx2") ? 2 : 0;
            flags |= __builtin_cpu_supports("bmi2") ? 0x10 : 0;
            flags |= __builtin_cpu_supports("aes") ? 0x20 : 0;
            flags |= __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("avx2") ? 0x40 : 0;
        }
    }
    return flags;
}

int svsm_rand_seed(unsigned char *out, unsigned int size)
{
    return getrandom(out, size, 0) == (ssize_t)size ? 0 : -1;
}

void shim_fatal(const char *why)
{
    fprintf(stderr, "shim: %s\n", why);
    abort();
}

static TPM_RESULT nv_init(void)
{
    return TPM_SUCCESS;
}

static TPM_RESULT nv_load(unsigned char **data, uint32_t *size, uint32_t tpm, const char *name)
{
    (void)data;
    (void)size;
    (void)tpm;
    (void)name;
    return TPM_RETRY; /* nothing stored yet */
}

static TPM_RESULT nv_store(const unsigned char *data, uint32_t size, uint32_t tpm, const char *name)
{
    (void)data;
    (void)size;
    (void)tpm;
    (void)name;
    return TPM_SUCCESS;
}

static TPM_RESULT nv_delete(uint32_t tpm, const char *name, TPM_BOOL must_exist)
{
    (void)tpm;
    (void)name;
    (void)must_exist;
    return TPM_SUCCESS;
}

static TPM_RESULT io_init(void)
{
    return TPM_SUCCESS;
}

static TPM_RESULT io_locality(TPM_MODIFIER_INDICATOR *locality, uint32_t tpm)
{
    (void)tpm;
    *locality = 0;
    return TPM_SUCCESS;
}

static TPM_RESULT io_presence(TPM_BOOL *present, uint32_t tpm)
{
    (void)tpm;
    *present = FALSE;
    return TPM_SUCCESS;
}

int host_tpm_start(const uint8_t *permanent, size_t permanent_size, const uint8_t *volatile_state,
                   size_t volatile_size)
{
    struct libtpms_callbacks callbacks = {
        .sizeOfStruct = sizeof(callbacks),
        .tpm_nvram_init = nv_init,
        .tpm_nvram_loaddata = nv_load,
        .tpm_nvram_storedata = nv_store,
        .tpm_nvram_deletename = nv_delete,
        .tpm_io_init = io_init,
        .tpm_io_getlocality = io_locality,
        .tpm_io_getphysicalpresence = io_presence,
    };
    if (TPMLIB_ChooseTPMVersion(TPMLIB_TPM_VERSION_2) != TPM_SUCCESS ||
        TPMLIB_RegisterCallbacks(&callbacks) != TPM_SUCCESS) {
        return 0;
    }
    if (permanent != NULL && TPMLIB_SetState(TPMLIB_STATE_PERMANENT, permanent,
                                             (uint32_t)permanent_size) != TPM_SUCCESS) {
        return 0;
    }
    if (volatile_state != NULL && TPMLIB_SetState(TPMLIB_STATE_VOLATILE, volatile_state,
                                                  (uint32_t)volatile_size) != TPM_SUCCESS) {
        return 0;
    }
    return TPMLIB_MainInit() == TPM_SUCCESS;
}

size_t host_tpm_command(const uint8_t *command, size_t size, uint8_t *response, size_t room)
{
    static unsigned char *buffer;
    static uint32_t buffer_size;
    uint32_t len = 0;
    uint8_t copy[8192];
    if (size > sizeof(copy)) {
        return 0;
    }
    memcpy(copy, command, size);
    if (TPMLIB_Process(&buffer, &len, &buffer_size, copy, (uint32_t)size) != TPM_SUCCESS ||
        len > room) {
        return 0;
    }
    memcpy(response, buffer, len);
    return len;
}
