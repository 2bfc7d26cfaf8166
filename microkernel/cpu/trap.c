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

/* What the CPU pushes first on a gate's stack. */
struct frame_of_cpu {
    uint64_t rip, cs, rflags, rsp, ss;
};

/* The page of this vCPU's IST stack that an address lies in; 0: in none. */
static uint64_t ist_page(uint64_t va)
{
    uint64_t first = VCPU_VA + (uint64_t)cpu_index() * VCPU_STRIDE + VCPU_IST;
    uint64_t page = va & ~(uint64_t)(SVSM_PAGE_SIZE - 1);
    bool in_stacks = page >= first && page - first < VCPU_ISTS * (uint64_t)VCPU_IST_STRIDE;
    return in_stacks && (page - first) % VCPU_IST_STRIDE == 0 ? page : 0;
}

/* The CPU begins at the top of its vector's stack even if that is in use: then what was interrupted
 * has lost its frame. A host that does not keep to the rules can do that. From stack to stack, as
 * far as what was interrupted ran on one: is ours among them? */
static bool nested(const struct regs *r)
{
    struct frame_of_cpu at = {.rip = r->rip, .cs = r->cs, .rsp = r->rsp};
    for (unsigned i = 0; i < VCPU_ISTS; i++) {
        uint64_t page = ist_page(at.rsp);
        if ((at.cs & 3) != 0 || page == 0 || has_user_stack(at.rip)) {
            return false;
        }
        if (page == ist_page((uint64_t)r)) {
            return true;
        }
        /* SAFETY: a gate's stack, mapped for good; the CPU's frame is at its top. */
        at = *(const struct frame_of_cpu *)(page + SVSM_PAGE_SIZE - sizeof(at));
    }
    return true; /* more of them than there are stacks */
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
    if ((r->cs & 3) == 3) {
        stop_join(); /* #HV and NMI go back to the task from here */
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
