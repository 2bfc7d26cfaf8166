/* SPDX-License-Identifier: MIT */
/*
 * An interrupt by an edge is over for the machine's APIC once it has been told; one by a level
 * stays in service there until VMPL0 says that it has ended, so that it does not come again at
 * once.
 */
#include "extended.h"
#include "../core/doorbell.h"
#include "../core/rules.h"
#include "alternate.h"
#include "device.h"
#include "host.h"
#include "interrupt.h"
#include "restricted.h"
#include "vcpu.h"

static struct ghcb_doorbell *page_of(const struct level *upper)
{
    unsigned rule;

    return restricted_is(upper) ? doorbell_page(&upper->ghcb, host_ops(), (void *)upper, &rule)
                                : NULL;
}

bool extended_takes(const struct level *level)
{
    const struct vcpu *vcpu = level->vcpu;

    return level->vmpl != 0 && level->vmpl == vcpu_least(vcpu) && alternate_is(level) &&
           page_of(&vcpu->levels[0]) != NULL &&
           (ghcb_features(&machine.ghcb) & GHCB_HV_EXTENDED_INTERRUPTS);
}

static bool tell(struct level *upper, uint8_t vmpl, uint8_t vector)
{
    bool level_sensitive = device_apic_is_level(vector);

    if (!doorbell_extended(page_of(upper), &upper->apic, vmpl, vector, level_sensitive)) {
        return false;
    }
    if (upper->ghcb.notify != 0) {
        (void)apic_request(&upper->apic, upper->ghcb.notify);
    }
    if (level_sensitive) {
        upper->vcpu->told[vector / 64] |= UINT64_C(1) << vector % 64;
    } else if (device_apic_serves(vector)) {
        (void)device_apic_write(APIC_EOI, 0);
    }
    return true;
}

void extended_forward(const struct level *level)
{
    struct level *upper = &level->vcpu->levels[0];
    int vector = -1;

    while (extended_takes(level) && (vector = interrupt_pending()) >= 0 &&
           tell(upper, level->vmpl, (uint8_t)vector)) {
        interrupt_taken((uint8_t)vector);
    }
}

/* VMPL0 has left in the page what it had not injected yet. */
bool extended_end(struct level *caller, uint8_t vmpl, uint8_t tpr)
{
    const struct level *level = &caller->vcpu->levels[vmpl];
    struct ghcb_doorbell *page = page_of(caller);
    uint32_t vectors[8] = {0};

    if (level->page == NULL || page == NULL) {
        return false;
    }
    if (__atomic_fetch_and(&page->extended[vmpl - 1].status, ~GHCB_DOORBELL_EXT_NMI,
                           __ATOMIC_SEQ_CST) &
        GHCB_DOORBELL_EXT_NMI) {
        vcpu_nmi(caller->vcpu);
    }
    doorbell_extended_take(page, vmpl, vectors);
    for (unsigned vector = 0; vector < 256; vector++) {
        if (vectors[vector / 32] >> vector % 32 & 1u) {
            interrupt_arrived((uint8_t)vector);
        }
    }
    return device_apic_write(APIC_TPR, tpr);
}

bool extended_eoi(struct level *caller, uint8_t vmpl, uint8_t vector)
{
    uint64_t *told = &caller->vcpu->told[vector / 64];
    uint64_t bit = UINT64_C(1) << vector % 64;

    if (vmpl != vcpu_least(caller->vcpu) || !(*told & bit)) {
        return false;
    }
    *told &= ~bit;
    (void)device_apic_write(APIC_EOI, 0);
    extended_forward(&caller->vcpu->levels[vmpl]);
    return true;
}
