/* SPDX-License-Identifier: MIT */
/* Puts recorded commands to a TPM, in order, and compares every answer byte for byte. */
#pragma once
#include "vectors.h"

#define REPLAY_ANSWER_MAX 4096u

struct replay {
    /* One command; returns the answer's length, 0 if there was none. */
    size_t (*ask)(void *tpm, const struct bytes *command, uint8_t answer[REPLAY_ANSWER_MAX]);
    void *tpm;
    bool stream;    /* commands without an end cannot be put to it */
    unsigned every; /* of what is refused, only each so-manieth is put; 0 or 1: all */
    unsigned refusals;
    unsigned equal, different, left_out;
};

/* The vectors of `f` behind its first line. False: the file is not good. */
bool replay_run(struct replay *r, FILE *f);

/* One line as tests/README.md wants it; the exit status. */
int replay_report(const struct replay *r, const char *name);
