/* SPDX-License-Identifier: MIT */
/* The outcome on stdout, for persons or as JSON. */
#pragma once
#include <svsm/abi/attest.h>
#include "check.h"

void show_text(const struct checks *checks);

/* False: out of memory. */
[[nodiscard]] bool show_json(const struct checks *checks, const struct psp_report *report);
