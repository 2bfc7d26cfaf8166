/* SPDX-License-Identifier: MIT */
/* Reads files of answers. See answers.h. */
#include "answers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"

#define DIGEST_CHARACTERS (2 * TRUTH_DIGEST)

struct reader {
    struct answers *a;
    unsigned line;
    json_int_t end; /* -1: that line has not come */
    struct fail *f;
};

static bool is_number(const char *text, uint64_t *value)
{
    size_t digits = strlen(text) - (strlen(text) < 2 ? 0 : 2);

    if (strncmp(text, "0x", 2) != 0 || digits == 0 || digits > 16 ||
        strspn(text + 2, "0123456789abcdef") != digits) {
        return false;
    }
    *value = strtoull(text + 2, NULL, 16);
    return true;
}

bool answers_number(const json_t *object, const char *field, uint64_t *value)
{
    const char *text = json_string_value(json_object_get(object, field));

    return text != NULL && is_number(text, value);
}

const char *answers_list(const struct answers *a)
{
    return json_string_value(json_object_get(a->first, "list"));
}

static bool numbers_only(const json_t *object)
{
    const char *key;
    json_t *value;
    uint64_t number;

    json_object_foreach((json_t *)object, key, value)
    {
        if (json_string_value(value) == NULL || !is_number(json_string_value(value), &number)) {
            return false;
        }
    }
    return true;
}

/* A name, and either why it was skipped or numbers, of which some may vary. */
static bool is_answer(const json_t *object)
{
    const char *key;
    json_t *value;
    uint64_t number;

    json_object_foreach((json_t *)object, key, value)
    {
        if (strcmp(key, "vary") == 0) {
            if (!json_is_object(value) || !numbers_only(value)) {
                return false;
            }
        } else if (json_string_value(value) == NULL ||
                   (strcmp(key, "name") != 0 && strcmp(key, "skipped") != 0 &&
                    !is_number(json_string_value(value), &number))) {
            return false;
        }
    }
    return true;
}

static bool first_line(struct reader *r, json_t *object)
{
    const json_t *format = json_object_get(object, "truth");
    const char *list = json_string_value(json_object_get(object, "list"));

    if (!json_is_integer(format)) {
        return fail_because(r->f, "line %u: these are no answers: nothing says \"truth\"", r->line);
    }
    if (json_integer_value(format) != TRUTH_FORMAT) {
        return fail_because(r->f, "line %u: answers of format %lld; %u is known", r->line,
                            (long long)json_integer_value(format), TRUTH_FORMAT);
    }
    if (list == NULL || strlen(list) != DIGEST_CHARACTERS ||
        strspn(list, "0123456789abcdef") != DIGEST_CHARACTERS ||
        !json_is_integer(json_object_get(object, "steps"))) {
        return fail_because(r->f, "line %u: it does not say which list was run", r->line);
    }
    r->a->first = json_incref(object);
    return true;
}

static bool answer_line(struct reader *r, json_t *object)
{
    const char *name = json_string_value(json_object_get(object, "name"));
    const json_t *end = json_object_get(object, "end");

    if (r->end >= 0) {
        return fail_because(r->f, "line %u: something follows the end", r->line);
    }
    if (json_is_integer(end)) {
        r->end = json_integer_value(end);
        return true;
    }
    if (name == NULL || !list_name_is_good(name) || !is_answer(object)) {
        return fail_because(r->f, "line %u: no answer", r->line);
    }
    if (json_object_get(r->a->steps, name) != NULL) {
        return fail_because(r->f, "line %u: a second answer for %s", r->line, name);
    }
    return json_object_set(r->a->steps, name, object) == 0 ||
           fail_because(r->f, "no memory for the answers");
}

static bool one_line(struct reader *r, const char *text, size_t size, bool fed)
{
    json_error_t error;
    json_t *object = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);

    if (!json_is_object(object)) {
        json_decref(object);
        return fail_because(
            r->f, fed ? "line %u: no JSON object" : "line %u: it is cut within this line", r->line);
    }
    bool good = r->a->first == NULL ? first_line(r, object) : answer_line(r, object);
    json_decref(object);
    return good;
}

static bool lines(struct reader *r, struct bytes text)
{
    for (size_t at = 0; at < text.size;) {
        const uint8_t *from = text.at + at;
        const uint8_t *feed = memchr(from, '\n', text.size - at);
        size_t len = feed == NULL ? text.size - at : (size_t)(feed - from);
        r->line++;
        if (!one_line(r, (const char *)from, len, feed != NULL)) {
            return false;
        }
        at += len + 1;
    }
    return true;
}

static bool whole(const struct reader *r)
{
    json_int_t steps = json_integer_value(json_object_get(r->a->first, "steps"));
    json_int_t count = (json_int_t)json_object_size(r->a->steps);

    if (r->a->first == NULL) {
        return fail_because(r->f, "there are no answers in it");
    }
    if (r->end < 0 || r->end != count || steps != count) {
        return fail_because(r->f, "it is cut: %lld of %lld answers%s", (long long)count,
                            (long long)steps, r->end < 0 ? ", and no end" : "");
    }
    return true;
}

bool answers_read(struct answers *a, struct bytes text, struct fail *f)
{
    struct reader r = {.a = a, .end = -1, .f = f};

    *a = (struct answers){.steps = json_object()};
    if (a->steps == NULL) {
        return fail_because(f, "no memory for the answers");
    }
    if (!lines(&r, text) || !whole(&r)) {
        answers_free(a);
        return false;
    }
    return true;
}

void answers_free(struct answers *a)
{
    json_decref(a->first);
    json_decref(a->steps);
    *a = (struct answers){0};
}
