/* SPDX-License-Identifier: MIT */
/* Operations and states of the killer. See killer.c. */
#pragma once

enum killer_operation { KILLER_RUN, KILLER_ORDER, KILLER_GO, KILLER_STATE };
enum killer_state { KILLER_IDLE, KILLER_ORDERED, KILLER_READY, KILLER_DONE };
