/* SPDX-License-Identifier: MIT */
/* SVSM_SYS_SNP_REQUEST: the machine's PSP, for the one task that holds the platform handle. */
#pragma once
#include <task/task.h>

/* No exchange has been made. Once, at boot. */
void platform_init(void);

enum next platform_request(struct cpu *cpu);
