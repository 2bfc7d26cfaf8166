/* SPDX-License-Identifier: MIT */
/*
 * What the shim, wolfCrypt and libtpms want of their surroundings, in a task: CPU flags from
 * ring 0, entropy from ring 0, no files.
 */
#include "shim/shim.h"

#include <stdio.h>
#include <svsm/random.h>
#include <svsm/service.h>
#include <wolfssl/wolfcrypt/cpuid.h>

unsigned int svsm_wolf_cpu_flags(void);
unsigned int svsm_wolf_cpu_flags(void)
{
    static const struct {
        uint32_t ours;
        unsigned int theirs;
    } map[] = {
        {SVSM_CPU_AVX, CPUID_AVX1},    {SVSM_CPU_AVX2, CPUID_AVX2}, {SVSM_CPU_BMI2, CPUID_BMI2},
        {SVSM_CPU_AESNI, CPUID_AESNI}, {SVSM_CPU_ADX, CPUID_ADX},   {SVSM_CPU_MOVBE, CPUID_MOVBE},
        {SVSM_CPU_SHA, CPUID_SHA},
    };
    uint32_t have = svsm_cpu_features();
    unsigned int flags = 0;
    for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++) {
        flags |= (have & map[i].ours) != 0 ? map[i].theirs : 0;
    }
    return flags;
}

int svsm_rand_seed(unsigned char *out, unsigned int size)
{
    svsm_random(out, size);
    return 0;
}

void shim_fatal(const char *why)
{
    svsm_panic(138, why);
}

/* libtpms's own file store is compiled in and never reached: callbacks are registered. */
FILE *fopen(const char *restrict path, const char *restrict mode)
{
    (void)path;
    (void)mode;
    return NULL;
}

int fclose(FILE *f)
{
    (void)f;
    return EOF;
}

size_t fread(void *restrict out, size_t size, size_t count, FILE *restrict f)
{
    (void)out;
    (void)size;
    (void)count;
    (void)f;
    return 0;
}

int fseek(FILE *f, long offset, int whence)
{
    (void)f;
    (void)offset;
    (void)whence;
    return -1;
}

long ftell(FILE *f)
{
    (void)f;
    return -1;
}

int remove(const char *path)
{
    (void)path;
    return -1;
}
