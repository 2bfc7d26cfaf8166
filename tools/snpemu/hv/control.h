/* SPDX-License-Identifier: MIT */
/*
 * Writes to control registers that the emulator does in the CPU's place: to CR0 if they change more
 * than TS and MP, since with paging the meaning of addresses changes; to CR8, since QEMU 7.2 ends
 * itself if one lets a virtual interrupt through.
 */
#pragma once
#include "machine.h"

void control_cr0_write(struct level *level);
void control_cr8_write(struct level *level);

/* Of 64-bit paging with --tlb keep. */
void control_cr3_write(struct level *level);
void control_cr4_write(struct level *level);
