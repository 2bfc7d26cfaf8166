/* SPDX-License-Identifier: MIT */
/*
 * What ring 0 maps for itself on this platform: GHCBs, the pages of guest messages and doorbells,
 * shared with the host; the pages that the composer placed; the table of who owns which page of the
 * guest.
 */
#include <mm/mm.h>
#include <cpu/cpu.h>
#include <guest/guest.h>
#include <snp/ghcb.h>
#include <snp/machine.h>
#include <snp/memory.h>
#include <snp/own.h>
#include <snp/stop.h>
#include <snp/window.h>
#include <svsm/abi/pool.h>

#define MESSAGES_FIRST SVSM_VCPUS_MAX
#define DOORBELLS_FIRST (MESSAGES_FIRST + ARRAY_COUNT(message_pages))

ROINIT static uint64_t message_pages[2];
ROINIT static uint64_t doorbell_pages[SVSM_VCPUS_MAX];

static void map_shared(uint32_t index, pa_t pa)
{
    kernel_space_map_shared(GHCB_VA + (uint64_t)index * GHCB_STRIDE, pa, PTE_WRITE | PTE_NX);
}

static void map_ghcb(uint32_t vcpu)
{
    extern const uint8_t boot_ghcb[];
    pa_t pa = pa_of_kernel(boot_ghcb);
    if (vcpu != 0) {
        pa = pool_take(1);
        if (!ghcb_share(vcpu, pa.value, boot_map(pa))) {
            stop_because(SNP_STOP_GHCB, "the host does not take a page for a GHCB");
        }
    }
    map_shared(vcpu, pa);
}

/* A page of ring 0's that the host shares, for messages or a doorbell; its address. */
static uint64_t map_common(uint32_t index)
{
    pa_t pa = pool_take(1);
    if (!ghcb_make_shared(pa.value, boot_map(pa))) {
        stop_because(SNP_STOP_GHCB, "the host does not take a shared page");
    }
    map_shared(index, pa);
    return pa.value;
}

static void map_messages(void)
{
    for (uint32_t i = 0; i < ARRAY_COUNT(message_pages); i++) {
        AT(message_pages, i) = map_common(MESSAGES_FIRST + i);
    }
}

/* Each vCPU has the host told of its own when it can take a #HV (snp/ap.c). */
static void map_doorbells(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        AT(doorbell_pages, i) = map_common(DOORBELLS_FIRST + i);
    }
}

struct ghcb_doorbell *memory_doorbell(uint32_t vcpu, uint64_t *gpa)
{
    *gpa = AT(doorbell_pages, vcpu);
    /* SAFETY: map_doorbells() has mapped it; shared, so doorbell.c takes each word once. */
    return (struct ghcb_doorbell *)(GHCB_VA + (DOORBELLS_FIRST + (uint64_t)vcpu) * GHCB_STRIDE);
}

volatile struct psp_msg *memory_message(enum memory_message which, uint64_t *gpa)
{
    *gpa = AT(message_pages, which);
    /* SAFETY: map_messages() has mapped it; shared, hence volatile. */
    return (volatile struct psp_msg *)(GHCB_VA + (MESSAGES_FIRST + (uint64_t)which) * GHCB_STRIDE);
}

static void map_owners(void)
{
    const struct snp_image_launch *launch = machine_launch();
    size_t size = guest_table_size(launch);
    uint64_t pages = (size + SVSM_PAGE_SIZE - 1) / SVSM_PAGE_SIZE;
    if (pages > SVSM_POOL_SNP_OWNERS) {
        stop_because(SNP_STOP_LAUNCH, "the guest has more memory than the image can keep track of");
    }
    if (pages != 0) {
        guest_init(launch, kernel_space_window(pool_take(pages), pages), SNP_IMAGE_BASE,
                   machine_own_end());
    }
}

void machine_windows(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        map_ghcb(i);
    }
    map_messages();
    if (machine_restricted()) {
        map_doorbells(count);
    }
    kernel_space_map(KERNEL_BASE + SNP_IMAGE_SECRETS, (pa_t){SNP_IMAGE_SECRETS},
                     PTE_WRITE | PTE_NX);
    kernel_space_map(KERNEL_BASE + SNP_IMAGE_CPUID, (pa_t){SNP_IMAGE_CPUID}, PTE_NX);
    kernel_space_map(KERNEL_BASE + SNP_IMAGE_LAUNCH, (pa_t){SNP_IMAGE_LAUNCH}, PTE_NX);
    window_init();
    map_owners();
}
