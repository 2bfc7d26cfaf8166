/* SPDX-License-Identifier: MIT */
/* See ap.c. */
#pragma once

/* On the boot vCPU, before the host is told of any other: their APIC IDs (apic_ids.h). */
void ap_learn_ids(void);
/* Once, on the boot vCPU, when the tasks are ready: the others run from now on. */
void ap_start_others(void);
