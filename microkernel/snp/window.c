/* SPDX-License-Identifier: MIT */
/* Ring 0's windows: on the pages it shares with the host, and on those that the composer placed. */
#include <mm/mm.h>
#include <cpu/cpu.h>
#include <snp/ghcb.h>
#include <snp/own.h>
#include <snp/stop.h>

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
    kernel_space_map_shared(GHCB_VA + (uint64_t)vcpu * GHCB_STRIDE, pa, PTE_WRITE | PTE_NX);
}

void machine_windows(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        map_ghcb(i);
    }
    kernel_space_map(KERNEL_BASE + SNP_IMAGE_SECRETS, (pa_t){SNP_IMAGE_SECRETS},
                     PTE_WRITE | PTE_NX);
    kernel_space_map(KERNEL_BASE + SNP_IMAGE_CPUID, (pa_t){SNP_IMAGE_CPUID}, PTE_NX);
    kernel_space_map(KERNEL_BASE + SNP_IMAGE_LAUNCH, (pa_t){SNP_IMAGE_LAUNCH}, PTE_NX);
}
