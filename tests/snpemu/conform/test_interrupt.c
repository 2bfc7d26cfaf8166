/* SPDX-License-Identifier: MIT */
/*
 * Does an interrupt come? Not with restricted injection, whose guests take #HV and nothing else
 * from their host. Its vector has no gate, so that it ends the act with #GP (whose
 * error code QEMU's versions do not agree on).
 */
/* SAFETY: a test guest; each instruction is there for what it does, and its operands say what it
 * reads and writes. A fault in it ends the act, not the guest. */
#include "conform.h"

#define VECTOR 0x40u
#define X2APIC_EOI 0x80bu
#define X2APIC_SPURIOUS 0x80fu
#define X2APIC_SELF_IPI 0x83fu
#define APIC_ENABLED 0x1ffu /* spurious vector FFh */
#define PATIENCE 1000000u

static uint32_t apic_write(uint32_t index, uint64_t value)
{
    ghcb_begin();
    GHCB_SET(rcx, index);
    GHCB_SET(rax, value);
    GHCB_SET(rdx, 0);
    ghcb_ask(VMEXIT_MSR, VMEXIT_MSR_WRITE, 0);
    return (uint32_t)the_ghcb->sw_exitinfo1;
}

static void wait_for_it(uint64_t unused)
{
    (void)unused;
    for (unsigned i = 0; i < PATIENCE; i++) {
        asm volatile("sti; nop; cli");
    }
}

void test_interrupt(void)
{
    bool restricted = sev_features() & SNP_FEATURE_RESTRICTED_INJECTION;

    check(apic_write(X2APIC_SPURIOUS, APIC_ENABLED), GHCB_RESULT_OK, "interrupt-apic-on");
    check(apic_write(X2APIC_SELF_IPI, VECTOR), GHCB_RESULT_OK, "interrupt-sent");
    struct fault fault = probe(wait_for_it, 0);
    if (restricted) {
        check_fault(fault, NO_FAULT, 0, "interrupt-restricted");
    } else {
        check(fault.happened && fault.vector == VECTOR_GP, true, "interrupt-comes");
    }
    check(apic_write(X2APIC_EOI, 0), GHCB_RESULT_OK, "interrupt-end");
}
