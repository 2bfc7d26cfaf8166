/* SPDX-License-Identifier: MIT */
/* See series.h. The TPMs take turns within a round, so a ratio is taken round by round. */
#include "series.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *memory(size_t count, size_t size)
{
    void *p = calloc(count, size);
    if (p == NULL) {
        fputs("bench: no memory\n", stderr);
        exit(3);
    }
    return p;
}

void series_init(struct series *s, unsigned per_round, unsigned rounds)
{
    *s = (struct series){.per_round = per_round};
    s->ticks = memory((size_t)per_round * rounds, sizeof(s->ticks[0]));
}

uint64_t *series_round(struct series *s)
{
    uint64_t *at = s->ticks + s->count;
    s->count += s->per_round;
    return at;
}

void series_free(struct series *s)
{
    free(s->ticks);
    s->ticks = NULL;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Linear between the two values around the place. */
static double percentile(double *values, unsigned count, unsigned part)
{
    qsort(values, count, sizeof(values[0]), compare);
    const double place = (double)(count - 1) * part / 100;
    const unsigned low = (unsigned)place;
    const unsigned high = low + 1 < count ? low + 1 : low;
    return values[low] + (values[high] - values[low]) * (place - low);
}

static double part_of(const uint64_t *ticks, unsigned count, unsigned part)
{
    if (count == 0) {
        return 0;
    }
    double *values = memory(count, sizeof(values[0]));
    for (unsigned i = 0; i < count; i++) {
        values[i] = (double)ticks[i];
    }
    const double result = percentile(values, count, part);
    free(values);
    return result;
}

double series_percentile(const struct series *s, unsigned part)
{
    return part_of(s->ticks, s->count, part);
}

struct ratio series_ratio(const struct series *above, const struct series *below)
{
    const unsigned rounds = above->per_round == 0 ? 0 : above->count / above->per_round;
    if (rounds == 0 || below->count / below->per_round != rounds) {
        return (struct ratio){0};
    }
    double *values = memory(rounds, sizeof(values[0]));
    for (unsigned i = 0; i < rounds; i++) {
        values[i] = part_of(above->ticks + (size_t)i * above->per_round, above->per_round, 50) /
                    part_of(below->ticks + (size_t)i * below->per_round, below->per_round, 50);
    }
    const struct ratio result = {
        .median = percentile(values, rounds, 50),
        .least = percentile(values, rounds, 0),
        .most = percentile(values, rounds, 100),
    };
    free(values);
    return result;
}
