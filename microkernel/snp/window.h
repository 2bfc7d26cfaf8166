/* SPDX-License-Identifier: MIT */
/* See window.c; what the windows are used for is snp.h. */
#pragma once

/* Boot vCPU, under the bootstrap tables, as part of machine_windows(). */
void window_init(void);
