/* SPDX-License-Identifier: MIT */
/* State of the CPU that belongs to a VMPL: what one sets, no other sees, and it finds it again. */
/* SAFETY: a test guest; each instruction is there for what it does, and its operands say what it
 * reads and writes. A fault in it ends the act, not the guest. */
#include "conform.h"

#define XMM_BYTES 16u
#define MSR_STAR 0xc0000081u
#define MSR_LSTAR 0xc0000082u
#define MSR_KERNEL_GS 0xc0000102u
#define MSR_FS 0xc0000100u
#define MSR_SYSENTER 0x176u
#define MSR_PAT 0x277u

static uint64_t value_in, value_out;

static void xmm_set(uint64_t value)
{
    asm volatile("movq %0, %%xmm7" : : "r"(value));
}

static void xmm_get(uint64_t unused)
{
    (void)unused;
    asm volatile("movq %%xmm7, %0" : "=r"(value_out));
}

static void x87_set(uint64_t value)
{
    value_in = value;
    asm volatile("fninit; fildll %0" : : "m"(value_in));
}

static void x87_get(uint64_t unused)
{
    uint16_t status;

    (void)unused;
    asm volatile("fnstsw %0" : "=m"(status));
    value_out = 0;
    if ((status >> 11 & 7) == 7) { /* something is on the stack */
        asm volatile("fistpll %0" : "=m"(value_out));
        asm volatile("fildll %0" : : "m"(value_out));
    }
}

static void mxcsr_set(uint64_t value)
{
    uint32_t mxcsr = (uint32_t)value;
    asm volatile("ldmxcsr %0" : : "m"(mxcsr));
}

static void mxcsr_get(uint64_t unused)
{
    uint32_t mxcsr;
    (void)unused;
    asm volatile("stmxcsr %0" : "=m"(mxcsr));
    value_out = mxcsr;
}

static void cr2_set(uint64_t value)
{
    asm volatile("mov %0, %%cr2" : : "r"(value));
}

static void cr2_get(uint64_t unused)
{
    (void)unused;
    asm volatile("mov %%cr2, %0" : "=r"(value_out));
}

static void cr8_set(uint64_t value)
{
    asm volatile("mov %0, %%cr8" : : "r"(value));
}

static void cr8_get(uint64_t unused)
{
    (void)unused;
    asm volatile("mov %%cr8, %0" : "=r"(value_out));
}

static uint32_t msr_index;

static void msr_set(uint64_t value)
{
    msr_write(msr_index, value);
}

static void msr_get(uint64_t unused)
{
    (void)unused;
    value_out = msr_read(msr_index);
}

static void on(unsigned vmpl, act *act, uint64_t argument)
{
    if (vmpl == 0) {
        act(argument);
    } else {
        check_fault(level_call(vmpl, act, argument), NO_FAULT, 0, "state-act-at-%u", vmpl);
    }
}

/* Each level sets its own value, in turn; then each must still have it. */
static void own(const char *name, act *set, act *get, const uint64_t values[SNP_VMPLS])
{
    for (unsigned vmpl = 0; vmpl < SNP_VMPLS; vmpl++) {
        on(vmpl, set, values[vmpl]);
    }
    for (unsigned vmpl = 0; vmpl < SNP_VMPLS; vmpl++) {
        on(vmpl, get, 0);
        check(value_out, values[vmpl], "state-%s-at-%u", name, vmpl);
    }
    on(0, set, values[0]);
}

static void own_msr(const char *name, uint32_t index, const uint64_t values[SNP_VMPLS])
{
    msr_index = index;
    own(name, msr_set, msr_get, values);
}

void test_state(void)
{
    static const uint64_t numbers[] = {0x1111, 0x2222, 0x3333, 0x4444};
    static const uint64_t mxcsrs[] = {0x1f80, 0x3f80, 0x5f80, 0x7f80};
    static const uint64_t priorities[] = {0, 3, 7, 12};
    static const uint64_t pats[] = {UINT64_C(0x0007040600070406), UINT64_C(0x0007040600070606),
                                    UINT64_C(0x0007040600000406), UINT64_C(0x0606060606060606)};

    own("xmm", xmm_set, xmm_get, numbers);
    own("x87", x87_set, x87_get, numbers);
    own("mxcsr", mxcsr_set, mxcsr_get, mxcsrs);
    own("cr2", cr2_set, cr2_get, numbers);
    own("cr8", cr8_set, cr8_get, priorities);
    own_msr("star", MSR_STAR, numbers);
    own_msr("lstar", MSR_LSTAR, numbers);
    own_msr("kernel-gs", MSR_KERNEL_GS, numbers);
    own_msr("fs", MSR_FS, numbers);
    own_msr("sysenter-eip", MSR_SYSENTER, numbers);
    own_msr("pat", MSR_PAT, pats);
    asm volatile("fninit");
}
