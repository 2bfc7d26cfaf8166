/* SPDX-License-Identifier: MIT */
/* Recordings. See record.h. */
#include "record.h"

#include <inttypes.h>
#include <string.h>

#include <wire/lines.h>

#define PLAIN "abcdefghijklmnopqrstuvwxyz0123456789"
#define HEX "abcdef0123456789"

void record_begin(struct record *r, FILE *file)
{
    *r = (struct record){.file = file};
    fprintf(file, "{\"record\":%d}\n", RECORD_FORMAT);
}

/* "key=value" of len characters; a value is a number, or a name. */
static void member(FILE *file, const char *word, size_t len)
{
    size_t key = strspn(word, PLAIN);

    if (key == 0 || key >= len || word[key] != '=') {
        return;
    }
    const char *value = word + key + 1;
    size_t rest = len - key - 1, plain = strspn(value, PLAIN);
    if (rest == 0 || plain < rest) {
        return;
    }
    fprintf(file, ",\"%.*s\":\"%s%.*s\"", (int)key, word, strspn(value, HEX) < rest ? "" : "0x",
            (int)rest, value);
}

void record_line(struct record *r, const char *line)
{
    const char *at = line + strlen(LINES_RECORD);

    if (r->file == NULL) {
        return;
    }
    at += strspn(at, " ");
    size_t kind = strspn(at, PLAIN);
    fprintf(r->file, "{\"n\":%" PRIu64 ",\"kind\":\"%.*s\"", ++r->count, (int)kind, at);
    for (at += kind; *at != 0;) {
        size_t len = strcspn(at, " ");
        member(r->file, at, len);
        at += len + strspn(at + len, " ");
    }
    fputs("}\n", r->file);
}

bool record_end(struct record *r)
{
    if (r->file == NULL) {
        return true;
    }
    fprintf(r->file, "{\"end\":%" PRIu64 "}\n", r->count);
    bool good = ferror(r->file) == 0;
    good = fclose(r->file) == 0 && good;
    r->file = NULL;
    return good;
}
