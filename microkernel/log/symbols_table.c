/* SPDX-License-Identifier: MIT */
/* Filled in by the image builder. In a file of its own: no other may believe the zeros. */
#include <log/symbols.h>

[[gnu::section(".rodata_symbols")]] const union kernel_symbols kernel_symbols = {.bytes = {0}};
