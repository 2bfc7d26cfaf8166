/* SPDX-License-Identifier: MIT */
/* What the shim wants of its surroundings, on the host: CPU flags, entropy, an end. */
#include "host.h"

#include <cpuid.h>
#include <libtpms/tpm_error.h>
#include <libtpms/tpm_library.h>
#include <libtpms/tpm_memory.h>
#include <libtpms/tpm_nvfilename.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/wolfcrypt/cpuid.h>

unsigned int svsm_wolf_cpu_flags(void);
int svsm_rand_seed(unsigned char *out, unsigned int size);
void shim_fatal(const char *why);

static unsigned cpu_flags;
static enum host_entropy entropy;
static uint64_t entropy_fixed;
static unsigned char *buffer; /* libtpms's, for responses; grows as it needs */
static uint32_t buffer_size;

/* ring 0 hands the same ones to the service; __get_cpuid_count's leaf 7 has the newer ones. */
unsigned host_cpu_flags(bool all)
{
    unsigned a = 0;
    unsigned b = 0;
    unsigned c = 0;
    unsigned d = 0;
    cpu_flags = 0;
    if (!all) {
        return 0;
    }
    cpu_flags |= __builtin_cpu_supports("avx") ? CPUID_AVX1 : 0;
    cpu_flags |= __builtin_cpu_supports("avx2") ? CPUID_AVX2 : 0;
    cpu_flags |= __builtin_cpu_supports("bmi2") ? CPUID_BMI2 : 0;
    cpu_flags |= __builtin_cpu_supports("aes") ? CPUID_AESNI : 0;
    if (__get_cpuid(1, &a, &b, &c, &d)) {
        cpu_flags |= (c & bit_MOVBE) != 0 ? CPUID_MOVBE : 0;
    }
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
        cpu_flags |= (b & bit_ADX) != 0 ? CPUID_ADX : 0;
        cpu_flags |= (b & bit_SHA) != 0 ? CPUID_SHA : 0;
    }
    return cpu_flags;
}

unsigned int svsm_wolf_cpu_flags(void)
{
    return cpu_flags;
}

void host_entropy(enum host_entropy kind)
{
    entropy = kind;
    entropy_fixed = 1;
}

/* xorshift64 */
static uint8_t fixed_byte(void)
{
    entropy_fixed ^= entropy_fixed << 13;
    entropy_fixed ^= entropy_fixed >> 7;
    entropy_fixed ^= entropy_fixed << 17;
    return (uint8_t)(entropy_fixed >> 32);
}

int svsm_rand_seed(unsigned char *out, unsigned int size)
{
    for (unsigned i = 0; i < size; i++) {
        out[i] = entropy == HOST_ENTROPY_FIXED ? fixed_byte() : 0x5a;
    }
    if (entropy == HOST_ENTROPY_GOOD && getrandom(out, size, 0) != (ssize_t)size) {
        return -1;
    }
    return entropy == HOST_ENTROPY_NONE ? -1 : 0;
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
    uint32_t len = 0;
    uint8_t *copy = malloc(size); /* libtpms works on it; of the exact size, for ASan */
    if (copy == NULL) {
        return 0;
    }
    memcpy(copy, command, size);
    TPM_RESULT result = TPMLIB_Process(&buffer, &len, &buffer_size, copy, (uint32_t)size);
    free(copy);
    if (result != TPM_SUCCESS || len > room) {
        return 0;
    }
    memcpy(response, buffer, len);
    return len;
}

void host_tpm_stop(void)
{
    TPMLIB_Terminate();
    TPM_Free(buffer);
    buffer = NULL;
    buffer_size = 0;
}
