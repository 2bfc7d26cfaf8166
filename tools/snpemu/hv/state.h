/* SPDX-License-Identifier: MIT */
/*
 * A level's state between its save area and the CPU. While it is loaded, the save area is in use:
 * its contents are those of the VMCB, as on hardware they are the CPU's from VMRUN to the exit.
 * Here that lasts until the level has to give the CPU to another, or somebody else wants the page.
 */
#pragma once
#include "machine.h"

#define STATE_CR0_PE (UINT64_C(1) << 0)
#define STATE_CR0_PG (UINT64_C(1) << 31)
#define STATE_CR4_PAE (UINT64_C(1) << 5)

/* Asks the CPU what it has; stops if something is missing. Once, before the next. */
void state_init(void);

/* The calling CPU becomes able to run a guest. */
void state_init_cpu(struct vcpu *vcpu);

/* A level gets its VMCB and XSAVE image, with the intercepts of an SNP guest. */
void state_create(struct level *level);

/* The working copy becomes the save area's contents; then, checked, it is loaded. */
void state_read(struct level *level);
void state_load(struct level *level);

/* What changes at each entry and exit. */
void state_enter(struct level *level);
void state_leave(struct level *level);

/* Back into the save area; nothing if it is not loaded. */
void state_unload(struct level *level);
