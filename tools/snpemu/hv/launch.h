/* SPDX-License-Identifier: MIT */
/* The launch image becomes a guest: RMP, contents of memory, the first save areas. */
#pragma once
#include <stdint.h>

/*
 * machine.launch is set; what lies below loaded_end may be the loader's. Stops the emulator if the
 * image contradicts itself.
 */
void launch_guest(uint64_t loaded_end);
