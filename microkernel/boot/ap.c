/* SPDX-License-Identifier: MIT */
/* The other vCPUs: woken together, numbered as they arrive, set up each on its own stack. */
#include <boot/boot.h>
#include <cpu/apic.h>
#include <cpu/cpu.h>
#include <cpu/io.h>
#include <log/log.h>
#include <mm/mm.h>
#include <task/core.h>
#include <task/port.h>

#define PATIENCE_US 20000000u /* TCG with 16 vCPUs on one busy core is slow */

extern const uint8_t trampoline[], trampoline_end[];

uint32_t ap_arrived; /* boot.S counts here */
static atomic_bool released;

/* From boot.S, on the vCPU's own stack, under the bootstrap tables. */
[[gnu::noreturn]] void ap_main(uint32_t vcpu);
void ap_main(uint32_t vcpu)
{
    if (vcpu >= vcpu_count) {
        for (;;) {
            asm volatile("cli; hlt");
        }
    }
    features_enable(vcpu);
    tables_load(vcpu);
    struct vcpu *v = &AT(vcpus, vcpu);
    v->apic_id = apic_enable();
    v->wake_ns = UINT64_MAX;
    /* SAFETY: the final tables map this code, this stack and the data. */
    cr3_write(pages_cr3(kernel_space_root()));
    atomic_store(&v->online, 1);
    while (!atomic_load(&released)) {
        cpu_pause();
    }
    idle_tick_start(cpu_of(vcpu), TICK_NS);
    vcpu_start(cpu_of(vcpu));
}

static uint32_t online_count(void)
{
    uint32_t count = 0;
    for (uint32_t i = 1; i < vcpu_count; i++) {
        count += atomic_load(&AT(vcpus, i).online);
    }
    return count;
}

void ap_start_all(void)
{
    if (vcpu_count == 1) {
        return;
    }
    uint8_t *low = boot_map((pa_t){TRAMPOLINE_PA});
    size_t size = (size_t)(trampoline_end - trampoline);
    memcpy(low, trampoline, size);
    apic_start_others();
    uint64_t end = port_now_ns() + PATIENCE_US * UINT64_C(1000);
    while (online_count() < vcpu_count - 1 && port_now_ns() < end) {
        cpu_pause();
    }
    if (online_count() < vcpu_count - 1) {
        LOG_ERROR("only %u of %u vCPUs came up", online_count() + 1, vcpu_count);
        port_stop("a vCPU did not start");
    }
    memset(low, 0, size);
}

void ap_release(void)
{
    atomic_store(&released, true);
}
