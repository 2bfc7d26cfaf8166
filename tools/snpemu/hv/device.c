/* SPDX-License-Identifier: MIT */
/*
 * The local APIC is the physical one, in xAPIC mode; the guest sees it as xAPIC or x2APIC. What
 * would hit the physical CPU itself (INIT, SIPI, SMI) does not go through.
 */
#include "device.h"
#include "io.h"
#include "machine.h"
#include "memory.h"
#include "vcpu.h"

#define APIC_BASE UINT64_C(0xfee00000)
#define APIC_ICR_HIGH 0x31u
#define APIC_LAST 0x3fu
#define ICR_MODE 0x700u
#define ICR_MODE_FIXED 0x000u
#define ICR_MODE_LOWEST 0x100u
#define ICR_MODE_NMI 0x400u
#define ICR_MODE_INIT 0x500u
#define ICR_MODE_SIPI 0x600u
#define ICR_LOGICAL 0x800u
#define ICR_LEVEL_ASSERT 0x4000u
#define ICR_SHORTHAND 0xc0000u
#define ICR_SELF 0x40000u
#define ICR_ALL 0x80000u
#define ICR_OTHERS 0xc0000u
#define XAPIC_ALL 0xffu
#define X2APIC_ALL UINT32_MAX
#define CLUSTER_SHIFT 16 /* of a logical x2APIC destination */
#define CLUSTER_SIZE 16u
#define ICR_DESTINATION_SHIFT 24

/* SAFETY: of both: the direct map reaches every device below DIRECT_SIZE. */
static volatile uint32_t *apic_register(unsigned number)
{
    return memory_at(APIC_BASE + number * 16);
}

static void send(uint32_t low, uint32_t destination)
{
    *apic_register(APIC_ICR_HIGH) = destination << ICR_DESTINATION_SHIFT;
    *apic_register(APIC_ICR) = low;
}

/* A logical destination of an x2APIC names up to 16 IDs of one cluster; the xAPIC gets each. */
static void send_cluster(uint32_t low, uint32_t destination)
{
    uint32_t first = (destination >> CLUSTER_SHIFT) * CLUSTER_SIZE;

    for (uint32_t i = 0; i < CLUSTER_SIZE; i++) {
        if (destination >> i & 1u) {
            send(low & ~ICR_LOGICAL, first + i);
        }
    }
}

static bool is_addressed(const struct vcpu *vcpu, uint32_t low, uint32_t destination)
{
    switch (low & ICR_SHORTHAND) {
    case ICR_SELF:
        return vcpu == vcpu_this();
    case ICR_ALL:
        return true;
    case ICR_OTHERS:
        return vcpu != vcpu_this();
    default:
        return vcpu->number == destination || destination == X2APIC_ALL;
    }
}

/* What would hit the physical CPU goes to the vCPU instead. */
static void signal(uint32_t low, uint32_t destination)
{
    for (uint32_t i = 0; i < machine.launch->vcpu_count; i++) {
        struct vcpu *vcpu = &machine.vcpus[i];
        uint32_t mode = low & ICR_MODE;
        if (!is_addressed(vcpu, low, destination)) {
            continue;
        }
        if (mode == ICR_MODE_NMI) {
            vcpu_nmi(vcpu);
        } else if (mode == ICR_MODE_INIT && (low & ICR_LEVEL_ASSERT)) {
            vcpu_init_signal(vcpu);
        } else if (mode == ICR_MODE_SIPI) {
            vcpu_sipi(vcpu);
        }
    }
}

/* destination: an APIC ID, X2APIC_ALL, or a logical one of an x2APIC if x2apic. */
static bool apic_icr(uint32_t low, uint32_t destination, bool x2apic)
{
    uint32_t mode = low & ICR_MODE;

    if (mode != ICR_MODE_FIXED && mode != ICR_MODE_LOWEST) {
        signal(low, destination);
    } else if (x2apic && (low & ICR_LOGICAL) && !(low & ICR_SHORTHAND) &&
               destination != X2APIC_ALL) {
        send_cluster(low, destination);
    } else {
        send(low, destination);
    }
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

static bool has_vector(unsigned first, uint8_t vector)
{
    return *apic_register(first + vector / 32u) >> vector % 32 & 1u;
}

bool device_apic_serves(uint8_t vector)
{
    return has_vector(APIC_ISR, vector);
}

bool device_apic_is_level(uint8_t vector)
{
    return has_vector(APIC_TMR, vector) && device_apic_serves(vector);
}

bool device_apic_write(unsigned number, uint64_t value)
{
    if (number > APIC_LAST || number == APIC_ICR_HIGH || number == APIC_ID || number == APIC_LDR) {
        return false;
    }
    if (number == APIC_ICR) {
        return apic_icr((uint32_t)value, (uint32_t)(value >> 32), true);
    }
    if (number == APIC_SELF_IPI) {
        return apic_icr(ICR_SELF | (uint32_t)(value & 0xff), 0, true);
    }
    *apic_register(number) = (uint32_t)value;
    return true;
}

/* Where no RAM is, and above all not our own: from the first byte to the last. */
static bool is_device(uint64_t gpa, unsigned size)
{
    return gpa < machine.cbit - size && !memory_is_ram(gpa) && !memory_is_ram(gpa + size - 1);
}

/*
 * The largest access at gpa that a rest of size bytes takes: KVM splits the others so, too. Aligned
 * as it is large, so that none leaves the window (memory_device()) nor the direct map.
 */
static unsigned piece(uint64_t gpa, unsigned size)
{
    unsigned bytes = 8;

    while (bytes > size || gpa % bytes != 0) {
        bytes /= 2;
    }
    return bytes;
}

static uint64_t read_piece(uint64_t gpa, unsigned size)
{
    const volatile void *at = memory_device(gpa);

    switch (size) {
    case 1:
        return *(const volatile uint8_t *)at;
    case 2:
        return *(const volatile uint16_t *)at;
    case 4:
        return *(const volatile uint32_t *)at;
    default:
        return *(const volatile uint64_t *)at;
    }
}

static void write_piece(uint64_t gpa, unsigned size, uint64_t value)
{
    volatile void *at = memory_device(gpa);

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
    *value = 0;
    for (unsigned at = 0; at < size; at += piece(gpa + at, size - at)) {
        *value |= read_piece(gpa + at, piece(gpa + at, size - at)) << 8 * at;
    }
    return true;
}

bool device_write(uint64_t gpa, unsigned size, uint64_t value)
{
    if (!is_device(gpa, size)) {
        return false;
    }
    if (gpa == APIC_BASE + APIC_ICR * 16) {
        uint32_t destination = *apic_register(APIC_ICR_HIGH) >> ICR_DESTINATION_SHIFT;
        return apic_icr((uint32_t)value, destination == XAPIC_ALL ? X2APIC_ALL : destination,
                        false);
    }
    for (unsigned at = 0; at < size; at += piece(gpa + at, size - at)) {
        write_piece(gpa + at, piece(gpa + at, size - at), value >> 8 * at);
    }
    return true;
}
