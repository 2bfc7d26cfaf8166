/* SPDX-License-Identifier: MIT */
/* Writes to CR0 that change more than TS and MP: with paging the meaning of addresses changes. */
#pragma once
#include "machine.h"

void cr0_write(struct level *level);
