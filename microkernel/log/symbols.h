/* SPDX-License-Identifier: MIT */
/* Names of functions, for back traces. */
#pragma once
#include <cdefs.h>
#include <svsm/abi/symbols.h>
#include <task/task.h>

/* Ring 0's own table, written by the image builder (symbols_table.c). */
#define KERNEL_SYMBOLS_BYTES 12288
union kernel_symbols {
    struct svsm_symbols header;
    uint8_t bytes[KERNEL_SYMBOLS_BYTES];
    uint64_t align;
};
extern const union kernel_symbols kernel_symbols;

struct symbol {
    const char *name; /* NULL: not found */
    uint64_t offset;
};

/* Who owns `address`: in ring 0 (t = NULL) or in the task. */
[[nodiscard]] struct symbol symbols_find(const struct task *t, uint64_t address);
