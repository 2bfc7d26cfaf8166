/* SPDX-License-Identifier: MIT */
/*
 * What the tests ask for with selftest=NAME on the command line. Only images marked for tests
 * listen to it: in others nothing here does anything.
 */
#include <boot/boot.h>
#include <boot/mbinfo.h>
#include <cpu/apic.h>
#include <cpu/cpu.h>
#include <log/log.h>
#include <task/port.h>

static bool asked_for(const char *name)
{
    size_t len;
    const char *value = mbinfo_option(machine_cmdline(), "selftest", &len);
    size_t want = 0;
    while (name[want] != 0) {
        want++;
    }
    return value != NULL && len == want && memcmp(value, name, want) == 0;
}

/* noipa: each keeps its own name and frame in the back trace. */
[[gnu::noipa]] static void selftest_stop(const char *where)
{
    port_stop(where);
}

[[gnu::noipa]] static void selftest_exception(void)
{
    asm volatile("ud2" : : : "memory");
}

/* A machine check, as far as the IDT is concerned: its own stack, and the end. */
[[gnu::noipa]] static void selftest_ist(void)
{
    asm volatile("int %0" : : "i"(VECTOR_MC) : "memory");
}

/* An interrupt that has an exception's number: fatal, from within the handler. */
[[gnu::noipa]] static void selftest_interrupt(void)
{
    apic_ipi(AT(vcpus, 0).apic_id, 0x1f);
    asm volatile("sti; hlt; cli" : : : "memory");
}

/* SAFETY: INT arrives as the vector would from a host, at an instruction of ring 0 whose RSP is not
 * ring 0's. Nothing is on the stack in between. */
#define INJECT(vector, rsp)                                                                        \
    asm volatile("movq %%rsp, %%rbx; movq %1, %%rsp; int %0; movq %%rbx, %%rsp"                    \
                 :                                                                                 \
                 : "i"(vector), "r"(rsp)                                                           \
                 : "rbx", "memory")

/* Vectors that ring 0 uses, others, and the local APIC's own: nothing may be written at RSP. */
[[gnu::noipa]] static void selftest_inject(void)
{
    uint64_t bait[64];
    for (size_t i = 0; i < ARRAY_COUNT(bait); i++) {
        bait[i] = 0xba17;
    }
    INJECT(0x20, &bait[60]);
    INJECT(VECTOR_KICK, &bait[60]);
    INJECT(0x50, &bait[60]);
    INJECT(0x80, &bait[60]);
    INJECT(VECTOR_SPURIOUS, &bait[60]);
    for (size_t i = 0; i < ARRAY_COUNT(bait); i++) {
        CHECK(bait[i] == 0xba17);
    }
    LOG_INFO("selftest: injected vectors left no trace");
    stop_exit(STOP_FINE);
}

/* An exception's vector without its error code, where the stack is nobody's. */
[[gnu::noipa]] static void selftest_inject_exception(void)
{
    INJECT(VECTOR_PF, SVSM_USER_END);
}

[[gnu::noipa]] static void selftest_inject_nested(void)
{
    INJECT(0x50, VCPU_VA + VCPU_IST + (VCPU_ISTS - 1) * VCPU_IST_STRIDE + SVSM_PAGE_SIZE / 2);
}

/* The same by way of another stack, which what is interrupted here would have interrupted.
 * SAFETY: the stack of #DF is nobody's here, and mapped for writing. */
[[gnu::noipa]] static void selftest_inject_chain(void)
{
    uint64_t ist = VCPU_VA + VCPU_IST;
    uint64_t other = ist + VCPU_IST_STRIDE;
    uint64_t *frame = (uint64_t *)(other + SVSM_PAGE_SIZE) - 5;
    frame[0] = (uint64_t)selftest_inject_nested;
    frame[1] = SEL_KERNEL_CODE;
    frame[3] = ist + (VCPU_ISTS - 1) * VCPU_IST_STRIDE + SVSM_PAGE_SIZE / 2;
    INJECT(0x50, other + SVSM_PAGE_SIZE / 2);
}

/* SAFETY: none: the stack pointer is put at the end of the guard, so that the push faults. That
 * fault has a stack of its own. */
[[gnu::noipa]] static void selftest_overflow(void)
{
    asm volatile("movq %0, %%rsp; pushq $0; ud2" : : "r"(VCPU_VA + VCPU_STACK) : "memory");
}

/* SAFETY: none: all of its frame, canary included, is overwritten, for the protector to see. */
[[gnu::noipa]] static void selftest_smash(void)
{
    char small[16];
    uint64_t at = (uint64_t)small;
    asm volatile("rep stosb" : "+D"(at) : "a"(0x41), "c"(48) : "memory");
}

/* The reason lies where nothing is mapped, so that telling it fails. */
[[gnu::noipa]] static void selftest_nested(void)
{
    selftest_stop((const char *)(VCPU_VA + VCPU_STRIDE - 1));
}

static void final_stage(void)
{
    if (asked_for("smash")) {
        selftest_smash();
    }
    if (asked_for("nested")) {
        selftest_nested();
    }
    if (asked_for("backtrace-final")) {
        selftest_stop("selftest backtrace-final");
    }
    if (asked_for("backtrace-ist")) {
        selftest_ist();
    }
    if (asked_for("backtrace-exception")) {
        selftest_exception();
    }
    if (asked_for("backtrace-interrupt")) {
        selftest_interrupt();
    }
    if (asked_for("backtrace-overflow")) {
        selftest_overflow();
    }
    if (asked_for("inject")) {
        selftest_inject();
    }
    if (asked_for("inject-exception")) {
        selftest_inject_exception();
    }
    if (asked_for("inject-nested")) {
        selftest_inject_nested();
    }
    if (asked_for("inject-chain")) {
        selftest_inject_chain();
    }
    if (asked_for("poweroff")) {
        LOG_INFO("selftest: power off");
        stop_exit(STOP_FINE);
    }
}

void selftest_run(enum stage stage, bool test_image)
{
    if (!test_image) {
        return;
    }
    switch (stage) {
    case STAGE_EARLY:
        if (asked_for("backtrace-early")) {
            selftest_stop("selftest backtrace-early");
        }
        break;
    case STAGE_TABLES:
        if (asked_for("backtrace-tables")) {
            selftest_stop("selftest backtrace-tables");
        }
        break;
    case STAGE_FINAL:
        final_stage();
        break;
    }
}
