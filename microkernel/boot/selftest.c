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

[[gnu::noinline]] static void selftest_stop(const char *where)
{
    port_stop(where);
}

/* The stop comes from an exception that has a stack of its own. */
[[gnu::noinline]] static void selftest_debug_exception(void)
{
    asm volatile("int3; .byte 0xf1" : : : "memory"); /* #BP: ordinary stack; #DB: IST */
}

[[gnu::noinline]] static void selftest_ist(void)
{
    asm volatile(".byte 0xf1" : : : "memory"); /* #DB */
}

[[gnu::noinline]] static void selftest_interrupt(void)
{
    apic_ipi(AT(vcpus, 0).apic_id, VECTOR_BP); /* an interrupt with an exception's number: fatal */
    asm volatile("sti; hlt; cli" : : : "memory");
}

[[gnu::noinline]] static void selftest_guard(uint64_t depth)
{
    /* SAFETY: none intended: the page below this vCPU's kernel stack is a guard. */
    *(volatile uint64_t *)(VCPU_VA + VCPU_STACK - depth) = 1;
}

static void final_stage(void)
{
    if (asked_for("backtrace-final")) {
        selftest_stop("selftest backtrace-final");
    }
    if (asked_for("backtrace-ist")) {
        selftest_ist();
    }
    if (asked_for("backtrace-exception")) {
        selftest_debug_exception();
    }
    if (asked_for("backtrace-interrupt")) {
        selftest_interrupt();
    }
    if (asked_for("guard")) {
        selftest_guard(8);
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
