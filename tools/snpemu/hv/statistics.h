/* SPDX-License-Identifier: MIT */
/* How often the guest left, by reason; printed at the end if the launch image asks for it. */
#pragma once
#include <stdint.h>

void statistics_exit(uint64_t code);
void statistics_vc(void);
void statistics_print(void);
