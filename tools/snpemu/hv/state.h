/* SPDX-License-Identifier: MIT */
/*
 * Moving a level's state between its save area and the CPU. At each exit everything that VMRUN
 * swaps goes to the save area; the vector state and the registers that QEMU's VMRUN leaves alone
 * (PAT, XCR0, TSC_AUX, DR0 to DR3) move only when another level gets the CPU.
 */
#pragma once
#include "machine.h"

#define STATE_CR0_PE (UINT64_C(1) << 0)
#define STATE_CR0_PG (UINT64_C(1) << 31)
#define STATE_CR4_PAE (UINT64_C(1) << 5)

/* Asks the CPU what it has; stops if something is missing. Once. */
void state_init(void);

/* A level gets its VMCB and XSAVE image, with the intercepts of an SNP guest. */
void state_create(struct level *level);

/* From the save area into the VMCB, and back. */
void state_enter(struct level *level);
void state_leave(struct level *level);

/* What only a change of level swaps. */
void state_load(struct level *level);
void state_unload(struct level *level);

/* Physical address of the VMCB that keeps the host's own VMLOAD state. */
uint64_t state_host(void);
