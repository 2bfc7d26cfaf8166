/* SPDX-License-Identifier: MIT */
#include "apic.h"

#define CLASS_SHIFT 4
#define CLASS_MASK 0xf0u
#define SPURIOUS_RESET 0xffu
#define SPURIOUS_ENABLE 0x100u
#define SPURIOUS_KNOWN UINT64_C(0x1ff)
#define TPR_KNOWN UINT64_C(0xff)
#define VERSION UINT64_C(0x00050014) /* six LVT entries, an integrated APIC */
#define CLUSTER_SHIFT 4
#define CLUSTER_BITS 0xfu
#define LOGICAL_CLUSTER_SHIFT 16
#define WORDS 8u /* registers of 32 bits in which IRR, ISR and TMR are read */

static uint64_t *word_of(uint64_t *vectors, uint8_t vector)
{
    return &vectors[vector / 64];
}

static uint64_t bit_of(uint8_t vector)
{
    return UINT64_C(1) << vector % 64;
}

static void set(uint64_t *vectors, uint8_t vector)
{
    *word_of(vectors, vector) |= bit_of(vector);
}

static void clear(uint64_t *vectors, uint8_t vector)
{
    *word_of(vectors, vector) &= ~bit_of(vector);
}

static int highest(const uint64_t *vectors)
{
    for (int i = 3; i >= 0; i--) {
        if (vectors[i] != 0) {
            return i * 64 + 63 - __builtin_clzll(vectors[i]);
        }
    }
    return -1;
}

void apic_reset(struct apic *apic)
{
    *apic = (struct apic){.spurious = SPURIOUS_RESET};
}

bool apic_request(struct apic *apic, uint8_t vector)
{
    if (!(apic->spurious & SPURIOUS_ENABLE) || vector < APIC_VECTOR_FIRST) {
        return false;
    }
    set(apic->requested, vector);
    return true;
}

void apic_request_device(struct apic *apic, uint8_t vector)
{
    set(apic->requested, vector);
    set(apic->devices, vector);
}

static uint8_t priority(const struct apic *apic)
{
    int serving = highest(apic->in_service);
    uint8_t class = serving < 0 ? 0 : (uint8_t)serving & CLASS_MASK;

    return (apic->tpr & CLASS_MASK) >= class ? apic->tpr : class;
}

int apic_next(const struct apic *apic)
{
    int vector = highest(apic->requested);

    return vector >> CLASS_SHIFT > priority(apic) >> CLASS_SHIFT ? vector : -1;
}

void apic_accept(struct apic *apic, uint8_t vector)
{
    clear(apic->requested, vector);
    set(apic->in_service, vector);
}

void apic_return(struct apic *apic, uint8_t vector)
{
    clear(apic->in_service, vector);
    set(apic->requested, vector);
}

bool apic_is_idle(const struct apic *apic)
{
    return highest(apic->requested) < 0 && highest(apic->in_service) < 0;
}

static uint64_t read_vectors(const uint64_t *vectors, unsigned word)
{
    return (uint32_t)(vectors[word / 2 % 4] >> word % 2 * 32);
}

bool apic_read(const struct apic *apic, uint32_t id, unsigned number, uint64_t *value)
{
    *value = 0;
    if (number >= APIC_ISR && number < APIC_ISR + WORDS) {
        *value = read_vectors(apic->in_service, number - APIC_ISR);
        return true;
    }
    if (number >= APIC_IRR && number < APIC_IRR + WORDS) {
        *value = read_vectors(apic->requested, number - APIC_IRR);
        return true;
    }
    if (number >= APIC_TMR && number < APIC_TMR + WORDS) {
        return true; /* all are edges here */
    }
    switch (number) {
    case APIC_ID:
        *value = id;
        return true;
    case APIC_VERSION:
        *value = VERSION;
        return true;
    case APIC_TPR:
        *value = apic->tpr;
        return true;
    case APIC_PPR:
        *value = priority(apic);
        return true;
    case APIC_LDR:
        *value = (uint64_t)(id >> CLUSTER_SHIFT) << LOGICAL_CLUSTER_SHIFT |
                 UINT64_C(1) << (id & CLUSTER_BITS);
        return true;
    case APIC_SPURIOUS:
        *value = apic->spurious;
        return true;
    case APIC_ICR:
        *value = apic->command;
        return true;
    default:
        return false;
    }
}

static enum apic_write end(struct apic *apic)
{
    int vector = highest(apic->in_service);
    bool device = vector >= 0 && *word_of(apic->devices, (uint8_t)vector) & bit_of((uint8_t)vector);

    if (vector >= 0) {
        clear(apic->in_service, (uint8_t)vector);
        clear(apic->devices, (uint8_t)vector);
    }
    return device ? APIC_END_DEVICE : APIC_DONE;
}

enum apic_write apic_write(struct apic *apic, unsigned number, uint64_t *value)
{
    switch (number) {
    case APIC_TPR:
        if (*value & ~TPR_KNOWN) {
            return APIC_REFUSED;
        }
        apic->tpr = (uint8_t)*value;
        return APIC_DONE;
    case APIC_EOI:
        return *value != 0 ? APIC_REFUSED : end(apic);
    case APIC_SPURIOUS:
        if (*value & ~SPURIOUS_KNOWN) {
            return APIC_REFUSED;
        }
        apic->spurious = (uint32_t)*value;
        return APIC_DONE;
    case APIC_ICR:
        if (!apic_icr_is_fit(*value)) {
            return APIC_REFUSED;
        }
        apic->command = *value;
        return APIC_SEND;
    case APIC_SELF_IPI:
        if (*value & ~APIC_ICR_VECTOR) {
            return APIC_REFUSED;
        }
        *value |= APIC_ICR_SELF;
        return APIC_SEND;
    default:
        return APIC_UNKNOWN;
    }
}

bool apic_icr_is_fit(uint64_t icr)
{
    uint64_t mode = icr & APIC_ICR_MODE;
    bool vectored = mode == APIC_ICR_MODE_FIXED || mode == APIC_ICR_MODE_LOWEST;

    if (icr & APIC_ICR_RESERVED) {
        return false;
    }
    if (vectored) {
        return (icr & APIC_ICR_VECTOR) >= APIC_VECTOR_FIRST;
    }
    return mode == APIC_ICR_MODE_NMI || mode == APIC_ICR_MODE_INIT || mode == APIC_ICR_MODE_SIPI;
}

bool apic_icr_names(uint64_t icr, uint32_t sender, uint32_t id)
{
    uint32_t destination = (uint32_t)(icr >> APIC_ICR_DESTINATION_SHIFT);

    switch (icr & APIC_ICR_SHORTHAND) {
    case APIC_ICR_SELF:
        return id == sender;
    case APIC_ICR_ALL:
        return true;
    case APIC_ICR_OTHERS:
        return id != sender;
    default:
        break;
    }
    if (destination == APIC_EVERYBODY) {
        return true;
    }
    if (icr & APIC_ICR_LOGICAL) {
        return destination >> LOGICAL_CLUSTER_SHIFT == id >> CLUSTER_SHIFT &&
               (destination >> (id & CLUSTER_BITS) & 1u);
    }
    return destination == id;
}
