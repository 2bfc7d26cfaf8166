/* SPDX-License-Identifier: MIT */
/*
 * In place of wolfCrypt's cpuid.c: which instructions may be used. CPUID would leave VMPL0 to the
 * host, so the flags come from whoever links this (svsm_wolf_cpu_flags(), CPUID_* of cpuid.h).
 */
#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/wolfcrypt/cpuid.h>

unsigned int svsm_wolf_cpu_flags(void);

void cpuid_set_flags(void)
{
}

word32 cpuid_get_flags(void)
{
    word32 flags = svsm_wolf_cpu_flags();
    /* SHA-256 of 5.7.2 is wrong with SHA but without AVX. */
    return (flags & CPUID_AVX1) != 0 ? flags : flags & ~(word32)CPUID_SHA;
}
