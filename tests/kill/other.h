/* SPDX-License-Identifier: MIT */
/* Operations of the other vCPU's task. See other.c. */
#pragma once

enum other_operation { OTHER_RUN, OTHER_GATE, OTHER_REPORT };
