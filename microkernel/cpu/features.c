/* SPDX-License-Identifier: MIT */
/*
 * What the CPU must have, what it may have, and switching it on. A CPU that lacks something needed
 * ends the boot with the name of what it lacks.
 */
#include <cpu/cpu.h>
#include <cpu/io.h>
#include <cpu/machine.h>
#include <log/log.h>
#include <task/port.h>

#define CR0_BASE UINT64_C(0x80010033)
#define CR4_BASE UINT64_C(0x620)   /* PAE, OSFXSR, OSXMMEXCPT */
#define CR4_MCE (UINT64_C(1) << 6) /* an SNP guest has it from the start */
#define CR4_UMIP (UINT64_C(1) << 11)
#define CR4_OSXSAVE (UINT64_C(1) << 18)
#define CR4_SMEP (UINT64_C(1) << 20)
#define CR4_SMAP (UINT64_C(1) << 21)
#define MSR_STAR 0xc0000081
#define MSR_LSTAR 0xc0000082
#define MSR_CSTAR 0xc0000083
#define MSR_SFMASK 0xc0000084
#define MSR_FS_BASE 0xc0000100
#define MSR_GS_BASE 0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102
#define SFMASK UINT64_C(0x44700) /* AC, NT, DF, IF, TF */

ROINIT struct features features_cpu;
ROINIT uint32_t features_info;

enum reg { EAX, EBX, ECX, EDX };

static bool has(uint32_t leaf, enum reg reg, unsigned bit)
{
    struct cpuid highest = machine_cpuid(leaf & UINT32_C(0x80000000), 0);
    if (highest.eax < leaf) {
        return false;
    }
    struct cpuid c = machine_cpuid(leaf, 0);
    uint32_t words[] = {c.eax, c.ebx, c.ecx, c.edx};
    return (words[reg] >> bit & 1) != 0;
}

static void need(bool present, const char *name)
{
    if (!present) {
        LOG_ERROR("missing CPU feature: %s", name);
        port_stop("the CPU lacks a feature that is needed; with QEMU, -cpu max has the most");
    }
}

/* x87, SSE and, where there is XSAVE, AVX: what a task may use. */
static void find_vector_state(void)
{
    features_cpu.xsave = has(1, ECX, 26);
    features_cpu.xcr0 = 3;
    if (features_cpu.xsave && (machine_cpuid(13, 0).eax & 7) == 7 && has(1, ECX, 28)) {
        features_cpu.avx = true;
        features_cpu.xcr0 = 7;
    }
}

static void find_info(void)
{
    bool avx = features_cpu.avx;
    const struct {
        bool present;
        uint32_t flag;
    } table[] = {
        {has(1, ECX, 25), SVSM_CPU_AESNI},      {has(1, ECX, 1), SVSM_CPU_PCLMUL},
        {avx && has(7, EBX, 29), SVSM_CPU_SHA}, {avx, SVSM_CPU_AVX},
        {avx && has(7, EBX, 5), SVSM_CPU_AVX2}, {has(7, EBX, 8), SVSM_CPU_BMI2},
        {has(7, EBX, 19), SVSM_CPU_ADX},        {has(7, EBX, 18), SVSM_CPU_RDSEED},
        {has(1, ECX, 22), SVSM_CPU_MOVBE},
    };
    for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
        features_info |= table[i].present ? table[i].flag : 0;
    }
}

void features_check(void)
{
    need(has(UINT32_C(0x80000001), EDX, 20), "NX (no-execute pages)");
    need(has(UINT32_C(0x80000001), EDX, 11), "SYSCALL");
    need(has(1, EDX, 4), "TSC");
    need(has(1, EDX, 9), "local APIC");
    need(has(1, EDX, 24), "FXSR");
    need(has(1, EDX, 26), "SSE2");
    features_cpu.smep = has(7, EBX, 7);
    features_cpu.smap = has(7, EBX, 20);
    features_cpu.umip = has(7, ECX, 2);
    features_cpu.x2apic = has(1, ECX, 21);
    features_cpu.rdseed = has(7, EBX, 18);
    features_cpu.rdrand = has(1, ECX, 30);
    find_vector_state();
    find_info();
    if (!features_cpu.smep || !features_cpu.smap || !features_cpu.umip) {
        LOG_WARNING("CPU WITHOUT%s%s%s: one line of defence less", features_cpu.smep ? "" : " SMEP",
                    features_cpu.smap ? "" : " SMAP", features_cpu.umip ? "" : " UMIP");
        machine_undefended();
    }
}

void features_check_entropy(bool test_image)
{
    need(features_cpu.rdseed || test_image,
         "RDSEED (only test images go without; QEMU's TCG may lack it)");
}

static void set_xcr0(uint32_t value)
{
    /* SAFETY: CR4.OSXSAVE is set and CPUID leaf 13 offers these bits. */
    asm volatile("xsetbv" : : "c"(0), "a"(value), "d"(0));
}

void features_enable(uint32_t vcpu)
{
    uint64_t cr4 = CR4_BASE | (cr4_read() & CR4_MCE);
    cr4 |= features_cpu.umip ? CR4_UMIP : 0;
    cr4 |= features_cpu.xsave ? CR4_OSXSAVE : 0;
    cr4 |= features_cpu.smep ? CR4_SMEP : 0;
    cr4 |= features_cpu.smap ? CR4_SMAP : 0;
    /* SAFETY: paging and protection stay on; the bits are those CPUID offered. */
    asm volatile("mov %0, %%cr0" : : "r"(CR0_BASE));
    cr4_write(cr4);
    if (features_cpu.xsave) {
        set_xcr0(features_cpu.xcr0);
    }
    if (features_cpu.smap) {
        asm volatile("clac" : : : "cc");
    }
    asm volatile("fninit");
    /* What is set stays: in a save area EFER.SVME must. */
    msr_write(MSR_EFER, msr_read(MSR_EFER) | EFER_SCE | EFER_LME | EFER_NXE);
    msr_write(MSR_STAR, (uint64_t)(SEL_SYSRET_BASE | 3) << 48 | (uint64_t)SEL_KERNEL_CODE << 32);
    msr_write(MSR_LSTAR, (uint64_t)syscall_stubs + vcpu * UINT64_C(64));
    msr_write(MSR_CSTAR, 0); /* there is no 32-bit user code segment */
    msr_write(MSR_SFMASK, SFMASK);
    msr_write(MSR_FS_BASE, 0);
    msr_write(MSR_GS_BASE, 0);
    msr_write(MSR_KERNEL_GS_BASE, 0);
}
