/* SPDX-License-Identifier: MIT */
/*
 * Recorded TPM commands and answers (tests/vectors/tpm-*.jsonl): JSON lines, bytes in hex. The
 * first line holds the state to start from, every further one a command and its answer.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct bytes {
    uint8_t *data; /* on the heap, of exactly this size; NULL: none */
    size_t size;
};

struct vectors_state {
    struct bytes permanent, volatile_state;
    char libtpms[16]; /* the version that gave the answers */
};

struct vector {
    char *name;
    struct bytes command, response;
    /* The size in the command's header is not its length: on a byte stream it has no end. */
    bool unframed;
    bool step; /* refused, and yet what follows depends on it */
};

/* Reads the first line; false: it is not one. */
bool vectors_open(FILE *f, struct vectors_state *state);

/* 1: a vector. 0: there are no more. -1: that is no vector (said on stderr). */
int vectors_next(FILE *f, struct vector *v);

void vectors_state_free(struct vectors_state *state);
void vectors_free(struct vector *v);
