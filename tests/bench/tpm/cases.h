/* SPDX-License-Identifier: MIT */
/* What is measured: commands, and what has to be there before. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "command.h"

/* What a case keeps for one TPM between its commands. */
struct memory {
    struct command parts; /* private and public part that Create gave out */
};

typedef void build_fn(struct command *c, const struct memory *memory, unsigned index);

struct bench_case {
    const char *name;
    build_fn *build; /* the timed command; NULL: `kind` says it all */
    enum job_kind kind;
    unsigned count;       /* times a round */
    bool vary;            /* the command is another one each time (index) */
    bool power;           /* the TPM is switched off and on before each */
    bool same;            /* all TPMs give the same response, to the byte */
    bool keep;            /* `prepare[1]` is Create, and its response is kept in memory */
    build_fn *prepare[2]; /* before the first, untimed */
    build_fn *after;      /* after each, untimed */
    build_fn *clean;      /* after the last, untimed */
};

extern const struct bench_case bench_cases[];
extern const unsigned bench_case_count;

void build_startup(struct command *c, const struct memory *memory, unsigned index);
/* Keeps the parts of Create's response. false: it is not one. */
bool memory_keep(struct memory *memory, const uint8_t *response, size_t size);
