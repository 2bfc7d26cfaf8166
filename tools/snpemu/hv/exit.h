/* SPDX-License-Identifier: MIT */
/* What becomes of an exit: the CPU's business, the host's, or #VC. */
#pragma once
#include "machine.h"

void exit_handle(struct level *level);
