/* SPDX-License-Identifier: MIT */
/* The other vCPUs of VMPL0. */
#include <boot/boot.h>
#include <cpu/cpu.h>
#include <snp/stop.h>

void ap_start_all(void)
{
    if (vcpu_count != 1) {
        stop_because(SNP_STOP_VCPU, "more than one vCPU is not supported yet");
    }
}

void ap_release(void)
{
}
