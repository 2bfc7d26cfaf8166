/* SPDX-License-Identifier: MIT */
/*
 * The local APIC is the physical one, in xAPIC mode; the guest sees it as xAPIC or x2APIC. What
 * would hit the physical CPU itself (INIT, SIPI, SMI) does not go through.
 */
#include "device.h"
#include "io.h"
#include "machine.h"
#include "memory.h"

#define APIC_BASE UINT64_C(0xfee00000)
#define APIC_ID 0x02u
#define APIC_LDR 0x0du
#define APIC_ICR 0x30u
#define APIC_ICR_HIGH 0x31u
#define APIC_SELF_IPI 0x3fu
#define APIC_LAST 0x3fu
#define ICR_MODE 0x700u
#define ICR_MODE_FIXED 0x000u
#define ICR_MODE_LOWEST 0x100u
#define ICR_SELF 0x40000u /* shorthand */
#define ICR_DESTINATION_SHIFT 24

/* SAFETY: of both: the direct map reaches every device below DIRECT_SIZE. */
static volatile uint32_t *apic_register(unsigned number)
{
    return memory_at(APIC_BASE + number * 16);
}

static bool apic_icr(uint32_t low, uint32_t destination)
{
    uint32_t mode = low & ICR_MODE;

    if (mode != ICR_MODE_FIXED && mode != ICR_MODE_LOWEST) {
        return true; /* for a vCPU that is not there: nobody answers */
    }
    *apic_register(APIC_ICR_HIGH) = destination << ICR_DESTINATION_SHIFT;
    *apic_register(APIC_ICR) = low;
    return true;
}

bool device_apic_read(unsigned number, uint64_t *value)
{
    if (number > APIC_LAST || number == APIC_ICR_HIGH) {
        return false;
    }
    *value = *apic_register(number);
    if (number == APIC_ID) {
        *value >>= ICR_DESTINATION_SHIFT;
    }
    if (number == APIC_LDR) { /* x2APIC: derived from the ID, cluster and bit */
        uint64_t id = *apic_register(APIC_ID) >> ICR_DESTINATION_SHIFT;
        *value = id >> 4 << 16 | UINT64_C(1) << (id & 15);
    }
    if (number == APIC_ICR) {
        *value |= (uint64_t)(*apic_register(APIC_ICR_HIGH) >> ICR_DESTINATION_SHIFT) << 32;
    }
    return true;
}

bool device_apic_write(unsigned number, uint64_t value)
{
    if (number > APIC_LAST || number == APIC_ICR_HIGH || number == APIC_ID || number == APIC_LDR) {
        return false;
    }
    if (number == APIC_ICR) {
        return apic_icr((uint32_t)value, (uint32_t)(value >> 32));
    }
    if (number == APIC_SELF_IPI) {
        return apic_icr(ICR_SELF | (value & 0xff), 0);
    }
    *apic_register(number) = (uint32_t)value;
    return true;
}

/* Where no RAM is, and above all not our own. */
static bool is_device(uint64_t gpa, unsigned size)
{
    uint64_t end = machine.launch->memory + machine.launch->hv_reserve;
    bool ram = gpa < end && (gpa < 0xa0000 || gpa >= 0xc0000);

    return !ram && gpa < DIRECT_SIZE - size;
}

static void read_bytes(uint64_t gpa, unsigned size, uint64_t *value)
{
    volatile void *at = memory_at(gpa);

    switch (size) {
    case 1:
        *value = *(volatile uint8_t *)at;
        return;
    case 2:
        *value = *(volatile uint16_t *)at;
        return;
    case 4:
        *value = *(volatile uint32_t *)at;
        return;
    default:
        *value = *(volatile uint64_t *)at;
    }
}

static void write_bytes(uint64_t gpa, unsigned size, uint64_t value)
{
    volatile void *at = memory_at(gpa);

    switch (size) {
    case 1:
        *(volatile uint8_t *)at = (uint8_t)value;
        return;
    case 2:
        *(volatile uint16_t *)at = (uint16_t)value;
        return;
    case 4:
        *(volatile uint32_t *)at = (uint32_t)value;
        return;
    default:
        *(volatile uint64_t *)at = value;
    }
}

bool device_read(uint64_t gpa, unsigned size, uint64_t *value)
{
    if (!is_device(gpa, size)) {
        return false;
    }
    read_bytes(gpa, size, value);
    return true;
}

bool device_write(uint64_t gpa, unsigned size, uint64_t value)
{
    if (!is_device(gpa, size)) {
        return false;
    }
    if (gpa == APIC_BASE + APIC_ICR * 16) {
        return apic_icr((uint32_t)value, *apic_register(APIC_ICR_HIGH) >> ICR_DESTINATION_SHIFT);
    }
    write_bytes(gpa, size, value);
    return true;
}
