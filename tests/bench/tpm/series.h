/* SPDX-License-Identifier: MIT */
/* Times of one command in one TPM, round after round, and what is said of them. */
#pragma once
#include <stdint.h>

struct series {
    unsigned per_round;
    unsigned count;
    uint64_t *ticks; /* in the order they were taken */
};

/* Room for all rounds; ends the program without memory. */
void series_init(struct series *s, unsigned per_round, unsigned rounds);
/* Where the next round's times go. */
uint64_t *series_round(struct series *s);
void series_free(struct series *s);

/* `part` of 100 of the times are at most this, in ticks. 50: the median. */
double series_percentile(const struct series *s, unsigned part);

/* Of the rounds' medians, one divided by the other's: their median, least and largest. */
struct ratio {
    double median, least, most;
};
struct ratio series_ratio(const struct series *above, const struct series *below);
