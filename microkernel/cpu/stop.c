/* SPDX-License-Identifier: MIT */
/* The end of the machine: say why, with a back trace, stop the other vCPUs, leave. */
#include <cpu/backtrace.h>
#include <cpu/cpu.h>
#include <cpu/machine.h>
#include <log/log.h>
#include <log/ring.h>
#include <task/port.h>

ROINIT uintptr_t __stack_chk_guard;
/* The vCPU that tells why the machine ends, plus 1; 0: none yet. entry.S looks at it before it
 * leaves ring 0. */
atomic_uint stop_speaker;

[[gnu::noreturn]] static void halt(void)
{
    for (;;) {
        /* SAFETY: the end of this vCPU; nothing runs on it afterwards. */
        asm volatile("cli; hlt");
    }
}

void stop_exit(uint32_t code)
{
    console_drain(true);
    machine_leave(code);
}

/* What fails while a failure is told must not be told too: that could go on for ever. */
void stop_claim(void)
{
    unsigned self = cpu_index() + 1;
    unsigned before = 0;
    if (atomic_compare_exchange_strong(&stop_speaker, &before, self)) {
        return;
    }
    if (before == self) {
        console_last_words();
        machine_leave(STOP_FAILED);
    }
    halt(); /* the first one speaks and ends the machine */
}

void stop_join(void)
{
    if (atomic_load(&stop_speaker) != 0) {
        halt();
    }
}

void stop_claimed(const char *why)
{
    LOG_ERROR("stop: %s", why);
    backtrace_here();
    if (vcpu_count > 1 && atomic_load(&vcpus[0].online) != 0) {
        machine_stop_others();
    }
    stop_exit(STOP_FAILED);
}

void port_stop(const char *why)
{
    stop_claim();
    stop_claimed(why);
}

void check_failed(const char *what, const char *file, unsigned line)
{
    stop_claim();
    LOG_ERROR("CHECK(%s) at %s:%u", what, file, line);
    stop_claimed("an invariant of ring 0 does not hold");
}

[[gnu::noreturn]] void __stack_chk_fail(void);
void __stack_chk_fail(void)
{
    port_stop("a stack frame of ring 0 was overwritten");
}
