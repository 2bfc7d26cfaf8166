/* SPDX-License-Identifier: MIT */
/* All checks of one report, in the order in which they are shown. No files, no output. */
#pragma once
#include <stdint.h>
#include <svsm/abi/attest.h>
#include "chain.h"
#include "check.h"
#include "expect.h"

/*
 * `report` has `size` bytes of anybody's. *out is the report's fields, zero when the size is wrong.
 */
void verify(struct checks *checks, const void *report, size_t size, const struct chain *chain,
            const struct chain_rules *rules, const struct expect *expect, struct psp_report *out);
