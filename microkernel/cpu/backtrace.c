/* SPDX-License-Identifier: MIT */
/* See backtrace.h. Every frame pointer is checked before it is followed: the walk itself never
 * faults, whatever the stacks look like. */
#include <cpu/backtrace.h>
#include <cpu/cpu.h>
#include <log/log.h>
#include <log/symbols.h>
#include <task/port.h>

#define FRAMES_MAX 24u

extern uint8_t boot_stack[], boot_stack_end[];
extern const uint8_t kernel_start[], rodata_start[];

struct two {
    uint64_t frame, rip;
};

/* `rip` as found; `exact`: where it was, not where a call returns to. */
static void show(unsigned n, uint64_t rip, bool exact, const struct task *t)
{
    struct symbol s = symbols_find(t, exact ? rip : rip - 1);
    const char *where = t == NULL ? "ring0" : t->image->name;
    if (s.name == NULL) {
        LOG_ERROR("  #%u 0x%lx ? (%s)", n, rip, where);
    } else {
        LOG_ERROR("  #%u 0x%lx %s+0x%lx (%s)", n, rip, s.name, s.offset + (exact ? 0 : 1), where);
    }
}

/* Is [at, at + 16) on a stack of ring 0 that is mapped on this vCPU? */
static bool on_kernel_stack(uint64_t at)
{
    if (at % 8 != 0) {
        return false;
    }
    if (at >= (uint64_t)boot_stack && at <= (uint64_t)boot_stack_end - 16) {
        return true;
    }
    uint64_t slot = VCPU_VA + (uint64_t)cpu_index() * VCPU_STRIDE;
    if (at < slot || at >= slot + VCPU_STRIDE) {
        return false;
    }
    uint64_t offset = at - slot;
    if (offset >= VCPU_STACK && offset <= VCPU_STACK_END - 16) {
        return true;
    }
    uint64_t ist = (offset - VCPU_IST) % VCPU_IST_STRIDE;
    return offset >= VCPU_IST && offset < VCPU_IST + VCPU_ISTS * VCPU_IST_STRIDE &&
           ist <= SVSM_PAGE_SIZE - 16;
}

/* Does [at, at + size) lie in one area of the task that has these rights? */
static bool in_task(const struct task *t, uint64_t at, uint64_t size, uint32_t rights)
{
    for (uint32_t i = 0; i < t->area_count; i++) {
        const struct area *a = &AT(t->areas, i);
        if (at >= a->va && at - a->va < a->size && a->size - (at - a->va) >= size &&
            (a->flags & rights) == rights) {
            return true;
        }
    }
    return false;
}

/* Is there, in the word at `slot`, the return address of a direct call of the function at `entry`?
 */
static uint64_t returns_from(const struct task *t, uint64_t slot, uint64_t entry)
{
    struct [[gnu::packed]] {
        uint8_t opcode;
        int32_t distance;
    } call;
    uint64_t rip;
    if (!in_task(t, slot, sizeof(rip), AREA_WRITE)) {
        return 0;
    }
    port_copy_in(&rip, (uva_t){slot}, sizeof(rip));
    if (rip < sizeof(call) || !in_task(t, rip - sizeof(call), sizeof(call), AREA_EXECUTE)) {
        return 0;
    }
    port_copy_in(&call, (uva_t){rip - sizeof(call)}, sizeof(call));
    bool here = call.opcode == 0xe8 && rip + (uint64_t)(int64_t)call.distance == entry;
    return here ? rip : 0;
}

/* A function without a frame of its own hides its caller from the chain of frames: whoever called
 * it stands on top of the stack then, or under the RBP just pushed. 0: it has a frame. */
static uint64_t caller_of_leaf(const struct cpu *cpu, const struct task *t)
{
    struct symbol s = symbols_find(t, cpu->regs.rip);
    if (s.name == NULL) {
        return 0;
    }
    uint64_t entry = cpu->regs.rip - s.offset;
    uint64_t rip = returns_from(t, cpu->regs.rsp, entry);
    return rip != 0 ? rip : returns_from(t, cpu->regs.rsp + 8, entry);
}

static unsigned walk_task(const struct cpu *cpu, const struct task *t, unsigned n)
{
    uint64_t frame = cpu->regs.rbp;
    show(n, cpu->regs.rip, true, t);
    n++;
    uint64_t leaf_caller = caller_of_leaf(cpu, t);
    if (leaf_caller != 0 && frame != cpu->regs.rsp) {
        show(n, leaf_caller, false, t);
        n++;
    }
    for (; n < FRAMES_MAX && in_task(t, frame, 16, AREA_WRITE); n++) {
        struct two two;
        port_copy_in(&two, (uva_t){frame}, sizeof(two));
        if (two.rip == 0 || two.rip >= SVSM_USER_END) {
            break;
        }
        show(n, two.rip, false, t);
        if (two.frame <= frame) {
            break;
        }
        frame = two.frame;
    }
    return n;
}

void backtrace_here(void)
{
    uint64_t frame = (uint64_t)__builtin_frame_address(0);
    unsigned n = 0;
    bool exact = false; /* behind a trap stub's frame: where it was interrupted */
    while (n < FRAMES_MAX && on_kernel_stack(frame)) {
        /* SAFETY: just checked to lie on one of this vCPU's stacks. */
        const struct two *two = (const struct two *)frame;
        if (two->rip >= (uint64_t)kernel_start && two->rip < (uint64_t)rodata_start) {
            show(n, two->rip, exact, NULL);
            exact = two->rip >= (uint64_t)trap_stubs && two->rip < (uint64_t)trap_spurious;
            n++;
        } else if (two->rip != 0) {
            break;
        }
        frame = two->frame;
    }
    if (!on_kernel_stack((uint64_t)__builtin_frame_address(0)) ||
        atomic_load(&vcpus[0].online) == 0) {
        return;
    }
    const struct cpu *cpu = cpu_of(cpu_index());
    if (cpu->chain.depth > 0 && cpu->entered != NULL && cpu->regs.rip != 0 && frame == 0) {
        (void)walk_task(cpu, cpu->entered, n);
    }
}

static const char *const causes[SVSM_FAULT_CAUSES] = {
    [SVSM_FAULT_NONE] = "none",
    [SVSM_FAULT_EXCEPTION] = "CPU exception",
    [SVSM_FAULT_STACK] = "stack overflow",
    [SVSM_FAULT_SYSCALL] = "unknown system call",
    [SVSM_FAULT_HANDLE] = "bad handle",
    [SVSM_FAULT_POINTER] = "bad pointer",
    [SVSM_FAULT_ARGUMENT] = "bad argument",
    [SVSM_FAULT_LEASE] = "bad lease",
    [SVSM_FAULT_REPLY] = "bad reply",
    [SVSM_FAULT_BUDGET] = "budget exceeded",
    [SVSM_FAULT_PANIC] = "panic",
    [SVSM_FAULT_KILLED] = "killed",
    [SVSM_FAULT_INJECTED] = "injected",
};

void port_report_fault(struct cpu *cpu, const struct task *t, const struct svsm_fault *fault)
{
    LOG_ERROR("fault %lu in %s: %s, address 0x%lx, operation 0x%x", fault->sequence, t->image->name,
              AT(causes, fault->cause), fault->address, fault->operation);
    if (fault->cause == SVSM_FAULT_EXCEPTION) {
        LOG_ERROR("  vector %u, error code 0x%lx", (unsigned)fault->vector, fault->error);
    }
    if (fault->rip != 0) {
        (void)walk_task(cpu, t, 0);
    }
}
