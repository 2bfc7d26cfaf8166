/* SPDX-License-Identifier: MIT */
/*
 * What a vCPU does when no task runs on it: it runs the guest, or waits.
 *
 * Interrupts are off at VMPL0 for good, so nothing is signalled, everything is looked for: each
 * return from the guest goes through the core's roots (events, timers) before the guest goes on. A
 * task that waits is waited for with the guest kept out. A vCPU that has no save area halts; the
 * host lets it go on when the guest has made one for it, and then it has run already: the first
 * thing is to look what it wants.
 */
#include <cpu/cpu.h>
#include <cpu/io.h>
#include <guest/guest.h>
#include <snp/ap.h>
#include <log/log.h>
#include <snp/ghcb.h>
#include <snp/interrupt.h>
#include <snp/launch.h>
#include <snp/machine.h>
#include <task/core.h>
#include <task/guest.h>
#include <task/port.h>

static bool has_guest(void)
{
    return (machine_launch()->flags & SNP_IMAGE_GUEST) != 0;
}

/* Nobody is halted while a task of his waits (below). A vCPU without a save area may be while an
 * event is due; it is told when the host wakes it. */
void port_kick(uint32_t vcpu)
{
    (void)vcpu;
}

void idle_tick_start(const struct cpu *cpu, uint64_t ns)
{
    (void)cpu;
    (void)ns; /* no timer reaches VMPL0: see doc/snp.md */
}

static void halt(void)
{
    /* SAFETY: interrupts are off; no memory is touched. */
    asm volatile("hlt" : : : "memory");
}

/* Without a guest: on the boot vCPU the end, elsewhere a HLT that nothing ends. */
static void rest(const struct cpu *cpu)
{
    if (AT(vcpus, cpu->index).wake_ns != UINT64_MAX) {
        cpu_pause();
        return;
    }
    if (cpu->index == 0) {
        LOG_INFO("nothing left to run, and no guest in this image: the end");
        stop_exit(STOP_FINE);
    }
    halt();
}

/*
 * Enter the guest, or halt where there is none, once. Does the host have a save area to run? That
 * of the first vCPU launch_guest() gave it. Of another the guest tells first us and then the host,
 * and it is the host that ends the halt by running it.
 */
static void enter(uint32_t vcpu)
{
    static bool has_one[SVSM_VCPUS_MAX] = {true};
    struct guest_vcpu g;
    bool any = guest_enter(vcpu, &g);
    if (any && AT(has_one, vcpu)) {
        AT(has_one, vcpu) = ghcb_run_vmpl(SNP_IMAGE_GUEST_VMPL);
        return;
    }
    halt();
    AT(has_one, vcpu) = true;
}

/* One round with the guest. true: cpu->regs is a service's to run. */
static bool guest_round(struct cpu *cpu)
{
    struct guest_call call;
    stop_join();
    interrupt_take(cpu->index);
    enter(cpu->index);
    stop_join();
    return guest_request(cpu->index, &call) == GUEST_CALL && core_guest(cpu, &call);
}

/* vCPU 0 prepares the guest when the tasks are ready. */
static bool launched(const struct cpu *cpu)
{
    static atomic_bool done;
    if (cpu->index == 0 && !atomic_load(&done)) {
        ap_learn_ids();
        launch_guest();
        ap_start_others();
        atomic_store(&done, true);
    }
    return atomic_load(&done);
}

void idle_wait(struct cpu *cpu)
{
    do {
        idle_announce(cpu);
        if (cpu->chain.depth != 0 || !core_booted()) {
            cpu_pause();
        } else if (!has_guest()) {
            rest(cpu);
        } else if (!launched(cpu)) {
            cpu_pause();
        } else if (guest_round(cpu)) {
            return;
        }
    } while (!core_resume(cpu));
}
