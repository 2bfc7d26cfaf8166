/* SPDX-License-Identifier: MIT */
/* Names of functions from the symbol table of an ELF file. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "fail.h"

struct symbols;

/* NULL: what is wrong is in *f. */
struct symbols *symbols_open(const char *path, struct fail *f);

/* "function+0x12", or nothing. */
void symbols_name(const struct symbols *s, uint64_t address, char *out, size_t size);

void symbols_close(struct symbols *s);
