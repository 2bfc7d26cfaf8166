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

static uint64_t behind;

static void enable_and_read(uint64_t page)
{
    asm volatile("lea 1f(%%rip), %%rax\n\tmov %%rax, %0\n\tsti\n\tmov (%1), %%rax\n1:\tnop\n\tcli"
                 : "=m"(behind)
                 : "r"(page)
                 : "rax", "memory");
}

/* An exit in the shadow of STI: the interrupt comes behind the instruction that had the exit. */
static void in_shadow(void)
{
    uint64_t page = PAGE(PAGE_FREE);

    check(apic_write(X2APIC_SELF_IPI, VECTOR), GHCB_RESULT_OK, "interrupt-for-shadow");
    page_private(page); /* so that it is mapped by the access */
    struct fault fault = probe(enable_and_read, page);
    check(fault.happened && fault.vector == VECTOR_GP, true, "interrupt-in-shadow-comes");
    check(fault.rip, behind, "interrupt-behind-shadow");
    page_shared(page);
    check(apic_write(X2APIC_EOI, 0), GHCB_RESULT_OK, "interrupt-in-shadow-end");
}

/* As there, but the instruction in the shadow stores the flags. */
static void enable_and_push(uint64_t page)
{
    asm volatile("lea 1f(%%rip), %%rax\n\tmov %%rax, %0\n\tmov %%rsp, %%rbx\n\tmov %1, %%rsp\n\t"
                 "sti\n\tpushf\n1:\tnop\n\tcli\n\tmov %%rbx, %%rsp"
                 : "=m"(behind)
                 : "r"(page + PAGE_SIZE)
                 : "rax", "rbx", "memory");
}

static void pushes_in_shadow(void)
{
    uint64_t page = PAGE(PAGE_FREE);

    check(apic_write(X2APIC_SELF_IPI, VECTOR), GHCB_RESULT_OK, "interrupt-for-pushf");
    page_private(page);
    struct fault fault = probe(enable_and_push, page);
    check(fault.rip, behind, "interrupt-behind-pushf");
    check(((volatile uint64_t *)page)[PAGE_SIZE / 8 - 1] & 0x300, 0x200, "interrupt-pushed-flags");
    page_shared(page);
    check(apic_write(X2APIC_EOI, 0), GHCB_RESULT_OK, "interrupt-pushf-end");
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
    if (!restricted) {
        in_shadow();
        pushes_in_shadow();
    }
}
