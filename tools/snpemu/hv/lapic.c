/* SPDX-License-Identifier: MIT */
/*
 * What an APIC of software does not have itself (LVT, timer) is the machine's, for the level that
 * devices interrupt; other levels have no such registers.
 */
#include "lapic.h"
#include "device.h"
#include "restricted.h"
#include "smp.h"
#include "vcpu.h"

#define LVT_FIRST 0x32u /* LVT entries, then the timer's counts and divisor */
#define LVT_LAST 0x3eu
#define ERROR_STATUS 0x28u

static bool is_machines(const struct level *level, unsigned number)
{
    bool known = number == ERROR_STATUS || number == APIC_SPURIOUS ||
                 (number >= LVT_FIRST && number <= LVT_LAST);

    return known && level->vmpl == vcpu_least(level->vcpu);
}

/* The interrupt's vCPU has to look, also if it runs without an exit and QEMU loses the kick. */
static void tell(struct vcpu *vcpu)
{
    smp_kick(vcpu);
    if (vcpu != vcpu_this()) {
        smp_shoot(vcpu);
    }
}

/* To the level of the sender's number on each vCPU that is meant. */
static void send_one(const struct level *sender, struct vcpu *vcpu, uint64_t icr)
{
    struct level *level = &vcpu->levels[sender->vmpl];
    uint64_t mode = icr & APIC_ICR_MODE;
    bool own = restricted_is(level);

    if (mode == APIC_ICR_MODE_INIT && (icr & APIC_ICR_LEVEL_ASSERT)) {
        vcpu_init_signal(vcpu);
    } else if (mode == APIC_ICR_MODE_SIPI) {
        vcpu_sipi(vcpu);
    } else if (mode == APIC_ICR_MODE_NMI && own) {
        level->apic.nmi = true;
        tell(vcpu);
    } else if (mode == APIC_ICR_MODE_NMI) {
        vcpu_nmi(vcpu);
    } else if (own && apic_request(&level->apic, (uint8_t)(icr & APIC_ICR_VECTOR))) {
        tell(vcpu);
    }
}

static void send(const struct level *sender, uint64_t icr)
{
    bool lowest = (icr & APIC_ICR_MODE) == APIC_ICR_MODE_LOWEST;

    for (uint32_t i = 0; i < machine.launch->vcpu_count; i++) {
        if (apic_icr_names(icr, sender->vcpu->number, i)) {
            send_one(sender, &machine.vcpus[i], icr);
            if (lowest) {
                return; /* one of them */
            }
        }
    }
}

bool lapic_read(struct level *level, unsigned number, uint64_t *value)
{
    if (!restricted_is(level)) {
        return device_apic_read(number, value);
    }
    return apic_read(&level->apic, level->vcpu->number, number, value) ||
           (is_machines(level, number) && device_apic_read(number, value));
}

bool lapic_write(struct level *level, unsigned number, uint64_t value)
{
    if (!restricted_is(level)) {
        return device_apic_write(number, value);
    }
    uint64_t command = value;
    enum apic_write done = apic_write(&level->apic, number, &command);

    if (done == APIC_SEND) {
        send(level, command);
    } else if (done == APIC_END_DEVICE) {
        (void)device_apic_write(APIC_EOI, 0);
    }
    if (done != APIC_REFUSED && is_machines(level, number)) {
        return device_apic_write(number, value);
    }
    return done != APIC_REFUSED && done != APIC_UNKNOWN;
}

void lapic_device(struct level *level, uint8_t vector)
{
    if (device_apic_serves(vector)) {
        apic_request_device(&level->apic, vector);
    } else { /* of the two 8259s, which have an EOI of their own */
        (void)apic_request(&level->apic, vector);
    }
}
