/* SPDX-License-Identifier: MIT */
/* --gdb: QEMU's debugger stub, and what a person types to reach it. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "options.h"

#define DEBUG_PORT "1234"

/* A port from 1 to 65535, or the path of a UNIX socket, which has a slash in it. */
bool debug_is_place(const char *value);

/* QEMU's -gdb for a place. `size` has to hold DEBUG_MAX bytes. */
#define DEBUG_MAX 256
void debug_qemu(const char *place, char *out, size_t size);

/* The gdb command line, with the hypervisor's symbols and those of --symbols, on stderr. */
void debug_say(const struct options *o);
