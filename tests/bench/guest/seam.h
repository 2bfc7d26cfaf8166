/* SPDX-License-Identifier: MIT */
/* What the benchmark knows of its own machine. */
#pragma once
#include <stdint.h>
#include <svsm/abi/vmsa.h>

/* Guest RAM, from address 0: the list and calling area in the first pages, then those to validate.
 */
#define SEAM_MEMORY 0x10000u
extern uint8_t seam_memory[SEAM_MEMORY];

/* The guest's only save area. */
[[nodiscard]] struct vmsa *seam_save_area(void);
