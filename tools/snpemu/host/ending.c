/* SPDX-License-Identifier: MIT */
#include "ending.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* The words of hv's last line, and ours for them. */
static const struct {
    const char *word, *end;
} ends[] = {
    {LINES_EXIT, "exit"},
    {LINES_OFF, "off"},
    {LINES_RESET, "reset"},
    {LINES_TERMINATE, "terminated"},
    {LINES_STOP " " LINES_STOP_EMULATOR, "emulator"},
    {LINES_STOP, "refused"},
};

static const char *end_of(const struct ending *e, const struct lines *l)
{
    static const char *const causes[] = {
        [ENDING_TIMEOUT] = "timeout", [ENDING_SIGNAL] = "signal", [ENDING_LOST] = "lost"};

    if (e->cause != ENDING_SAID) {
        return causes[e->cause];
    }
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        size_t len = strlen(ends[i].word);
        if (strncmp(l->last, ends[i].word, len) == 0 &&
            (l->last[len] == 0 || l->last[len] == ' ')) {
            return ends[i].end;
        }
    }
    return "lost";
}

/* A word of the last line: as a number, or as it is. */
static void take(json_t *object, const struct lines *l, const char *key, bool number)
{
    const char *at = lines_value(l->last, key);

    if (at == NULL) {
        return;
    }
    size_t len =
        strcmp(key, "name") == 0 || strcmp(key, "why") == 0 ? strlen(at) : strcspn(at, " ");
    json_object_set_new(object, key,
                        number ? json_integer(strtoll(at, NULL, 10)) : json_stringn(at, len));
}

static void take_last(json_t *object, const struct lines *l)
{
    static const struct {
        const char *key;
        bool number;
    } keys[] = {{"code", true}, {"rule", false}, {"vcpu", true},   {"vmpl", true},  {"rip", false},
                {"gpa", false}, {"set", true},   {"reason", true}, {"name", false}, {"why", false}};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        take(object, l, keys[i].key, keys[i].number);
    }
    if (l->symbol[0] != 0) {
        json_object_set_new(object, "symbol", json_string(l->symbol));
    }
    if (l->why[0] != 0) {
        json_object_set_new(object, "message", json_string(l->why));
    }
}

static json_t *stats(const struct lines *l)
{
    json_t *exits = json_array();

    for (unsigned i = 0; i < l->exit_count; i++) {
        char code[32];
        snprintf(code, sizeof(code), "%" PRIx64, l->exits[i].code);
        json_array_append_new(exits,
                              json_pack("{s:s, s:s, s:I}", "code", code, "name", l->exits[i].name,
                                        "count", (json_int_t)l->exits[i].count));
    }
    json_t *lies = json_object();

    for (unsigned i = 0; i < l->lie_count; i++) {
        json_object_set_new(lies, l->lies[i].name, json_integer((json_int_t)l->lies[i].told));
    }
    return json_pack("{s:o, s:o, s:I, s:I, s:I, s:I}", "exits", exits, "lies", lies, "vc",
                     (json_int_t)l->vc, "merged", (json_int_t)l->merged, "stale",
                     (json_int_t)l->stale, "other", (json_int_t)l->other);
}

static json_t *firmware(const struct psp_count *count)
{
    return json_pack("{s:I, s:I, s:I}", "requests", (json_int_t)count->requests, "ivs",
                     (json_int_t)count->pairs, "ivs_reused", (json_int_t)count->reused);
}

bool ending_write(FILE *file, const struct ending *e, const struct lines *l)
{
    json_t *object = json_pack("{s:i, s:s, s:s}", "status", e->status, "end", end_of(e, l),
                               "launch_digest", e->digest);
    if (object != NULL && e->cause == ENDING_SAID) {
        take_last(object, l);
    }
    if (object != NULL && l->counted) {
        json_object_set_new(object, "stats", stats(l));
    }
    if (object != NULL) {
        json_object_set_new(object, "firmware", firmware(&e->psp));
    }
    bool good =
        object != NULL && json_dumpf(object, file, JSON_INDENT(2)) == 0 && fputc('\n', file) != EOF;
    json_decref(object);
    return fclose(file) == 0 && good;
}
