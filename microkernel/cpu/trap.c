/* SPDX-License-Identifier: MIT */
/*
 * What happens on a trap. From CPL 3: exceptions are the core's business, interrupts are noted.
 * From CPL 0: interrupts are noted (only the idle wait lets one in; a host can inject one
 * anywhere), and any exception is our own bug, or the host's doing, and ends the machine with a
 * back trace.
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

[[gnu::noreturn]] static void die(const struct regs *r, const char *why)
{
    stop_claim();
    struct symbol s = symbols_find(NULL, r->rip);
    LOG_ERROR("exception %lu in ring 0, error code 0x%lx, cr2 0x%lx", r->vector, r->error,
              cr2_read());
    LOG_ERROR("  rip 0x%lx %s+0x%lx rsp 0x%lx", r->rip, s.name == NULL ? "?" : s.name, s.offset,
              r->rsp);
    stop_claimed(why);
}

/* Does this address run on the RSP of a task: around SYSCALL and SYSRET? */
static bool has_user_stack(uint64_t rip)
{
    return (rip >= (uint64_t)syscall_stubs && rip < (uint64_t)syscall_common) ||
           rip == (uint64_t)syscall_leave;
}

/* The CPU begins at the top of its vector's stack even if that is in use, as RSP tells. Then what
 * was interrupted has lost its frame: a host that does not keep to the rules can do that. */
static bool nested(const struct regs *r)
{
    uint64_t stack = (uint64_t)r & ~(uint64_t)(SVSM_PAGE_SIZE - 1);
    return (r->cs & 3) == 0 && r->rsp - stack < SVSM_PAGE_SIZE && !has_user_stack(r->rip);
}

static bool of_task(const struct regs *r)
{
    bool ends = r->vector == VECTOR_DF || r->vector == VECTOR_MC ||
                (r->vector == VECTOR_VC && !machine_vc_of_task(r));
    return (r->cs & 3) == 3 && !ends;
}

struct cpu *trap_enter(struct regs *r)
{
    enter_close_user(); /* a gate, unlike SYSCALL, leaves the task's AC flag set */
    if (nested(r)) {
        die(r, "a trap on the stack of another that had not ended");
    }
    if (machine_recovers(r)) {
        return NULL;
    }
    if (r->vector == VECTOR_NMI) {
        LOG_WARNING("NMI at rip %lx", r->rip);
        return NULL;
    }
    if (of_task(r)) {
        struct cpu *cpu = cpu_of(cpu_index());
        cpu->regs = *r;
        return cpu;
    }
    if (r->vector < VECTOR_EXCEPTIONS) {
        die(r, "an exception in ring 0");
    }
    (void)machine_interrupt(r->vector);
    return NULL;
}
