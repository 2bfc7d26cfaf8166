/* SPDX-License-Identifier: MIT */
/* Forbidden acts that take assembly: privileged instructions and register games. */
#pragma once
#include "acts.h"
#include <stdint.h>

void attack_instruction(enum act act);

/* Load flags; 0 if bits `must_stay` are still set and bits `must_not` still clear. */
uint64_t attack_popf(uint64_t must_stay, uint64_t must_not);
void attack_load_gs(void);
/* Make a harmless system call with these flags set. */
void attack_flags_into_kernel(uint64_t flags);
/* 0 if a system call hands nothing back but its results. */
uint64_t attack_registers_after_system_call(void);
/* 0 if every vector register reads as zero. */
uint64_t attack_vectors_are_clear(void);
