/* SPDX-License-Identifier: MIT */
/*
 * What the guest finds when it starts. The firmware's two pages are ring 0's; the guest gets
 * copies, without the keys of the levels above its own.
 */
#include <snp/launch.h>
#include <cpu/cpu.h>
#include <guest/guest.h>
#include <log/log.h>
#include <snp/ghcb.h>
#include <snp/machine.h>
#include <snp/own.h>
#include <snp/stop.h>
#include <svsm/abi/ghcb.h>
#include <svsm/abi/snp_pages.h>

#define CORE_VERSION 1u

/* A page of its own: too large for a stack. */
static union {
    struct snp_secrets_page page;
    uint8_t bytes[SVSM_PAGE_SIZE];
} copy;

/* SAFETY: empty, keeps the memset before it. */
static void wipe(void *at, size_t size)
{
    memset(at, 0, size);
    asm volatile("" : : "r"(at) : "memory");
}

static void put(uint64_t gpa, const void *page, const char *what)
{
    if (gpa != 0 && guest_write(gpa, page, SVSM_PAGE_SIZE) != OK) {
        LOG_ERROR("the guest's %s page is not there, or not the guest's: 0x%lx", what, gpa);
        stop_because(SNP_STOP_MEMORY, "a page of the guest is not there");
    }
}

/* Of ring 0's own keys only that of VMPL0 stays: the others are the guest's, or nobody's. */
static void secrets(const struct snp_image_launch *launch)
{
    struct snp_secrets_page *own = own_page(SNP_IMAGE_SECRETS);
    copy.page = *own;
    for (uint32_t i = 0; i < ARRAY_COUNT(own->vmpck); i++) {
        if (i < SNP_IMAGE_GUEST_VMPL) {
            wipe(&AT(copy.page.vmpck, i), sizeof(own->vmpck[0]));
        }
        if (i != 0) {
            wipe(&AT(own->vmpck, i), sizeof(own->vmpck[0]));
        }
    }
    copy.page.svsm_base = SNP_IMAGE_BASE;
    copy.page.svsm_size = machine_own_end() - SNP_IMAGE_BASE;
    copy.page.svsm_caa = launch->guest_caa;
    copy.page.svsm_max_version = CORE_VERSION;
    copy.page.svsm_guest_vmpl = SNP_IMAGE_GUEST_VMPL;
    put(launch->guest_secrets, &copy, "secrets");
    wipe(&copy, sizeof(copy));
}

void launch_guest(void)
{
    const struct snp_image_launch *launch = machine_launch();
    gpa_t where = {0};
    snp_flush_guests(); /* a host that does not give us that is told before it has a guest */
    if (guest_launch_memory(&where) != OK) {
        LOG_ERROR("the host does not give the guest's memory at 0x%lx", where.value);
        stop_because(SNP_STOP_MEMORY, "memory of the guest that the host does not give");
    }
    secrets(launch);
    put(launch->guest_cpuid, own_page(SNP_IMAGE_CPUID), "CPUID");
    if (guest_launch_vcpu() != OK) {
        stop_because(SNP_STOP_LAUNCH, "the guest's save area or calling area is not sound");
    }
    if (!ghcb_vcpu_create(vcpus[0].apic_id, SNP_IMAGE_GUEST_VMPL, GHCB_AP_CREATE_ON_INIT,
                          SNP_IMAGE_GUEST_VMSA, launch->guest_features)) {
        stop_because(SNP_STOP_VCPU, "the host does not take the guest's save area");
    }
    LOG_INFO("guest: %u MiB, VMPL%u", (uint32_t)(guest_table_size(launch) / 256),
             SNP_IMAGE_GUEST_VMPL);
}
