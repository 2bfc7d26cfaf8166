/* SPDX-License-Identifier: MIT */
/*
 * A bare guest that asks the firmware for one report of its level and prints it, with the
 * certificates that the host has, for the programs that look at both: alone at VMPL0 (vmpl0.c), or
 * below the SVSM at VMPL2 (vmpl2.c). Its parts are those of the conformance guest and of the
 * protocols' payload.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* Of the two: the page becomes the host's too; false: somebody refused. */
bool report_share(uint64_t gpa);
extern const unsigned report_level;

/* Lines "guest report HEX" and "guest certificates HEX", then the end of the guest; its exit status
 * is 0 where firmware answered as it has to. */
[[gnu::noreturn]] void report_run(void);
