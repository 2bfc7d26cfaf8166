/* SPDX-License-Identifier: MIT */
/* Figures of the allocator, for the services' own reports and for tests. */
#pragma once
#include <stdint.h>

/* Bytes in use, headers included, now and at most so far. */
void rt_heap_figures(uint64_t *used, uint64_t *peak);
