/* SPDX-License-Identifier: MIT */
/* A guest below the SVSM, in the emulated SNP machine: svsm-compose makes the IGVM file, svsm-emu
 * runs it. */
#pragma once
#include "options.h"

/* Until it ends. The exit status of this program: svsm-emu's, or an exit_code of ours. */
[[nodiscard]] int guest_run(const struct options *o);
