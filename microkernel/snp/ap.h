/* SPDX-License-Identifier: MIT */
/* See ap.c. */
#pragma once

/* Once, on the boot vCPU, when the tasks are ready: the others run from now on. */
void ap_start_others(void);
