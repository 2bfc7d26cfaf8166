/* SPDX-License-Identifier: MIT */
/* The name in the file system under which clients find us. */
#pragma once
#include <stdbool.h>
#include <sys/types.h>

#include "say.h"

struct socket_name {
    const char *path;
    int listener; /* non-blocking; -1: none */
    dev_t device; /* what we made under `path`, to tell it from what another puts there later */
    ino_t inode;
};

/*
 * Makes the socket at an absolute path and listens on it, for this user alone. A stale one is
 * replaced; one that someone serves is an error. Of several that try at once, one gets it.
 */
enum exit_code socket_make(struct socket_name *s, const char *path, int backlog);

/* Is the name one that somebody serves? */
bool socket_in_use(const char *path);

/* Closes it and takes its name away, if the name is still ours. */
void socket_remove(struct socket_name *s);
