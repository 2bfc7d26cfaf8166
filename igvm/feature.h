/* SPDX-License-Identifier: MIT */
/* SEV_FEATURES by name. Their bits: SNP_FEATURE_* of snp.h, whose names in lower case these are. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The name of a bit by its number; NULL: it has none. */
const char *feature_name(unsigned bit);

/* A list of names with commas. False, and *out as it was, if one is unknown or the list is empty.
 */
bool feature_parse(const char *list, uint64_t *out);

#define FEATURE_TEXT 320

/* All that are set, with commas, by rising bit; a bit without a name as "bit-N"; "none". */
void feature_text(uint64_t features, char out[FEATURE_TEXT]);
