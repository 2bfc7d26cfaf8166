/* SPDX-License-Identifier: MIT */
#include "boot.h"
#include "clock.h"
#include "interrupt.h"
#include "io.h"
#include "launch.h"
#include "lies.h"
#include "lock.h"
#include "log.h"
#include "machine.h"
#include "memory.h"
#include "port.h"
#include "smp.h"
#include "state.h"
#include "stop.h"
#include "trap.h"
#include "vcpu.h"

#define CBIT_MAX_4 47u /* the walker looks at no higher bit with four levels */
#define CBIT_MAX_5 51u
#define PHYS_BITS_LEAF 0x80000008u

struct machine machine;

static struct cpuid_regs native(void *context, uint32_t leaf, uint32_t subleaf)
{
    struct io_cpuid r = io_cpuid(leaf, subleaf);

    (void)context;
    return (struct cpuid_regs){.eax = r.eax, .ebx = r.ebx, .ecx = r.ecx, .edx = r.edx};
}

static void configure(const struct launch_header *launch)
{
    uint8_t phys_bits = (uint8_t)io_cpuid(PHYS_BITS_LEAF, 0).eax;

    uint8_t cbit_max = boot_levels() == 5 ? CBIT_MAX_5 : CBIT_MAX_4;

    if (launch->cbit > cbit_max || launch->cbit >= phys_bits) {
        stop_emulator("the C-bit is beyond what QEMU's CPU translates; use EPYC-Milan,phys-bits=48 "
                      "for C-bit 47, max,phys-bits=52 for C-bit 51");
    }
    if (launch->vcpu_count == 0 || launch->vcpu_count > MACHINE_VCPUS_MAX) {
        stop_emulator("the hypervisor runs 1 to 16 vCPUs");
    }
    machine.launch = launch;
    machine.cbit = UINT64_C(1) << launch->cbit;
    machine.cpuid = (struct cpuid_config){
        .native = native,
        .features = launch->features,
        .vcpus = launch->vcpu_count,
        .cbit = launch->cbit,
        .phys_bits = launch->cbit,
        .coherency_sfw_no = launch->coherency_sfw_no,
        .profile = launch->profile,
        .tsc_khz = launch->tsc_khz,
        .invlpgb = launch->invlpgb_unnamed != 0 ? 0 : (uint32_t)launch->invlpgb,
        .kvm_clock = launch->clock_khz != 0,
    };
    machine.ghcb = (struct ghcb_config){
        .profile = launch->profile,
        .cbit = launch->cbit,
        .vm_features = launch->features,
        .vcpus = launch->vcpu_count,
    };
    machine.limits = (struct vmsa_limits){
        .allowed_features = launch->features,
        .asid = launch->asid,
        .tsc_scale = launch->tsc_scale,
        .tsc_offset = launch->tsc_offset,
        .phys_bits = phys_bits,
        .la57 = boot_levels() == 5,
    };
}

static void create_vcpus(void)
{
    const struct launch_header *launch = machine.launch;
    const struct launch_vcpu *states =
        (const struct launch_vcpu *)((const uint8_t *)launch + launch->vcpu_states);

    for (uint32_t i = 0; i < launch->vcpu_count; i++) {
        if (!vcpu_init(&machine.vcpus[i], i, states[i].vmsa_gpa, states[i].runnable)) {
            stop_emulator("a vCPU's save area is no page of the launch image");
        }
    }
}

void main_start(const struct launch_header *launch, uint64_t loaded_end)
{
    trap_init(0); /* first of all, so that a fault is told; once more with all that a CPU has */
    interrupt_init();
    npt_init(boot_levels()); /* nested tables have as many as the host's */
    configure(launch);
    lies_init();
    state_init();
    smp_init_cpu(&machine.vcpus[0]);
    port_init();
    lock_take();
    smp_start();
    launch_guest(loaded_end);
    create_vcpus();
    clock_init();
    log_line("start memory=%lx reserve=%lx vcpus=%u cbit=%u profile=%u", launch->memory,
             launch->hv_reserve, launch->vcpu_count, (unsigned)launch->cbit, launch->profile);
    vcpu_run(&machine.vcpus[0]);
}
