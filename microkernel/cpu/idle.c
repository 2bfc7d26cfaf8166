/* SPDX-License-Identifier: MIT */
/*
 * A vCPU with nothing to run. Interrupts are on between STI and CLI only, so a wake-up that
 * arrives after the core looked is taken by HLT's own window and nothing is lost. The task that was
 * entered stays entered: a wait may go on in it.
 */
#include <cpu/apic.h>
#include <cpu/cpu.h>
#include <log/log.h>
#include <task/core.h>
#include <task/port.h>

void port_kick(uint32_t vcpu)
{
    const struct vcpu *v = &AT(vcpus, vcpu);
    if (vcpu < vcpu_count && atomic_load(&v->online) != 0) {
        apic_ipi(v->apic_id, VECTOR_KICK);
    }
}

/* Halt until an interrupt, or not at all if the time has come. */
static void wait_once(struct vcpu *v)
{
    if (v->wake_ns != UINT64_MAX) {
        uint64_t now = port_now_ns();
        if (v->wake_ns <= now) {
            v->wake_ns = UINT64_MAX;
            return;
        }
        apic_timer_set(v->wake_ns - now);
    }
    /* SAFETY: STI takes effect behind HLT; the handlers keep every register. */
    asm volatile("sti; hlt; cli" : : : "memory", "cc");
}

void idle_tick_start(const struct cpu *cpu, uint64_t ns)
{
    AT(vcpus, cpu->index).tick_end_ns = port_now_ns() + ns;
    apic_timer_set(ns);
}

/* What is left of the tick for a task that waits and will go on: a whole new one for each wait
 * would let it run for ever without a tick. Where a new call will run, a new tick. */
static uint64_t tick_left(const struct cpu *cpu, const struct vcpu *v)
{
    uint64_t now = port_now_ns();
    if (cpu->chain.depth == 0) {
        return TICK_NS;
    }
    return v->tick_end_ns > now ? v->tick_end_ns - now : 1;
}

void idle_wait(struct cpu *cpu)
{
    struct vcpu *v = &AT(vcpus, cpu->index);
    uint64_t left = tick_left(cpu, v);
    apic_timer_off();
    do {
        idle_announce(cpu);
        wait_once(v);
    } while (!core_resume(cpu));
    idle_tick_start(cpu, left);
}
