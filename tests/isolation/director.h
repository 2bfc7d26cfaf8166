/* SPDX-License-Identifier: MIT */
/* The director's two parts share what they know of the others. */
#pragma once
#include "acts.h"
#include "probes.h"
#include "../tasks/raw.h"

/* What came of a call of the attacker. */
struct outcome {
    uint64_t result;
    struct svsm_fault fault; /* its newest; cause 0: none since the last look */
    const char *damage;      /* what is wrong with everything else; NULL: nothing */
};

/* Call the attacker, read the fault ring, look after ring 0 and the victim. */
struct outcome director_call(uint64_t op, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3);

/* One act judged: counted, and reported if it failed or if `name` is not NULL. */
void director_judge(const char *name, const struct outcome *o, int fine);

/* The sweeps of probes.h. */
void director_sweep(void);

extern uint32_t director_contained, director_escaped;
