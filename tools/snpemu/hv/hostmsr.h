/* SPDX-License-Identifier: MIT */
/* MSRs that the host answers for a guest which asked it by the GHCB. */
#pragma once
#include "machine.h"

/* False: #GP. */
bool hostmsr_read(struct level *level, uint32_t index, uint64_t *value);
bool hostmsr_write(struct level *level, uint32_t index, uint64_t value);
