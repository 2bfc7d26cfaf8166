/* SPDX-License-Identifier: MIT */
/*
 * What the TPM must hold: changed here by acknowledged commands only, compared with what the TPM
 * says after each injection.
 */
#pragma once
#include <stdbool.h>
#include "command.h"

enum kind {
    KIND_EXTEND,    /* one of the model's PCRs */
    KIND_RESET,     /* PCR 16 or 23 */
    KIND_INCREMENT, /* the NV counter */
    KIND_WRITE,     /* some bytes of the NV index */
    KIND_NV_EXTEND,
    KIND_TOGGLE, /* define an NV index, or undefine it */
    KIND_RANDOM, /* 32 random bytes */
    KIND_STIR,
    KIND_SESSION, /* open one, or close one if there are three */
    KIND_PRIMARY, /* make the ECC key, or flush it */
    KINDS,
};

/* A command that has been chosen but not sent. */
struct pending {
    enum kind kind;
    uint32_t pcr;    /* EXTEND, RESET */
    uint32_t offset; /* WRITE */
    bool closes;     /* TOGGLE, SESSION, PRIMARY: undefines, flushes */
    uint8_t data[DIGEST];
    struct bytes command;
};

#define PCRS 3
#define SESSIONS_MAX 3

struct model {
    uint8_t pcr[PCRS][DIGEST];
    uint64_t counter;
    uint8_t data[NV_DATA_SIZE];
    uint8_t nv_extend[DIGEST];
    bool toggled;
    uint32_t session[SESSIONS_MAX]; /* 0: none */
    uint32_t key;                   /* 0: not loaded */
    uint8_t public[80];             /* of the key: it must be the same each time */
    bool public_known;
};
extern struct model model;
extern const uint32_t model_pcrs[PCRS];
#define MODEL_PCR_MASK UINT32_C(0x810400) /* of model_pcrs */

extern const char *const kind_names[KINDS];

/* Random numbers of the test: the same for the same seed. */
void random_seed(uint64_t seed);
uint64_t random_next(void);

/* A command of that kind with random contents. */
void model_choose(struct pending *p, enum kind kind);
/* The TPM has answered it: the model follows. NULL, or what is wrong with the answer. */
const char *model_follow(const struct pending *p, const struct bytes *response);

/* compare.c. Start the TPM and make the model's objects. NULL, or what failed. */
const char *model_start(void);
/* Read everything back. NULL, or what differs. */
const char *model_compare(void);
extern uint64_t model_compares, model_losses;

/*
 * Of whoever uses the model, a task (trial.c, randoms.c) or a guest (snp/): a TPM command, repeated
 * while the service is busy, and the service's result; and DIGEST bytes from the TPM's random
 * generator: NULL, or why they cannot be: there before.
 */
uint64_t tpm_send(const struct bytes *command, struct bytes *response);
const char *model_note_random(const uint8_t *bytes);
extern uint64_t model_randoms, model_repeats;
