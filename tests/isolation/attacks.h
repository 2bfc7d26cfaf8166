/* SPDX-License-Identifier: MIT */
/* Forbidden acts that are one instruction each. */
#pragma once
#include "acts.h"
#include <stdint.h>

/* Comes back if the instruction was not stopped. */
void attack_instruction(enum act act);
