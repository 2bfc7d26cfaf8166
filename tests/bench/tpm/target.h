/* SPDX-License-Identifier: MIT */
/*
 * A TPM that is measured: a process of ours (job.h) or swtpm, at the other end of a socket.
 * Functions return false where something failed, and say on stderr what.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cases.h"
#include "job.h"

struct target {
    const char *name;
    pid_t pid;
    int fd;      /* commands or jobs */
    int control; /* swtpm's control channel; -1: it is a worker */
    struct memory memory;
    uint8_t response[STATE_MAX]; /* of the last command */
    size_t response_size;
};

static inline bool target_is_worker(const struct target *t)
{
    return t->control < 0;
}

bool target_start_worker(struct target *t, const char *name, const char *path);
/* With its state below `folder`, which is there and empty. */
bool target_start_swtpm(struct target *t, const char *name, const char *folder);
void target_stop(struct target *t);

/*
 * One job, and how long it took as seen from here. `inside` gets a worker's own times, `repeat` of
 * them; NULL: do not care. Only a worker takes a `repeat` other than 1 or an `after`.
 */
bool target_do(struct target *t, enum job_kind kind, const struct command *c, unsigned repeat,
               const struct command *after, uint64_t *inside, uint64_t *trip);

/* The permanent state as libtpms has it, without swtpm's own header. */
bool target_state(struct target *t, uint8_t *state, size_t *size);
/* Makes a worker a TPM with that state. */
bool target_adopt(struct target *t, const uint8_t *state, size_t size);
