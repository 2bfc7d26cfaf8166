/* SPDX-License-Identifier: MIT */
/* The bare guest in the emulated machine. */
#pragma once
#include <bytes.h>

#include "options.h"

/* Shows the kinds of lies on standard output. */
enum exit_code emulate_lies(void);

/*
 * Boots an IGVM file with svsm-emu, the one of this build. *console is what the guest wrote to
 * COM1, the caller's to free(). What is wrong has been said.
 */
enum exit_code emulate(const struct options *o, struct bytes image, struct bytes *console);
