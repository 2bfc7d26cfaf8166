/* SPDX-License-Identifier: MIT */
/*
 * QEMU's fw_cfg as the guest sees it: memory ends where the guest's does, and the kernel and initrd
 * that QEMU was started with (the hypervisor and its launch image) are not there.
 */
#pragma once
#include <stdint.h>

#define FWCFG_SELECT 0x510u
#define FWCFG_DATA 0x511u
#define FWCFG_DMA_HIGH 0x514u
#define FWCFG_DMA_LOW 0x518u
#define FWCFG_LAST 0x51bu

void fwcfg_init(void);
uint32_t fwcfg_in(uint16_t port, unsigned size);
void fwcfg_out(uint16_t port, unsigned size, uint32_t value);
