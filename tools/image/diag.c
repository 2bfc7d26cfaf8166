/* SPDX-License-Identifier: MIT */
/* Error messages and spelling suggestions. See diag.h. */
#include "diag.h"
#include <stdarg.h>
#include <string.h>

#define WORD_MAX 40 /* longer words are not worth a suggestion */

void diag_error(struct diag *d, const char *file, unsigned line, const char *format, ...)
{
    va_list args;
    d->errors++;
    if (d->out == NULL) {
        return;
    }
    if (file != NULL && line != 0) {
        fprintf(d->out, "%s:%u: ", file, line);
    } else if (file != NULL) {
        fprintf(d->out, "%s: ", file);
    }
    fputs("error: ", d->out);
    va_start(args, format);
    vfprintf(d->out, format, args);
    va_end(args);
    fputc('\n', d->out);
}

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
    unsigned least = a < b ? a : b;
    return least < c ? least : c;
}

/* Edit distance, by the row method. Both words are shorter than WORD_MAX. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[WORD_MAX + 1];
    size_t b_len = strlen(b);
    for (size_t j = 0; j <= b_len; j++) {
        row[j] = (unsigned)j;
    }
    for (size_t i = 1; a[i - 1] != 0; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_len; j++) {
            unsigned above = row[j];
            row[j] = min3(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[b_len];
}

const char *diag_nearest(const char *word, const char *const *words, size_t count)
{
    const char *best = NULL;
    unsigned best_distance = 4;
    if (strlen(word) >= WORD_MAX) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        if (strlen(words[i]) >= WORD_MAX) {
            continue;
        }
        unsigned d = distance(word, words[i]);
        if (d < best_distance && d * 2 <= strlen(words[i])) {
            best = words[i];
            best_distance = d;
        }
    }
    return best;
}

void diag_list(char *out, size_t size, const char *const *words, size_t count)
{
    size_t at = 0;
    out[0] = 0;
    for (size_t i = 0; i < count && at < size; i++) {
        int n = snprintf(out + at, size - at, "%s%s", i == 0 ? "" : ", ", words[i]);
        at += n > 0 ? (size_t)n : 0;
    }
}
