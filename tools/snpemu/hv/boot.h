/* SPDX-License-Identifier: MIT */
/* The boot: finding the launch image, moving to the reserve. */
#pragma once
#include <stdint.h>
#include "../wire/launch.h"

/* Of boot.S. */
void boot_move(void *target, uint64_t pml4);

/* Levels of this CPU's page tables as they are now: 4 or 5. */
unsigned boot_levels(void);

/* Entered from boot.S, in 64-bit mode on the bootstrap tables. */
[[gnu::noreturn]] void boot_main(uint32_t information);

/*
 * The rest, in the reserve, on the final tables; launch lies in the reserve too. Below loaded_end
 * is what the boot loader left behind.
 */
[[gnu::noreturn]] void main_start(const struct launch_header *launch, uint64_t loaded_end);
