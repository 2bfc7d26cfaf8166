/* SPDX-License-Identifier: MIT */
/* Programs that we start: found, judged, and settled so that they end when we do. */
#pragma once
#include <limits.h>
#include <sys/types.h>

#include "args.h"
#include "say.h"

/*
 * In the child, before it becomes another program: default signals, its own process group, so that
 * Ctrl-C is for the parent, which then ends its children in order; dead when the parent is.
 */
void child_settle(pid_t parent);

/*
 * Starts a program, settled, with these as its file descriptors from 0 on, -1 for nothing at all,
 * and no others that are not meant to be inherited. Negative: errno says why not.
 */
pid_t child_start(const struct args *a, const int *fds, unsigned count);

/*
 * A QEMU that is new enough: a path, or a name to look for in PATH. Its absolute path goes to
 * `path`. What is wrong has been said.
 */
enum exit_code child_find_qemu(const char *qemu, char path[PATH_MAX]);
