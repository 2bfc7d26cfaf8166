/* SPDX-License-Identifier: MIT */
#include "vector.h"
#include "io.h"
#include "memory.h"
#include "stop.h"
#include <string.h>

#define CR4_OSXSAVE (UINT64_C(1) << 18)
#define CR4_OSFXSR (UINT64_C(1) << 9)
#define LEAF_XSAVE 0xdu
#define CPUID_XSAVE (1u << 26) /* of leaf 1 ECX */

#define COMPONENT_ALIGNED 2u

#define XSTATE_X87 (UINT64_C(1) << 0)
#define XSTATE_SSE (UINT64_C(1) << 1)
#define XSTATE_AVX (UINT64_C(1) << 2)
#define XSTATE_PKRU (UINT64_C(1) << 9)

/* Offsets in an XSAVE image: legacy region, then header; components by CPUID. */
#define X_FCW 0
#define X_FSW 2
#define X_FTW 4 /* abridged: a bit for each register that is not empty */
#define X_FOP 6
#define X_FIP 8
#define X_FDP 16
#define X_MXCSR 24
#define X_MXCSR_MASK 28
#define X_ST 32 /* 16 bytes each, 10 used */
#define X_XMM 160
#define X_BV 512
#define X_COMPACT 520
#define X_DEFAULT_MXCSR_MASK 0xffbfu
#define FSW_PENDING 0x80u      /* ES: an exception that is not masked */
#define FSW_EXCEPTIONS 0x80ffu /* all that FNCLEX takes away */
#define RESET_FCW 0x37fu
#define RESET_MXCSR 0x1f80u

static uint64_t supported;       /* bits of XCR0 */
static uint32_t size;            /* of an image with all of them */
static uint32_t avx_at, pkru_at; /* offsets of components */
static struct vector_component components[VECTOR_COMPONENTS];

static uint64_t xcr0_read(void)
{
    uint32_t low, high;

    /* SAFETY: CR4.OSXSAVE is set. */
    asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

static void xcr0_write(uint64_t value)
{
    /* SAFETY: a value that the guest has run with or that vmsa_check() and the caller have passed.
     */
    asm volatile("xsetbv" : : "c"(0), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

void vector_init(void)
{
    if (!(io_cpuid(1, 0).ecx & CPUID_XSAVE)) {
        stop_emulator("the CPU lacks XSAVE");
    }
    struct io_cpuid main_leaf = io_cpuid(LEAF_XSAVE, 0);
    supported = (uint64_t)main_leaf.edx << 32 | main_leaf.eax;
    size = main_leaf.ecx;
    for (unsigned i = 2; i < VECTOR_COMPONENTS; i++) {
        if (supported >> i & 1) {
            struct io_cpuid c = io_cpuid(LEAF_XSAVE, i);
            components[i] = (struct vector_component){
                .size = c.eax, .offset = c.ebx, .aligned = c.ecx & COMPONENT_ALIGNED};
        }
    }
    avx_at = components[2].offset;
    pkru_at = components[9].offset;
}

void vector_init_cpu(void)
{
    cr4_write(cr4_read() | CR4_OSXSAVE | CR4_OSFXSR);
}

uint64_t vector_pages(void)
{
    return (size + PAGE_SIZE - 1) / PAGE_SIZE;
}

static void put16(uint8_t *image, unsigned at, uint16_t value)
{
    memcpy(image + at, &value, sizeof(value));
}

static void put32(uint8_t *image, unsigned at, uint32_t value)
{
    memcpy(image + at, &value, sizeof(value));
}

static void put64(uint8_t *image, unsigned at, uint64_t value)
{
    memcpy(image + at, &value, sizeof(value));
}

static uint16_t get16(const uint8_t *image, unsigned at)
{
    uint16_t value;

    memcpy(&value, image + at, sizeof(value));
    return value;
}

static uint32_t get32(const uint8_t *image, unsigned at)
{
    uint32_t value;

    memcpy(&value, image + at, sizeof(value));
    return value;
}

static uint64_t get64(const uint8_t *image, unsigned at)
{
    uint64_t value;

    memcpy(&value, image + at, sizeof(value));
    return value;
}

void vector_reset(uint8_t *image)
{
    memset(image, 0, vector_pages() * PAGE_SIZE);
    put16(image, X_FCW, RESET_FCW);
    put32(image, X_MXCSR, RESET_MXCSR);
}

/* Full tags (two bits for each physical register, 3 is empty) to a bit for each that is not. */
static uint8_t abridge(unsigned tags)
{
    uint8_t used = 0;

    for (unsigned i = 0; i < 8; i++) {
        used = (uint8_t)(used | ((tags >> 2 * i & 3) != 3 ? 1u << i : 0u));
    }
    return used;
}

/* The tag of a register that is not empty, from its contents. */
static unsigned tag_of(const uint8_t *st)
{
    uint64_t mantissa = get64(st, 0);
    unsigned exponent = get16(st, 8) & 0x7fffu;

    if (exponent == 0 && mantissa == 0) {
        return 1;
    }
    return exponent == 0 || exponent == 0x7fff || !(mantissa >> 63) ? 2 : 0;
}

/* Tags are by physical register, contents by distance from the top of the stack. */
static uint16_t full_tags(const uint8_t *image)
{
    unsigned top = get16(image, X_FSW) >> 11 & 7u;
    unsigned tags = 0;

    for (unsigned i = 0; i < 8; i++) {
        const uint8_t *st = image + X_ST + 16 * ((i - top) & 7u);
        tags |= (image[X_FTW] >> i & 1u ? tag_of(st) : 3u) << 2 * i;
    }
    return (uint16_t)tags;
}

static void legacy_to_image(uint8_t *image, const struct vmsa *vmsa)
{
    put16(image, X_FCW, vmsa->x87_fcw);
    put16(image, X_FSW, vmsa->x87_fsw);
    image[X_FTW] = abridge(vmsa->x87_ftw);
    put16(image, X_FOP, vmsa->x87_fop);
    put64(image, X_FIP, vmsa->x87_rip);
    put64(image, X_FDP, vmsa->x87_dp);
    uint32_t mask = get32(image, X_MXCSR_MASK);
    put32(image, X_MXCSR, vmsa->mxcsr & (mask != 0 ? mask : X_DEFAULT_MXCSR_MASK));
    for (unsigned i = 0; i < 8; i++) {
        memcpy(image + X_ST + 16 * i, vmsa->fpreg_x87 + 8 * i, 8);
        memcpy(image + X_ST + 16 * i + 8, vmsa->fpreg_x87 + 64 + 2 * i, 2);
    }
    memcpy(image + X_XMM, vmsa->fpreg_xmm, sizeof(vmsa->fpreg_xmm));
}

static void image_to_legacy(const uint8_t *image, struct vmsa *vmsa)
{
    vmsa->x87_fcw = get16(image, X_FCW);
    vmsa->x87_fsw = get16(image, X_FSW);
    vmsa->x87_ftw = full_tags(image);
    vmsa->x87_fop = get16(image, X_FOP);
    vmsa->x87_rip = get64(image, X_FIP);
    vmsa->x87_dp = get64(image, X_FDP);
    vmsa->mxcsr = get32(image, X_MXCSR);
    for (unsigned i = 0; i < 8; i++) {
        memcpy(vmsa->fpreg_x87 + 8 * i, image + X_ST + 16 * i, 8);
        memcpy(vmsa->fpreg_x87 + 64 + 2 * i, image + X_ST + 16 * i + 8, 2);
    }
    memcpy(vmsa->fpreg_xmm, image + X_XMM, sizeof(vmsa->fpreg_xmm));
}

/*
 * XRSTOR, without what loses registers of the first vCPU. Where QEMU loads x87 state that has no
 * exception pending, by XRSTOR, FXRSTOR, FRSTOR or FLDENV on any CPU, it takes IGNNE# from its
 * first CPU (cpu_clear_ignne()), by a read and a write of a word, hflags2, that only that CPU's own
 * thread may write. What that thread changes in between is undone. Just behind a #VMEXIT it is the
 * bit that switches nested paging off: our first instruction is then looked for in the guest's
 * memory, and that is a second #VMEXIT, which saves our registers over the guest's. So state
 * without exceptions is loaded as if one were pending, and FNCLEX ends that. Exceptions that are
 * masked would go with it; state that has them is loaded as it is.
 */
static void restore(uint8_t *image, uint64_t which)
{
    uint16_t fsw = get16(image, X_FSW);
    bool pending = (fsw & FSW_EXCEPTIONS) == 0 && (get64(image, X_BV) & which & XSTATE_X87);

    if (pending) {
        put16(image, X_FSW, (uint16_t)(fsw | FSW_PENDING));
    }
    /* SAFETY: image has room for every component and is 64-byte aligned; the callers have seen to
     * its header and MXCSR. */
    asm volatile("xrstor64 (%0)"
                 :
                 : "r"(image), "a"((uint32_t)which), "d"((uint32_t)(which >> 32))
                 : "memory");
    if (pending) {
        /* SAFETY: does not wait for the exception that it ends. */
        asm volatile("fnclex");
        put16(image, X_FSW, fsw);
    }
}

void vector_load(uint8_t *image, const struct vmsa *vmsa)
{
    uint64_t states = get64(image, X_BV) | XSTATE_X87 | XSTATE_SSE;

    legacy_to_image(image, vmsa);
    if (avx_at != 0) {
        memcpy(image + avx_at, vmsa->fpreg_ymm, sizeof(vmsa->fpreg_ymm));
        states |= XSTATE_AVX;
    }
    if (pkru_at != 0) {
        put32(image, pkru_at, vmsa->pkru);
        states |= XSTATE_PKRU;
    }
    put64(image, X_BV, states & supported);
    put64(image, X_COMPACT, 0);
    xcr0_write(supported);
    restore(image, UINT64_MAX);
    xcr0_write((vmsa->xcr0 & supported) | XSTATE_X87);
}

void vector_save(uint8_t *image, struct vmsa *vmsa)
{
    vmsa->xcr0 = xcr0_read();
    xcr0_write(supported);
    /* SAFETY: as above. */
    asm volatile("xsave64 (%0)" : : "r"(image), "a"(-1), "d"(-1) : "memory");
    image_to_legacy(image, vmsa);
    if (avx_at != 0) {
        memcpy(vmsa->fpreg_ymm, image + avx_at, sizeof(vmsa->fpreg_ymm));
    }
    if (pkru_at != 0) {
        vmsa->pkru = get32(image, pkru_at);
    }
    xcr0_write((vmsa->xcr0 & supported) | XSTATE_X87);
}

const struct vector_component *vector_component(unsigned number)
{
    return &components[number];
}

uint64_t vector_xcr0(void)
{
    return xcr0_read();
}

void vector_xsave(uint8_t *image, uint64_t which)
{
    /* SAFETY: image has room for every component and is 64-byte aligned. */
    asm volatile("xsave64 (%0)"
                 :
                 : "r"(image), "a"((uint32_t)which), "d"((uint32_t)(which >> 32))
                 : "memory");
}

void vector_xrstor(uint8_t *image, uint64_t which)
{
    restore(image, which);
}
