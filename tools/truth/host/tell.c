/* SPDX-License-Identifier: MIT */
/* Differences as text. See tell.h. */
#include "tell.h"

#include <string.h>

void tell_plain(FILE *out, const char *text)
{
    for (; *text != 0; text++) {
        unsigned char c = (unsigned char)*text;
        if (c >= ' ' && c <= '~' && c != '\\') {
            putc(c, out);
        } else {
            fprintf(out, "\\x%02x", c);
        }
    }
}

static void add_skipped(struct tell_skips *skips, const char *name, const char *a, const char *b)
{
    unsigned i = 0;

    a = a == NULL ? "." : a;
    b = b == NULL ? "." : b;
    while (i < skips->count &&
           (strcmp(skips->list[i].a, a) != 0 || strcmp(skips->list[i].b, b) != 0)) {
        i++;
    }
    if (i == TELL_SKIPS) {
        return; /* the summary counts it, --json names it */
    }
    if (i == skips->count) {
        skips->list[skips->count++] = (struct tell_skipped){.name = name, .a = a, .b = b};
    }
    skips->list[i].count++;
}

void tell_skips(const struct tell_skips *skips)
{
    for (unsigned i = 0; i < skips->count; i++) {
        const struct tell_skipped *s = &skips->list[i];
        printf("- %s", s->name);
        if (s->count > 1) {
            printf(" and %u more", s->count - 1);
        }
        printf(": ");
        tell_plain(stdout, s->a);
        printf(" | ");
        tell_plain(stdout, s->b);
        putchar('\n');
    }
}

void tell_text(void *context, enum compare_how how, const char *name, const char *field,
               const char *a, const char *b)
{
    if (how == COMPARE_SKIPPED) {
        add_skipped(context, name, a, b);
        return;
    }
    printf("%s%s: ", how == COMPARE_PLATFORM ? "~ " : "", name);
    if (field != NULL) {
        tell_plain(stdout, field);
        printf(": ");
    }
    tell_plain(stdout, a == NULL ? "." : a);
    printf(" | ");
    tell_plain(stdout, b == NULL ? "." : b);
    putchar('\n');
}
