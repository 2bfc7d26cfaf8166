/* SPDX-License-Identifier: MIT */
/* Whose the guest's pages are when the machine ends, for --check-vmpl0. */
#pragma once

/* If it was asked for: a line for each range that is VMPL0's alone, one for each save area, and
 * one with the sums. */
void owners_print(void);
