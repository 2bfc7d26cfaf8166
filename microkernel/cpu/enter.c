/* SPDX-License-Identifier: MIT */
/*
 * Entering a task and reaching into it. These are the only functions that touch user addresses:
 * AC is set (STAC) around each copy and nowhere else.
 */
#include <cpu/cpu.h>
#include <cpu/io.h>
#include <task/port.h>

#define MSR_FS_BASE 0xc0000100

/*
 * An XSAVE (and FXSAVE) image of the initial state: XSTATE_BV = 0 makes XRSTOR initialise every
 * component; FXRSTOR takes FCW, MXCSR and zeros from the legacy part. MXCSR is loaded by both.
 */
static const struct {
    uint16_t fcw;
    uint8_t zeros[22];
    uint32_t mxcsr, mxcsr_mask;
    uint8_t rest[480 + 64];
} initial_state [[gnu::aligned(64)]] = {.fcw = 0x37f, .mxcsr = 0x1f80};
_Static_assert(sizeof(initial_state) == 576, "legacy region and XSAVE header");

static inline void scrub_vectors(void)
{
    /* SAFETY: reads the constant above; changes vector registers only, which ring 0 does not use.
     */
    if (features_cpu.xsave) {
        asm volatile("xrstor64 %0" : : "m"(initial_state), "a"(features_cpu.xcr0), "d"(0));
    } else {
        asm volatile("fxrstor64 %0" : : "m"(initial_state));
    }
}

static inline void flat_segments(void)
{
    /* SAFETY: null selectors in 64-bit mode; ring 0 uses no segment base. FS.base is set after. */
    asm volatile("movl %0, %%ds\n\tmovl %0, %%es\n\tmovl %0, %%fs\n\tmovl %0, %%gs" : : "r"(0));
}

void port_enter(struct cpu *cpu, const struct task *t, uint32_t activation)
{
    (void)cpu;
    /* SAFETY: a space that mm/space.c built; its kernel half is ours. */
    cr3_write(t->space);
    flat_segments();
    msr_write(MSR_FS_BASE, SVSM_TLS_VA + activation * SVSM_TLS_STRIDE + SVSM_TP_OFFSET);
    scrub_vectors();
}

static inline void user_open(void)
{
    if (features_cpu.smap) {
        asm volatile("stac" : : : "memory", "cc");
    }
}

static inline void user_close(void)
{
    if (features_cpu.smap) {
        asm volatile("clac" : : : "memory", "cc");
    }
}

void enter_close_user(void)
{
    user_close();
}

/* SAFETY: of the casts: the core has checked that the range lies in areas of the entered task. */
void port_copy_in(void *dst, uva_t src, size_t size)
{
    user_open();
    memcpy(dst, (const void *)src.value, size);
    user_close();
}

void port_copy_out(uva_t dst, const void *src, size_t size)
{
    user_open();
    memcpy((void *)dst.value, src, size);
    user_close();
}

void port_fill_zero(uva_t dst, size_t size)
{
    user_open();
    memset((void *)dst.value, 0, size);
    user_close();
}
