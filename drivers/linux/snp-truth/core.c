/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* What the module shares with the bare guest: the runner, and the lines that it writes. */
#include "answer.c"
#include "runner.c"
