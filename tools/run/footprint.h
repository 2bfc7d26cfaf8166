/* SPDX-License-Identifier: MIT */
/* How large ring 0 is in lines, as far as its source is at hand. */
#pragma once

/* Lines of C and assembler below microkernel/ beside the build folder, of which `tools` is a part;
 * blank ones not counted. 0: not at hand. */
unsigned long footprint_lines(const char *tools);
