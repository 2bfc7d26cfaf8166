/* SPDX-License-Identifier: MIT */
/*
 * What happens on a trap. From CPL 3: exceptions are the core's business, interrupts are noted.
 * From CPL 0 only the idle wait is ever interrupted; any exception there is our own bug and ends
 * the machine with a back trace.
 */
#include <cpu/backtrace.h>
#include <cpu/cpu.h>
#include <cpu/machine.h>
#include <cpu/io.h>
#include <log/log.h>
#include <log/symbols.h>
#include <task/core.h>
#include <task/port.h>

bool trap_user(struct cpu *cpu)
{
    enter_close_user(); /* an interrupt gate, unlike SYSCALL, leaves the task's AC flag set */
    uint64_t vector = cpu->regs.vector;
    if (vector < VECTOR_EXCEPTIONS) {
        return core_exception(cpu, vector == VECTOR_PF ? cr2_read() : 0);
    }
    if (!machine_interrupt(vector)) {
        return core_interrupted(cpu);
    }
    idle_tick_start(cpu, TICK_NS);
    idle_announce(cpu);
    return core_tick(cpu);
}

[[gnu::noreturn]] static void die(const struct regs *r)
{
    stop_claim();
    struct symbol s = symbols_find(NULL, r->rip);
    LOG_ERROR("exception %lu in ring 0, error code 0x%lx, cr2 0x%lx", r->vector, r->error,
              cr2_read());
    LOG_ERROR("  rip 0x%lx %s+0x%lx rsp 0x%lx", r->rip, s.name == NULL ? "?" : s.name, s.offset,
              r->rsp);
    stop_claimed("an exception in ring 0");
}

void trap_kernel(struct regs *r)
{
    if (r->vector < VECTOR_EXCEPTIONS) {
        die(r);
    }
    CHECK(r->vector >= VECTOR_IRQ);
    (void)machine_interrupt(r->vector);
}

struct cpu *trap_ist_enter(struct regs *r)
{
    enter_close_user();
    if (machine_recovers(r)) {
        return NULL;
    }
    if (r->vector == VECTOR_NMI) {
        LOG_WARNING("NMI at rip %lx", r->rip);
        return NULL;
    }
    bool of_task = r->vector == VECTOR_DB || (r->vector == VECTOR_VC && machine_vc_of_task(r));
    if (of_task && (r->cs & 3) == 3) {
        struct cpu *cpu = cpu_of(cpu_index());
        cpu->regs = *r;
        return cpu;
    }
    die(r);
}
