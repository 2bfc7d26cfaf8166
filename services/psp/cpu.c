/* SPDX-License-Identifier: MIT */
/* What wolfCrypt wants of its surroundings, in a task: which instructions there are, and entropy,
 * of which AES-GCM needs none. */
#include <svsm/random.h>
#include <svsm/service.h>
#include <wolfssl/wolfcrypt/cpuid.h>

unsigned int svsm_wolf_cpu_flags(void);

unsigned int svsm_wolf_cpu_flags(void)
{
    uint32_t have = svsm_cpu_features();
    return ((have & SVSM_CPU_AESNI) != 0 ? CPUID_AESNI : 0) |
           ((have & SVSM_CPU_AVX) != 0 ? CPUID_AVX1 : 0) |
           ((have & SVSM_CPU_AVX2) != 0 ? CPUID_AVX2 : 0);
}

int svsm_rand_seed(unsigned char *out, unsigned int size)
{
    svsm_random(out, size);
    return 0;
}
