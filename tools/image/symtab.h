/* SPDX-License-Identifier: MIT */
/* Symbol tables in the format of symbols.h, from an ELF file's functions. */
#pragma once
#include "elffile.h"
#include "file.h"

/*
 * Functions at or above `least` only. Empty (size 0) if the file has none: it was stripped. The
 * size is a multiple of 8. free(out->data) afterwards.
 */
[[nodiscard]] bool symtab_build(struct diag *d, const struct elffile *e, uint64_t least,
                                struct bytes *out);
