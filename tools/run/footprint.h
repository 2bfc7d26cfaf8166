/* SPDX-License-Identifier: MIT */
/* How large ring 0 is in lines. */
#pragma once

/* What svsm-lines counted for this build, whose tools lie in `tools`. 0: it is not there. */
unsigned long footprint_lines(const char *tools);
