/* SPDX-License-Identifier: MIT */
/* The certificates that the command line names, from their files. */
#pragma once
#include "load.h"
#include "options.h"

/*
 * All three, or an error that was said. vlek: where a folder has both, take the VLEK.
 */
[[nodiscard]] enum exit_code files_load(const struct options *options, bool vlek,
                                        struct chain *chain);
