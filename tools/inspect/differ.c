/* SPDX-License-Identifier: MIT */
/* In which parts two files differ. See differ.h. */
#include "differ.h"

unsigned differ_parts(const struct parts *a, const struct parts *b,
                      void (*tell)(void *context, const char *name, enum differ_how how),
                      void *context)
{
    unsigned count = 0;
    for (unsigned i = 0; i < a->count; i++) {
        const struct part *part = &a->list[i];
        const struct part *other = parts_find(b, part->name);
        if (other == NULL || memcmp(other->digest, part->digest, PARTS_DIGEST) != 0) {
            tell(context, part->name, other == NULL ? DIFFER_GONE : DIFFER_CHANGED);
            count++;
        }
    }
    for (unsigned i = 0; i < b->count; i++) {
        if (parts_find(a, b->list[i].name) == NULL) {
            tell(context, b->list[i].name, DIFFER_NEW);
            count++;
        }
    }
    return count;
}
