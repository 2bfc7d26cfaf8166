/* SPDX-License-Identifier: MIT */
/*
 * As KVM does: the x2APIC is the local APIC's, memory types and the like are remembered by the CPU
 * and mean nothing, some read as zero, everything else is refused.
 */
#include "hostmsr.h"
#include "clock.h"
#include "io.h"
#include "lapic.h"
#include "trap.h"

#define MSR_TSC 0x10u
#define MSR_APIC_BASE 0x1bu
#define MSR_X2APIC_FIRST 0x800u
#define MSR_X2APIC_LAST 0x8ffu
#define APIC_BASE_ADDRESS UINT64_C(0xfee00000)
#define APIC_BASE_BSP (UINT64_C(1) << 8)
#define APIC_BASE_X2APIC (UINT64_C(1) << 10)
#define APIC_BASE_ENABLE (UINT64_C(1) << 11)

struct range {
    uint32_t first, last;
};

/* The CPU's own serve: MTRRs, machine checks. */
static const struct range passed[] = {
    {0x000000fe, 0x000000fe}, {0x00000179, 0x0000017b}, {0x000001a0, 0x000001a0},
    {0x00000200, 0x0000020f}, {0x00000250, 0x00000250}, {0x00000258, 0x00000259},
    {0x00000268, 0x0000026f}, {0x000002ff, 0x000002ff}, {0x00000400, 0x00000427},
};

/* Read as zero, writes are ignored: what Linux touches on any AMD CPU. */
static const struct range ignored[] = {
    {0x0000003b, 0x0000003b},                           /* TSC_ADJUST */
    {0x0000008b, 0x0000008b},                           /* microcode */
    {0x00000140, 0x00000140},                           /* MISC_FEATURES */
    {0x000001d9, 0x000001d9},                           /* DEBUGCTL */
    {0xc0010004, 0xc0010007},                           /* performance counters */
    {0xc0010000, 0xc0010003}, {0xc0010010, 0xc0010010}, /* SYSCFG */
    {0xc0010015, 0xc0010015},                           /* HWCR */
    {0xc001001f, 0xc001001f},                           /* NB_CFG */
    {0xc0010055, 0xc0010055},                           /* interrupt pending */
    {0xc0010117, 0xc0010117},                           /* HSAVE_PA */
    {0xc0010140, 0xc0010141},                           /* OSVW */
    {0xc0011020, 0xc001102f},                           /* LS_CFG to DE_CFG and neighbours */
    {0xc0010200, 0xc001020b},                           /* performance counters */
};

static bool inside(const struct range *ranges, unsigned count, uint32_t index)
{
    for (unsigned i = 0; i < count; i++) {
        if (index >= ranges[i].first && index <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

static bool is_passed(uint32_t index)
{
    return inside(passed, sizeof(passed) / sizeof(passed[0]), index);
}

static bool is_ignored(uint32_t index)
{
    return inside(ignored, sizeof(ignored) / sizeof(ignored[0]), index);
}

/* One value for each vCPU: the mode that the guest has put its APIC into. */
static uint64_t *apic_base(const struct level *level)
{
    return &level->vcpu->apic_base;
}

static uint64_t initial_base(const struct level *level)
{
    return APIC_BASE_ADDRESS | APIC_BASE_ENABLE | (level->vcpu->number == 0 ? APIC_BASE_BSP : 0);
}

bool hostmsr_read(struct level *level, uint32_t index, uint64_t *value)
{
    if (index == MSR_APIC_BASE) {
        *value = *apic_base(level) != 0 ? *apic_base(level) : initial_base(level);
        return true;
    }
    if (index == MSR_TSC) {
        *value = tsc_read();
        return true;
    }
    if (index >= MSR_X2APIC_FIRST && index <= MSR_X2APIC_LAST) {
        return lapic_read(level, index - MSR_X2APIC_FIRST, value);
    }
    if (index == CLOCK_MSR_WALL || index == CLOCK_MSR_SYSTEM) {
        return clock_read(level->vcpu, index, value);
    }
    if (is_passed(index)) {
        return trap_msr_read(index, value);
    }
    *value = 0;
    return is_ignored(index);
}

static bool write_apic(struct level *level, unsigned number, uint64_t value)
{
    struct vmsa *vmsa = level->vmsa;

    if (number == APIC_TPR) { /* CR8 and this register are one */
        vmsa->vintr_ctrl = (vmsa->vintr_ctrl & ~VMSA_VINTR_TPR) | (value >> 4 & 0xf);
    }
    return lapic_write(level, number, value);
}

bool hostmsr_write(struct level *level, uint32_t index, uint64_t value)
{
    if (index == MSR_APIC_BASE) {
        *apic_base(level) = value;
        return (value & (APIC_BASE_X2APIC | APIC_BASE_ENABLE)) != APIC_BASE_X2APIC;
    }
    if (index >= MSR_X2APIC_FIRST && index <= MSR_X2APIC_LAST) {
        return write_apic(level, index - MSR_X2APIC_FIRST, value);
    }
    if (index == CLOCK_MSR_WALL || index == CLOCK_MSR_SYSTEM) {
        return clock_write(level->vcpu, index, value);
    }
    if (is_passed(index)) {
        return trap_msr_write(index, value);
    }
    return index == MSR_TSC || is_ignored(index);
}
