/* SPDX-License-Identifier: MIT */
/*
 * Which lies are told at a point, and what becomes of an answer. Pure: who tells them has the
 * effects. The caller serialises.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "../wire/lie.h"

#define LIE_HITS_MAX 8u
#define LIE_ANSWERS 16u /* kept, of the last events */

/* Where a lie could be told. */
struct lie_point {
    enum lie_at at;
    uint64_t event;
    uint16_t port; /* of port I/O; otherwise 0 */
    uint8_t vmpl, vcpu;
};

/* What goes back, the last field being the MSR: bit n of answered is field n. */
struct lie_answer {
    uint64_t out[LIE_FIELDS];
    uint32_t answered;
};

struct lie_kept {
    struct lie_answer answer;
    uint64_t event, order; /* order 0: none is kept */
    uint8_t vmpl, vcpu;
    bool owed; /* LIE_SWAP: the next event's */
};

struct lie_slot {
    struct lie lie;
    uint32_t seen, told;
};

struct lies {
    struct lie_slot slots[2 * LIE_MAX];
    uint32_t count, fixed; /* of slots, and how many the command line has given */
    uint32_t guest_told;
    uint64_t told[LIE_KINDS];
    struct lie_kept kept[LIE_ANSWERS];
    uint64_t order;
};

struct lie_hits {
    const struct lie *lies[LIE_HITS_MAX];
    unsigned count;
};

/* count: at most LIE_MAX, the rest is left out. */
void lie_init(struct lies *lies, const struct lie *table, uint32_t count);

/* The guest's. False: there is no room. */
bool lie_arm(struct lies *lies, const struct lie *lie);
void lie_disarm(struct lies *lies);

/* The guest has come by: those that are for this occurrence. More than LIE_HITS_MAX are not seen.
 */
struct lie_hits lie_hits(struct lies *lies, const struct lie_point *point);

/* The first hit of a kind, or NULL. */
const struct lie *lie_find(const struct lie_hits *hits, enum lie_kind kind);

/* It was told: an effect came about. True: it is the command line's, and told for the first time.
 */
bool lie_told(struct lies *lies, const struct lie *lie);

/* Which of the command line's it is, from 0 on; LIE_MAX: the guest's. */
uint32_t lie_index(const struct lies *lies, const struct lie *lie);

/* Is it about an answer? Else it is an effect. */
bool lie_is_answer(enum lie_kind kind);

/*
 * The answer to the event of a point, changed by the hits, and kept. False: nothing goes back. Also
 * without hits, since later ones ask for answers that were given before. told: those that came
 * about, which the caller has to count by lie_told().
 */
bool lie_answer(struct lies *lies, const struct lie_point *point, const struct lie_hits *hits,
                struct lie_answer *answer, struct lie_hits *told);
