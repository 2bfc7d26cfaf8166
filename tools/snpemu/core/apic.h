/* SPDX-License-Identifier: MIT */
/*
 * The local APIC that a host keeps for a level with restricted injection: such a level has its
 * interrupts from the host's software alone, by a doorbell page. Registers have their x2APIC
 * numbers (MSR less 800h). Pure; who sends and who waits is the machine's affair.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define APIC_ID 0x02u
#define APIC_VERSION 0x03u
#define APIC_TPR 0x08u
#define APIC_PPR 0x0au
#define APIC_EOI 0x0bu
#define APIC_LDR 0x0du
#define APIC_SPURIOUS 0x0fu
#define APIC_ISR 0x10u
#define APIC_TMR 0x18u
#define APIC_IRR 0x20u
#define APIC_ICR 0x30u
#define APIC_SELF_IPI 0x3fu
#define APIC_VECTOR_FIRST 16u /* lower ones are no interrupts */

/* Of the ICR. */
#define APIC_ICR_VECTOR UINT64_C(0xff)
#define APIC_ICR_MODE UINT64_C(0x700)
#define APIC_ICR_MODE_FIXED UINT64_C(0x000)
#define APIC_ICR_MODE_LOWEST UINT64_C(0x100)
#define APIC_ICR_MODE_NMI UINT64_C(0x400)
#define APIC_ICR_MODE_INIT UINT64_C(0x500)
#define APIC_ICR_MODE_SIPI UINT64_C(0x600)
#define APIC_ICR_LOGICAL UINT64_C(0x800)
#define APIC_ICR_LEVEL_ASSERT UINT64_C(0x4000)
#define APIC_ICR_SHORTHAND UINT64_C(0xc0000)
#define APIC_ICR_SELF UINT64_C(0x40000)
#define APIC_ICR_ALL UINT64_C(0x80000)
#define APIC_ICR_OTHERS UINT64_C(0xc0000)
#define APIC_ICR_RESERVED UINT64_C(0xfff33000)
#define APIC_ICR_DESTINATION_SHIFT 32
#define APIC_EVERYBODY UINT32_MAX

struct apic {
    uint64_t requested[4];  /* the IRR, a bit for each vector */
    uint64_t in_service[4]; /* the ISR */
    uint64_t devices[4];    /* vectors that the machine's own APIC has in service, too */
    uint64_t command;       /* the last ICR */
    uint32_t spurious;
    uint8_t tpr;
    uint8_t offered;  /* vector that was put into the doorbell page last, 0: none */
    bool nmi;         /* waits for the doorbell page */
    bool unsignalled; /* there is something in the page that no #HV has told of */
};

void apic_reset(struct apic *apic);

/* An interrupt for this APIC. False: it is disabled, or the vector is none; the interrupt is lost.
 */
bool apic_request(struct apic *apic, uint8_t vector);

/* One of a device, which the machine's own APIC has let through already. */
void apic_request_device(struct apic *apic, uint8_t vector);

/* The highest vector that has a higher priority than the CPU now; -1: there is none. */
int apic_next(const struct apic *apic);

/* From requested to in service, and back. */
void apic_accept(struct apic *apic, uint8_t vector);
void apic_return(struct apic *apic, uint8_t vector);

/* Nothing requested and nothing in service. */
bool apic_is_idle(const struct apic *apic);

/* False: #GP. */
bool apic_read(const struct apic *apic, uint32_t id, unsigned number, uint64_t *value);

enum apic_write {
    APIC_DONE,
    APIC_REFUSED,    /* #GP */
    APIC_UNKNOWN,    /* no register of this APIC */
    APIC_SEND,       /* *value is the ICR of an interrupt to send */
    APIC_END_DEVICE, /* what ended was a device's interrupt: its APIC wants its EOI, too */
};
enum apic_write apic_write(struct apic *apic, unsigned number, uint64_t *value);

/* Is this an ICR that an x2APIC sends: fixed, lowest priority, NMI, INIT or SIPI, none reserved? */
bool apic_icr_is_fit(uint64_t icr);

/* Does an ICR, sent by the APIC `sender`, mean the one with `id`? */
bool apic_icr_names(uint64_t icr, uint32_t sender, uint32_t id);
