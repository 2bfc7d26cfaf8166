/* SPDX-License-Identifier: MIT */
/*
 * The other vCPUs, as firmware drives them: a save area is created with the SVSM, the host starts
 * it; to stop one, the host is told to drop it and the SVSM to delete it. A vCPU does one job.
 */
#include "protocol.h"

#define WAIT_ROUNDS 2000000000u
#define STOP_ROUNDS 100000u

static job *volatile jobs[CPUS_MAX];
static volatile bool done[CPUS_MAX];

[[gnu::noreturn]] static void cpu_main(void)
{
    unsigned cpu = cpu_self();

    jobs[cpu](cpu);
    done[cpu] = true;
    for (;;) {
        cpu_pause();
    }
}

void cpu_fill(uint64_t vmsa, unsigned cpu)
{
    memory_fill(vmsa, 0, PAGE_SIZE);
    /* SAFETY: a page of this test. */
    area_fill((struct vmsa *)vmsa, GUEST_VMPL, cpu_main, cpu_stack_end(cpu));
}

bool cpu_host(unsigned cpu, unsigned request, uint64_t vmsa)
{
    ghcb_begin();
    GHCB_SET(rax, sev_features());
    ghcb_ask(GHCB_EVENT_AP_CREATION, ghcb_ap_creation(cpu, GUEST_VMPL, request), vmsa);
    return (uint32_t)the_ghcb->sw_exitinfo1 == GHCB_RESULT_OK;
}

void cpu_give(unsigned cpu, job *job)
{
    jobs[cpu] = job;
    done[cpu] = false;
}

bool cpu_start(unsigned cpu, job *job)
{
    uint64_t vmsa = PAGE_AP_VMSA(cpu, 0);

    cpu_give(cpu, job);
    call_area_of(cpu, PAGE_AP_CA(cpu));
    cpu_fill(vmsa, cpu);
    return call_core(SVSM_CORE_CREATE_VCPU, vmsa, PAGE_AP_CA(cpu), cpu) == SVSM_SUCCESS &&
           cpu_host(cpu, GHCB_AP_CREATE, vmsa);
}

bool cpu_wait(unsigned cpu)
{
    for (unsigned round = 0; round < WAIT_ROUNDS && !done[cpu]; round++) {
        cpu_pause();
    }
    return done[cpu];
}

uint64_t cpu_stop(unsigned cpu)
{
    uint64_t vmsa = PAGE_AP_VMSA(cpu, 0);
    uint64_t answer = CALL_LOST;

    (void)cpu_host(cpu, GHCB_AP_DESTROY, vmsa);
    for (unsigned round = 0; round < STOP_ROUNDS; round++) {
        answer = call_core(SVSM_CORE_DELETE_VCPU, vmsa, 0, 0);
        if (answer != SVSM_ERR_PROTOCOL_BASE + SNP_FAIL_INUSE) {
            break;
        }
        cpu_pause();
    }
    return answer;
}

bool cpu_all(unsigned count, job *job)
{
    bool good = true;

    for (unsigned cpu = 1; cpu < count; cpu++) {
        good = cpu_start(cpu, job) && good;
    }
    job(0);
    for (unsigned cpu = 1; cpu < count; cpu++) {
        good = cpu_wait(cpu) && good;
        good = cpu_stop(cpu) == SVSM_SUCCESS && good;
    }
    return good;
}
