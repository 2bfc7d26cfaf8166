/* SPDX-License-Identifier: MIT */
/* What is known of each vCPU on any platform. */
#include <cpu/cpu.h>
#include <log/log.h>
#include <task/core.h>
#include <task/port.h>

struct vcpu vcpus[SVSM_VCPUS_MAX];
ROINIT uint32_t vcpu_count = 1;

uint32_t cpu_index(void)
{
    uint64_t offset = (uint64_t)__builtin_frame_address(0) - VCPU_VA;
    return offset < (uint64_t)vcpu_count << VCPU_SHIFT ? (uint32_t)(offset >> VCPU_SHIFT) : 0;
}

void port_wake_at(struct cpu *cpu, uint64_t ns)
{
    AT(vcpus, cpu->index).wake_ns = ns;
}

/* The line that tools wait for: once, by vCPU 0, when every task has been initialised. */
void idle_announce(const struct cpu *cpu)
{
    static bool announced;
    if (cpu->index == 0 && !announced && core_booted()) {
        announced = true;
        LOG_INFO("ready");
    }
}
