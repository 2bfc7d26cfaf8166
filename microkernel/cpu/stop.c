/* SPDX-License-Identifier: MIT */
/*
 * The end of the machine: say why, with a back trace, stop the other vCPUs, leave through the test
 * device where there is one (QEMU's isa-debug-exit at 0xf4), else halt.
 */
#include <cpu/apic.h>
#include <cpu/backtrace.h>
#include <cpu/cpu.h>
#include <cpu/io.h>
#include <log/log.h>
#include <log/ring.h>
#include <task/port.h>

#define TEST_EXIT_PORT UINT16_C(0xf4)

atomic_bool stopping;
ROINIT uintptr_t __stack_chk_guard;

void stop_exit(uint32_t code)
{
    console_drain(true);
    io_out32(TEST_EXIT_PORT, code);
    for (;;) {
        /* SAFETY: the end of this vCPU; nothing runs on it afterwards. */
        asm volatile("cli; hlt");
    }
}

void port_stop(const char *why)
{
    bool first = !atomic_exchange(&stopping, true);
    if (first) {
        LOG_ERROR("stop: %s", why);
        backtrace_here();
        if (vcpu_count > 1 && atomic_load(&vcpus[0].online) != 0) {
            apic_ipi_others(VECTOR_STOP);
        }
    }
    if (!first) {
        for (;;) { /* the first one speaks and ends the machine */
            /* SAFETY: as in stop_exit. */
            asm volatile("cli; hlt");
        }
    }
    stop_exit(STOP_FAILED);
}

void check_failed(const char *what, const char *file, unsigned line)
{
    LOG_ERROR("CHECK(%s) at %s:%u", what, file, line);
    port_stop("an invariant of ring 0 does not hold");
}

[[gnu::noreturn]] void __stack_chk_fail(void);
void __stack_chk_fail(void)
{
    port_stop("a stack frame of ring 0 was overwritten");
}
